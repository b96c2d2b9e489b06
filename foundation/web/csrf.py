"""Cross-site request forgery (跨站请求伪造): two checks that do not depend on each other.

The browser says where a request comes from (Sec-Fetch-Site, Origin), and the page's token must come back: Flask-WTF's,
with its seed in our session. A caller known by anything but the session cookie brings his own proof and is not asked.
"""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from wtforms import ValidationError

from foundation.errors import Forbidden
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.context import frame

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
V = TypeVar("V")
_MARK = "csrf_exempt"


def install(app: Flask) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # called below, so that API routes and exempt views are told apart first
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer, which our pages do not send; Origin is checked instead
    )
    CSRFProtect(app)  # type: ignore[no-untyped-call]  # Flask-WTF has no types
    app.before_request(_check_page)


def exempt(view: V) -> V:
    """For protocol endpoints that other sites' browsers post to (a Blueprint or a view): they bring their own proof."""
    vars(view)[_MARK] = True
    return view


def check_api(principal: Principal) -> None:
    """An API call made with the session cookie needs the same proof a page does, in the header X-CSRF-Token."""
    if request.method in SAFE or principal.session_id is None:
        return
    _check_origin()
    try:
        # The header alone: looking for the token in the body would read it before the route's own limits apply.
        validate_csrf(request.headers.get("X-CSRF-Token"))  # type: ignore[no-untyped-call]  # Flask-WTF has no types
    except ValidationError as error:
        raise _refused() from error


def check() -> None:
    """A page's post: where it comes from, then the token in the form (or in X-CSRF-Token, as htmx sends it)."""
    _check_origin()
    protect: CSRFProtect = current_app.extensions["csrf"]
    try:
        protect.protect()  # type: ignore[no-untyped-call]  # Flask-WTF has no types
    except CSRFError as error:
        raise _refused() from error


def _refused() -> Forbidden:
    return Forbidden(
        "csrf.token",
        Text(
            "页面已过期或请求来源无法确认，操作没有执行。请刷新页面后重试。",
            "The page is out of date or the request's origin is not certain. Nothing was done: reload, try again.",
        ),
    )


def _check_page() -> None:
    if request.method in SAFE or request.endpoint is None or request.endpoint in frame().endpoints:
        return
    blueprint = current_app.blueprints.get(request.blueprint or "")
    view = current_app.view_functions.get(request.endpoint)
    if _exempted(blueprint) or _exempted(view):
        return
    check()


def _exempted(thing: Blueprint | object | None) -> bool:
    return bool(getattr(thing, _MARK, False))


def _check_origin() -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        good = site in ("same-origin", "none")
    else:
        # Our own Referrer-Policy makes browsers send `Origin: null`; then the token alone decides.
        origin = request.headers.get("Origin", "null")
        good = origin == "null" or _same(origin)
    if not good:
        raise Forbidden(
            "csrf.origin",
            Text(
                "请求来自其他网站，操作没有执行。请在本平台页面上重新操作。",
                "The request comes from another site. Nothing was done; repeat it on our own page.",
            ),
        )


def _same(origin: str) -> bool:
    given = urlsplit(origin)
    own = urlsplit(frame().settings.web.public_url)
    return (given.scheme, given.netloc) in ((own.scheme, own.netloc), (request.scheme, request.host))
