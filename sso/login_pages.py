"""Login pages (登录页面): one thing per page, plain words, no script. Each failure says what to do next."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import Template
from sqlalchemy.orm import Session

from foundation.errors import TABLE, YinxinError
from foundation.web import sessions
from foundation.web.frame import address, language
from foundation.web.headers import allow_form_action
from sso import authorize, browser, exit_pages, interactions, login, words
from sso.authorisation import AskConsent, Outcome, Redirect
from sso.errors import CodeGone, CodeRefused, LoginRefused
from sso.interactions import Purpose
from sso.people import label
from sso.scopes import PERSON_SCOPES

blueprint = Blueprint("sso", __name__, template_folder="templates")


@blueprint.context_processor
def _words() -> dict[str, object]:
    """The portal's frame when the portal is there; a bare one when this room runs alone."""
    layout: Template = current_app.jinja_env.select_template(["base.html", "sso/bare.html"])
    return {"layout": layout, "_": words.translate, "html_lang": "zh-CN" if language() == "zh" else "en"}


@blueprint.get("/login")
def login_page() -> ResponseReturnValue:
    then = _then()
    if browser.handle_of(then) is None and browser.browser() is not None:
        return redirect(then, 303)
    return _login_page(then)


@blueprint.post("/login")
def check_password() -> ResponseReturnValue:
    then = _then()
    try:
        attempt = login.check_password(
            browser.issuer(),
            identifier=request.form.get("identifier", ""),
            password=request.form.get("password", ""),
            address=address(),
        )
    except YinxinError as error:
        return _login_page(then, error)
    browser.expect_code(attempt.id, then)
    return redirect("/login/code", 303)


@blueprint.get("/login/code")
def code_page() -> ResponseReturnValue:
    return _code_page()


@blueprint.post("/login/code")
def check_code() -> ResponseReturnValue:
    pending = browser.expected()
    if pending is None:
        raise CodeGone
    attempt_id, then = pending
    code = "".join(request.form.get("code", "").split())[:20]
    try:
        login.check_code(browser.issuer(), attempt_id, code, _open_session)
    except CodeRefused as error:
        return _code_page(error)
    browser.forget_expected()
    return redirect(then, 303)


@blueprint.post("/login/code/again")
def send_again() -> ResponseReturnValue:
    pending = browser.expected()
    if pending is None:
        raise CodeGone
    try:
        login.send_again(browser.issuer(), pending[0], address())
    except CodeGone:
        raise
    except YinxinError as error:
        return _code_page(error)
    return redirect("/login/code", 303)


@blueprint.get("/login/continue")
def go_on() -> ResponseReturnValue:
    handle = request.args.get("i", "")
    return follow(authorize.resume(browser.issuer(), handle, browser.browser()))


@blueprint.post("/login/continue")
def answer_consent() -> ResponseReturnValue:
    handle, decision = request.args.get("i", ""), request.form.get("decision")
    allow_form_action(interactions.purpose(browser.issuer(), handle).redirect_uri)
    if decision == "agree":
        shown = frozenset(request.form.getlist("scope"))
        return follow(authorize.agree(browser.issuer(), handle, browser.browser(), shown))
    return follow(authorize.decline(browser.issuer(), handle, browser.browser()))


def follow(outcome: Outcome, ui_locales: str | None = None) -> ResponseReturnValue:
    """303 after every step, so that no browser sends a form on to the next address (RFC 9700 4.12)."""
    if isinstance(outcome, Redirect):
        return redirect(authorize.location(outcome), 303)
    if isinstance(outcome, AskConsent):
        return (
            _consent_page(outcome)
            if request.endpoint == "sso.go_on"
            else redirect(browser.resumption(outcome.handle), 303)
        )
    tongue = browser.choose_language(ui_locales)
    return redirect(f"/login?i={outcome.handle}" + (f"&lang={tongue}" if tongue else ""), 303)


def _open_session(database: Session, person_id: UUID) -> None:
    """A new session id whenever somebody logs in (T6); the same person proving again keeps the session's own id."""
    if browser.same_person(person_id):
        sessions.rotate(proved=True, within=database)
    else:
        sessions.start(label(person_id), within=database)


def _then() -> str:
    handle = request.args.get("i")
    return browser.resumption(handle) if handle else browser.local(request.args.get("next"))


def _purpose(then: str) -> Purpose | None:
    """What the person is logging in to; the form of this page will end there."""
    handle = browser.handle_of(then)
    if handle is None:
        return None
    purpose = interactions.purpose(browser.issuer(), handle)
    allow_form_action(purpose.redirect_uri)
    return purpose


def _login_page(then: str, error: YinxinError | None = None) -> ResponseReturnValue:
    purpose = _purpose(then)
    typed = request.form.get("identifier", purpose.login_hint if purpose else "")
    return _page("sso/login.html", error, purpose=purpose, identifier=typed, refused=isinstance(error, LoginRefused))


def _code_page(error: YinxinError | None = None) -> ResponseReturnValue:
    pending = browser.expected()
    if pending is None:
        return redirect("/login", 303)
    attempt = login.attempt(browser.issuer(), pending[0])
    return _page(
        "sso/code.html",
        error,
        purpose=_purpose(pending[1]),
        phone=attempt.masked_phone,
        minutes=browser.issuer().ground.settings.sso.otp_seconds // 60,
        wait=login.seconds_to_resend(browser.issuer(), attempt.person_id),
        refused=isinstance(error, CodeRefused),
    )


def _consent_page(ask: AskConsent) -> ResponseReturnValue:
    purpose = interactions.purpose(browser.issuer(), ask.handle)
    allow_form_action(purpose.redirect_uri)
    told = [(scope, PERSON_SCOPES[scope]) for scope in ask.scopes]
    return _page("sso/consent.html", None, purpose=purpose, told=told, handle=ask.handle)


def _page(template: str, error: YinxinError | None, **values: object) -> Response:
    status = TABLE[error.kind].status if error is not None else 200
    text = error.detail.pick(language()) if error is not None else None
    body = render_template(template, error=text, lang=language(), pick=lambda each: each.pick(language()), **values)
    response = Response(body, status=status, mimetype="text/html")
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


exit_pages.add_to(blueprint)
