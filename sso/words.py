"""English for the room's pages (英文词条): the templates carry Chinese, `translations/en/.../sso.po` the English.

A catalogue of its own, so that the pages are bilingual whether or not the portal's is there; words it does not know
(those of the portal's frame around the page) go on to flask-babel.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import flask_babel
from babel.messages.pofile import read_po
from flask import current_app

from foundation.web.frame import language

CATALOGUE = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES" / "sso.po"


@cache
def english() -> Mapping[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def translate(message: str, **values: object) -> str:
    """The words in the page's language. Values are put in here and escaped by the template."""
    if language() == "en" and message in english():
        text = english()[message]
    elif "babel" in current_app.extensions:
        text = flask_babel.gettext(message)
    else:
        text = message
    return text % values if values else text
