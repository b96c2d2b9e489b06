"""One question and its answer over HTTP (一次问答): what the listener does between two reads.

A found answer is written at once; another question is handed to `later`, and its answer comes back by `answered`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import unquote

from ca.ocsp import Answer
from ca.ocsp_cache import cache_headers
from ca.ocsp_front import from_path
from ca.ocsp_http import Fault, Head, read_head
from ca.ocsp_quick import ANSWER, PREFIX, REQUEST, Quick
from ca.ocsp_request import MOST_OCTETS
from foundation import metrics
from foundation.errors import NotFound
from foundation.settings import WebSettings
from foundation.web.headers import strict

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LATER = b"Retry-After: 5\r\n"
_SECONDS = {method: metrics.HTTP_SECONDS.labels(f"{method.lower()}_ocsp", method, "200") for method in ("GET", "POST")}


@dataclass(frozen=True)
class Shared:
    """What all exchanges of a process use."""

    quick: Quick
    fixed: bytes
    later: Callable[[Exchange, str, bytes], bool]
    """Have this answered; False when too many wait already."""

    @staticmethod
    def headers(settings: WebSettings) -> bytes:
        return "".join(f"{name}: {value}\r\n" for name, value in strict(settings)).encode("latin-1")


class Exchange:
    """The state of one connection. `feed` takes what was read and returns what is to be written."""

    __slots__ = ("_buffer", "_head", "_shared", "began", "ended", "waits")

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._buffer = b""
        self._head: Head | None = None
        self.began = perf_counter()
        self.ended = False
        """Nothing more is read: close when everything is written."""
        self.waits = False
        """An answer is being signed."""

    def feed(self, data: bytes) -> bytes:
        self._buffer = self._buffer + data if self._buffer else data
        return self._serve()

    def answered(self, made: Answer | Exception) -> bytes:
        """The answer that was waited for, and to whatever was asked meanwhile."""
        self.waits = False
        if isinstance(made, Answer):
            said = self._said(made)
        elif isinstance(made, NotFound):
            said = self._plain(b"404 Not Found")
        else:
            said = self._plain(b"503 Service Unavailable", _LATER)
        return said + self._serve()

    def _serve(self) -> bytes:
        said = b""
        while self._buffer and not self.waits and not self.ended:
            head = read_head(self._buffer, MOST_OCTETS)
            if head is None:
                return said
            if isinstance(head, Fault):
                self.ended = True
                return said + b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % head.value
            end = head.size + head.length
            if len(self._buffer) < end:
                asked = head.expects and len(self._buffer) == head.size
                return said + _CONTINUE if asked else said
            body, self._buffer = self._buffer[head.size : end], self._buffer[end:]
            self._head, self.began = head, perf_counter()
            said += self._take(head, body)
        return said

    def _take(self, head: Head, body: bytes) -> bytes:
        slug, slash, rest = head.path.removeprefix(PREFIX).partition("/")
        if not head.path.startswith(PREFIX) or not slug:
            return self._plain(b"404 Not Found")
        if head.method == "GET" and slash:
            return self._ask(slug, from_path(unquote(rest)))
        if head.method != "POST" or slash:
            return self._plain(b"405 Method Not Allowed")
        if head.content_type.partition(";")[0].rstrip() != REQUEST:
            return self._plain(b"415 Unsupported Media Type")
        return self._ask(slug, body)

    def _ask(self, slug: str, question: bytes) -> bytes:
        found = self._shared.quick.find(slug, question)
        if found is not None:
            return self._said(Answer(found.answer, found))
        self.waits = self._shared.later(self, slug, question)
        return b"" if self.waits else self._plain(b"503 Service Unavailable", _LATER)

    def _said(self, made: Answer) -> bytes:
        head = self._head
        more = b"Cache-Control: no-store\r\n"
        if made.stored is not None and head is not None and head.method == "GET":
            pairs = cache_headers(made.stored, self._shared.quick.seconds())
            more = "".join(f"{name}: {value}\r\n" for name, value in pairs).encode("latin-1")
        if head is not None:
            _SECONDS[head.method].observe(perf_counter() - self.began)
        return self._whole(b"200 OK", ANSWER.encode(), more, made.octets)

    def _plain(self, status: bytes, more: bytes = b"") -> bytes:
        return self._whole(status, b"text/plain", b"Cache-Control: no-store\r\n" + more, b"")

    def _whole(self, status: bytes, media_type: bytes, more: bytes, body: bytes) -> bytes:
        keep = self._head is not None and self._head.keep_alive
        self.ended = self.ended or not keep
        return b"HTTP/1.1 %b\r\n%b%bContent-Type: %b\r\nContent-Length: %d\r\nConnection: %b\r\n\r\n%b" % (
            status,
            self._shared.fixed,
            more,
            media_type,
            len(body),
            b"keep-alive" if keep else b"close",
            body,
        )
