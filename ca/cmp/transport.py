"""CMP over HTTP as a client (RFC 9811): one POST, a deadline, a bounded answer, no redirects."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from ca.cmp.message import MOST_OCTETS
from foundation.errors import InvalidInput, Unavailable
from foundation.text import Text

_MEDIA_TYPE = "application/pkixcmp"


class HttpPost:
    """Posts over one connection, kept for the whole transaction as some servers want it (RFC 9811 3.1)."""

    def __init__(self, url: str, *, seconds: float = 30.0, authorities: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput("ca.cmp_url", Text("地址须为 http(s)://…", "The address must be http(s)://…"))
        self._path = parts.path or "/"
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=authorities)
            self._connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=seconds, context=context)
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)

    def __call__(self, message: bytes) -> bytes:
        """One exchange. On a kept connection that went away meanwhile it is sent again: transactions are numbered."""
        kept = self._connection.sock is not None
        try:
            return self._exchange(message)
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected) as error:
            if not kept:
                raise _unreachable(type(error).__name__) from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(type(error).__name__) from error
        try:
            return self._exchange(message)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(type(error).__name__) from error

    def _exchange(self, message: bytes) -> bytes:
        try:
            headers = {"Content-Type": _MEDIA_TYPE, "Connection": "keep-alive"}
            self._connection.request("POST", self._path, body=message, headers=headers)
            answer = self._connection.getresponse()
            body = answer.read(MOST_OCTETS + 1)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        if answer.status != 200 or len(body) > MOST_OCTETS:
            self._connection.close()
            raise _unreachable(f"HTTP {answer.status}")
        return body

    def close(self) -> None:
        self._connection.close()


def over_http(url: str, *, seconds: float = 30.0, authorities: str | None = None) -> HttpPost:
    """What a `Client` posts with. TLS certificates are checked, against `authorities` (PEM file) when given."""
    return HttpPost(url, seconds=seconds, authorities=authorities)


def _unreachable(why: str) -> Unavailable:
    return Unavailable(
        "ca.cmp_unreachable",
        Text(
            f"无法连接上级 CA（{why}），请检查地址和网络后重试。", f"The other CA cannot be reached ({why}). Try again."
        ),
    )
