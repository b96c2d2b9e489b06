"""CMP over HTTP as a client (RFC 9811): one POST, a deadline, a bounded answer, no redirects."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from ca.cmp.client import Post
from ca.cmp.message import MOST_OCTETS
from foundation.errors import InvalidInput, Unavailable
from foundation.text import Text

_MEDIA_TYPE = "application/pkixcmp"


def over_http(url: str, *, seconds: float = 30.0, authorities: str | None = None) -> Post:
    """A function that posts to `url`. TLS certificates are checked, against `authorities` (PEM file) when given."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("ca.cmp_url", Text("地址须为 http(s)://…", "The address must be http(s)://…"))
    host, path = parts.hostname, parts.path or "/"

    def post(message: bytes) -> bytes:
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=authorities)
            connection = http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)
        try:
            connection.request("POST", path, body=message, headers={"Content-Type": _MEDIA_TYPE})
            answer = connection.getresponse()
            body = answer.read(MOST_OCTETS + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(type(error).__name__) from error
        finally:
            connection.close()
        if answer.status != 200 or len(body) > MOST_OCTETS:
            raise _unreachable(f"HTTP {answer.status}")
        return body

    return post


def _unreachable(why: str) -> Unavailable:
    return Unavailable(
        "ca.cmp_unreachable",
        Text(
            f"无法连接上级 CA（{why}），请检查地址和网络后重试。", f"The other CA cannot be reached ({why}). Try again."
        ),
    )
