"""Static files (静态资源) under an address that holds their hash: cached for a year, never stale, all our own.

The hash is of the whole folder, so that a module's relative imports have the same lasting address as the module itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent / "static"
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")

_PACKED = frozenset({".css", ".js", ".svg", ".wasm", ".json"})
"""What gzip makes two to five times smaller; a phone at a counter waits for these."""

blueprint = Blueprint("assets", __name__)


@cache
def edition() -> str:
    """Twelve hex characters over every static file: changes when any of them does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(FOLDER)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a static file: `asset('css/base.css')`."""
    return f"/static/{edition()}/{name}"


@blueprint.get("/static/<version>/<path:name>")
def static(version: str, name: str) -> Response:
    found = safe_join(str(FOLDER), name)
    path = Path(found) if found is not None else None
    if path is None or not path.is_file():
        raise NotFound
    packed = path.suffix in _PACKED and request.accept_encodings["gzip"] > 0
    if packed:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        response = Response(_packed(edition(), path), content_type=kind)
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{edition()}-gz")
        response.make_conditional(request)
    else:
        response = send_file(path, conditional=True, etag=edition())
    response.headers["Vary"] = "Accept-Encoding"
    fresh = version == edition()
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return response


@cache
def _packed(edition: str, path: Path) -> bytes:
    """Packed once per process and edition."""
    del edition
    return gzip.compress(path.read_bytes(), 9, mtime=0)
