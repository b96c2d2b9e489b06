"""Leaving (退出登录) and the sample region's SMS outbox (短信发件箱)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from foundation.clock import SHANGHAI
from foundation.web import sessions
from foundation.web.frame import language
from sso import browser, logout
from sso.sms import outbox


def add_to(blueprint: Blueprint) -> None:
    blueprint.get("/logout")(ask_logout)
    blueprint.post("/logout")(log_out)
    blueprint.get("/logged-out")(logged_out)
    blueprint.get("/outbox")(outbox_page)


def ask_logout() -> ResponseReturnValue:
    """Asks first: a link on another page must not end a login."""
    login = browser.browser()
    if login is None:
        return redirect("/logged-out", 303)
    departments = logout.departments_of(browser.issuer(), login.session_id)
    used = [client.name_zh if language() == "zh" else client.name_en for client in departments]
    return render_template("sso/logout.html", used=used)


def log_out() -> ResponseReturnValue:
    """Ends the login here and the tokens every department got through it."""
    login = browser.browser()
    if login is not None:
        logout.end(browser.issuer(), login)
    sessions.end()
    return redirect("/logged-out", 303)


def logged_out() -> ResponseReturnValue:
    return render_template("sso/logged_out.html")


def outbox_page() -> ResponseReturnValue:
    messages = [
        (m.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), m.text) for m in outbox(browser.issuer().ground)
    ]
    return render_template("sso/outbox.html", messages=messages)
