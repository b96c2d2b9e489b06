"""Stored OCSP answers before the web frame (预签应答前置): a look-up in place of a request's whole way.

A WSGI callable around the app. It answers the plainest question with the stored octets and hands everything else on
untouched, so it decides nothing the app would decide otherwise.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from ca.ocsp_cache import cache_headers
from ca.ocsp_quick import ANSWER, PREFIX, REQUEST, Quick
from ca.ocsp_request import MOST_OCTETS, MOST_QUICK
from ca.ocsp_store import Stored
from ca.room import CaRoom
from foundation import metrics
from foundation.web.headers import strict

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class OcspFront:
    def __init__(self, app: WSGIApplication, room: CaRoom) -> None:
        self._app = app
        self._quick = Quick(room)
        self._headers = strict(room.ground.settings.web)
        self._seconds = {
            "GET": metrics.HTTP_SECONDS.labels("get_ocsp", "GET", "200"),
            "POST": metrics.HTTP_SECONDS.labels("post_ocsp", "POST", "200"),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX):
            began, method = perf_counter(), environ["REQUEST_METHOD"]
            found = self._find(environ, path, method)
            if found is not None:
                start_response("200 OK", [*self._headers, *self._of(found, method)])
                self._seconds[method].observe(perf_counter() - began)
                return (found.answer,)
        return self._app(environ, start_response)

    def _find(self, environ: WSGIEnvironment, path: str, method: str) -> Stored | None:
        slug, _, rest = path[len(PREFIX) :].partition("/")
        if method == "GET":
            question = from_path(rest)
        elif method == "POST" and not rest:
            question = _from_body(environ)
        else:
            return None
        return self._quick.find(slug, question)

    def _of(self, found: Stored, method: str) -> list[tuple[str, str]]:
        return [
            ("Content-Type", ANSWER),
            ("Content-Length", str(len(found.answer))),
            *(cache_headers(found, self._quick.seconds()) if method == "GET" else (("Cache-Control", "no-store"),)),
        ]


def from_path(text: str) -> bytes:
    """The question in the address (RFC 6960 A.1); nonsense is no question."""
    try:
        return base64.b64decode(text, validate=True) if len(text) <= MOST_OCTETS else b""
    except (binascii.Error, ValueError):
        return b""


def _from_body(environ: WSGIEnvironment) -> bytes:
    """The body, put back for the app behind us."""
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("CONTENT_TYPE") != REQUEST or not length.isascii() or not length.isdigit():
        return b""
    if not 0 < int(length) <= MOST_QUICK:
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def install(app: object, room: CaRoom) -> None:
    """Put it before a Flask app."""
    before: Callable[..., Iterable[bytes]] = app.wsgi_app  # type: ignore[attr-defined]
    app.wsgi_app = OcspFront(before, room)  # type: ignore[attr-defined]
