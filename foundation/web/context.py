"""Facts of a request (请求上下文): the frame it runs in, its id, its caller, its language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

import flask
import structlog
from flask import current_app, g, has_request_context, request
from werkzeug.datastructures import MultiDict
from werkzeug.utils import cached_property

from foundation.principal import ANONYMOUS, Permission, Principal
from foundation.settings import Settings
from foundation.text import Language, Text

if TYPE_CHECKING:
    from foundation.ground import Ground
    from foundation.web.api import Route
    from foundation.web.limits import Limits

Authenticator = Callable[[flask.Request], Principal | None]
"""Looks at one kind of credential: None when it is not there, raises `Unauthenticated` when it is there and wrong."""
R = TypeVar("R")
LANGUAGE_COOKIE = "yinxin_lang"


class FrameRequest(flask.Request):
    """Werkzeug raises UnicodeDecodeError at a query with stray octets; a page then sees a replacement character."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        text = self.query_string.decode("utf-8", "replace")
        return self.parameter_storage_class(parse_qsl(text, keep_blank_values=True, errors="replace"))


@dataclass(frozen=True)
class Frame:
    """What one app was made of; hangs on `app.extensions["yinxin"]`."""

    settings: Settings
    ground: Ground
    rooms: Mapping[type, object]
    routes: tuple[Route, ...]
    authenticators: Sequence[Authenticator]
    limits: Limits
    endpoints: dict[str, Route] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)
    """Hooks of the portal: `error` renders a problem for people."""


def frame() -> Frame:
    return cast("Frame", current_app.extensions["yinxin"])


def ground() -> Ground:
    return frame().ground


def room(cls: type[R]) -> R:
    """Look up a room by its class."""
    try:
        return cast("R", frame().rooms[cls])
    except KeyError:
        raise LookupError(f"the app was made without {cls.__name__}") from None


def request_id() -> str:
    return str(g.get("yinxin_request_id", ""))


def current_principal() -> Principal:
    """Who calls. Asked once per request; logging in, rotating or out asks again."""
    known = g.get("yinxin_principal")
    if known is None:
        known = _identify()
        assume(known)
    return cast("Principal", known)


def assume(principal: Principal) -> None:
    """For the rest of this request the caller is `principal`; log lines say so."""
    g.yinxin_principal = principal
    structlog.contextvars.bind_contextvars(principal=principal.label)


def forget_principal() -> None:
    g.pop("yinxin_principal", None)


def _identify() -> Principal:
    for authenticator in frame().authenticators:
        principal = authenticator(request)
        if principal is not None:
            return principal
    return ANONYMOUS


def require(*permissions: Permission) -> Principal:
    """The caller, who holds any one of `permissions`; with none given, any login will do. Pages call this first."""
    principal = current_principal()
    if not principal.anonymous and (not permissions or any(principal.may(one) for one in permissions)):
        return principal
    if permissions:
        principal.require(permissions[0])
    from foundation.errors import Unauthenticated

    raise Unauthenticated(
        "auth.required", Text("此操作需要登录，请登录后再试。", "This needs a login. Log in and try again.")
    )


def address() -> str:
    """The caller's network address; ProxyFix has already looked through our own proxies."""
    return request.remote_addr or "unknown"


def language() -> Language:
    """`?lang=`, then the cookie, then Accept-Language, then Chinese."""
    if not has_request_context():
        return "zh"
    known = g.get("yinxin_language")
    if known is None:
        known = _choose()
        g.yinxin_language = known
    return cast("Language", known)


def _choose() -> Language:
    told = request.environ  # most callers say nothing, and parsing nothing costs as much as parsing something
    wish = request.args.get("lang") if told.get("QUERY_STRING") else None
    if wish not in ("zh", "en") and LANGUAGE_COOKIE in told.get("HTTP_COOKIE", ""):
        wish = request.cookies.get(LANGUAGE_COOKIE)
    if wish in ("zh", "en"):
        return cast("Language", wish)
    if "HTTP_ACCEPT_LANGUAGE" not in told:
        return "zh"
    for tag, quality in request.accept_languages:
        main = tag.split("-")[0].lower()
        if quality > 0 and main in ("zh", "en"):
            return cast("Language", main)
    return "zh"
