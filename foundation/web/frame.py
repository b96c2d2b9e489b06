"""The app (应用装配): one Flask app from settings, ground, rooms, routes and pages.

`server` calls `make_app` once per process. Nothing here knows a room; rooms come in as objects and are found by class.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from foundation import metrics
from foundation.settings import Settings
from foundation.web import csrf, docs, headers, health, mounting, parsing, problems, secret_key
from foundation.web.api import Route
from foundation.web.context import (
    LANGUAGE_COOKIE,
    Authenticator,
    Frame,
    FrameRequest,
    address,
    current_principal,
    forget_principal,
    frame,
    ground,
    language,
    request_id,
    require,
    room,
)
from foundation.web.health import Check
from foundation.web.limits import Limits
from foundation.web.session_store import SessionStore
from foundation.web.sessions import DatabaseSessions

if TYPE_CHECKING:
    from foundation.ground import Ground

__all__ = [
    "Authenticator",
    "Check",
    "Frame",
    "address",
    "current_principal",
    "forget_principal",
    "frame",
    "ground",
    "language",
    "make_app",
    "request_id",
    "require",
    "room",
]

access = structlog.get_logger("web.access")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def make_app(
    settings: Settings,
    ground: Ground,
    rooms: Sequence[object],
    routes: Sequence[Route],
    blueprints: Sequence[Blueprint] = (),
    authenticators: Sequence[Authenticator] = (),
    *,
    checks: Sequence[Check] = (),
) -> Flask:
    """Everything that must hold for every request is installed here, before any room's page."""
    app = Flask("foundation.web", static_folder=None, template_folder="templates")
    app.request_class = FrameRequest
    app.config.update(
        MAX_CONTENT_LENGTH=settings.web.max_upload_bytes + parsing.MULTIPART_ROOM,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=1000,
        PROPAGATE_EXCEPTIONS=False,  # an accident is a problem document, in tests too
    )
    secret_key.install(app, ground)
    app.url_map.merge_slashes = False  # a redirect to a tidier path would be an answer nobody documented
    app.session_interface = DatabaseSessions(SessionStore(settings.web, ground.db, ground.clock, ground.ids))
    app.extensions["yinxin"] = Frame(
        settings=settings,
        ground=ground,
        rooms={type(one): one for one in rooms},
        routes=tuple(routes),
        authenticators=tuple(authenticators),
        limits=Limits(enabled=settings.web.rate_limits),
    )
    _watch(app, trusted_ids=settings.web.proxy_hops > 0)
    headers.install(app, settings.web)
    csrf.install(app)
    problems.install(app)
    mounting.mount(app, app.extensions["yinxin"])
    app.register_blueprint(health.blueprint(checks, ground))
    app.register_blueprint(docs.blueprint(tuple(routes)))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    if hops := settings.web.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _watch(app: Flask, *, trusted_ids: bool) -> None:
    """Request id first, log line and duration last."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "") if trusted_ids else ""
        g.yinxin_request_id = given if _REQUEST_ID.fullmatch(given) else str(frame().ground.ids.uuid7())
        g.yinxin_started = perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.yinxin_request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        _remember_language(response)
        _record(response)
        return response


def _record(response: Response) -> None:
    seconds = perf_counter() - g.get("yinxin_started", perf_counter())
    endpoint = request.endpoint or "none"
    method = request.method if request.method in _METHODS else "other"  # a label must not be the caller's to invent
    metrics.HTTP_SECONDS.labels(endpoint, method, str(response.status_code)).observe(seconds)
    access.info(
        "http",
        method=method,
        # never the query, nor a path a view calls private: they may hold codes and numbers
        path=g.get("yinxin_private_path") or request.path[:200],
        endpoint=endpoint,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
    )


def _remember_language(response: Response) -> None:
    """`?lang=` on a page lasts; on an API call it would be an unknown parameter."""
    wish = request.args.get("lang") if request.query_string else None
    if wish in ("zh", "en") and request.endpoint not in frame().endpoints:
        secure = frame().settings.web.secure
        response.set_cookie(
            LANGUAGE_COOKIE, wish, max_age=31_536_000, path="/", secure=secure, httponly=True, samesite="Lax"
        )
