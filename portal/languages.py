"""Languages (语言): Chinese words stand in the templates, English is the one catalogue."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import Babel

from foundation.clock import SHANGHAI
from foundation.text import Text
from foundation.web.frame import language

TRANSLATIONS = Path(__file__).parent / "translations"


def install(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_Hans_CN"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=locale)  # type: ignore[no-untyped-call]  # flask-babel leaves its constructor bare
    app.jinja_env.filters.update(day=day, moment=moment, pick=pick)


def locale() -> str:
    return "zh_Hans_CN" if language() == "zh" else "en"


def html_lang() -> str:
    return "zh-CN" if language() == "zh" else "en"


def pick(text: Text | None) -> str:
    return text.pick(language()) if text is not None else ""


def day(value: date | None) -> str:
    return format_date(value, "long", locale=locale()) if value else ""


def moment(value: datetime | None) -> str:
    """Date and time in the region's civil time, to the minute."""
    if value is None:
        return ""
    return format_datetime(value.astimezone(SHANGHAI), "yyyy-MM-dd HH:mm", locale=locale())
