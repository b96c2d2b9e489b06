"""Static files (静态资源) under an address that holds their hash: cached for a year, never stale, nothing from elsewhere."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent / "static"
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")

blueprint = Blueprint("assets", __name__)


@lru_cache(maxsize=512)
def mark(name: str) -> str:
    """Twelve hex characters of the file's SHA-256."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a static file: `asset('css/base.css')`."""
    return f"/static/{mark(name)}/{name}"


@blueprint.get("/static/<version>/<path:name>")
def static(version: str, name: str) -> Response:
    path = safe_join(str(FOLDER), name)
    if path is None or not Path(path).is_file():
        raise NotFound
    response = send_file(path, conditional=True, etag=mark(name))
    fresh = version == mark(name)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
    if request.path.endswith(".svg"):
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response
