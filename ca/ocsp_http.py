"""HTTP/1.1 in the small (精简 HTTP): just what OCSP clients and the proxy before us say, within hard bounds.

RFC 9112. Whatever two servers might read differently is refused: two lengths, a transfer coding, a bare line feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MOST_HEAD = 8 * 1024
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    method: str
    path: str
    length: int
    content_type: str
    keep_alive: bool
    expects: bool
    """The client waits for 100 (Continue) before it sends the body."""
    size: int
    """Octets of the head, the empty line included."""


class Fault(Enum):
    """Answers before the connection is closed."""

    BAD_REQUEST = b"400 Bad Request"
    TOO_LARGE = b"413 Content Too Large"
    HEAD_TOO_LARGE = b"431 Request Header Fields Too Large"
    NOT_IMPLEMENTED = b"501 Not Implemented"


def read_head(buffer: bytes | bytearray, most_body: int) -> Head | Fault | None:
    """The head at the beginning of `buffer`; None while it is not complete."""
    end = buffer.find(_END, 0, MOST_HEAD)
    if end < 0:
        return Fault.HEAD_TOO_LARGE if len(buffer) >= MOST_HEAD else None
    try:
        first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
        method, path, version = first.split(" ")
    except ValueError:
        return Fault.BAD_REQUEST
    if version not in ("HTTP/1.1", "HTTP/1.0") or "\n" in first or not path.startswith("/"):
        return Fault.BAD_REQUEST
    return _fields(lines, method, path, version, end + len(_END), most_body)


def _fields(lines: list[str], method: str, path: str, version: str, size: int, most: int) -> Head | Fault:
    length, content_type, connection, expects = None, "", "", False
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or "\n" in line or not name or name[0] in " \t" or name[-1] in " \t":
            return Fault.BAD_REQUEST
        match name.lower():
            case "content-length":
                value = value.strip()
                if length is not None or not (value.isascii() and value.isdigit()) or len(value) > 9:
                    return Fault.BAD_REQUEST
                length = int(value)
            case "transfer-encoding":
                return Fault.NOT_IMPLEMENTED
            case "content-type":
                content_type = value.strip()
            case "connection":
                connection = value.strip().lower()
            case "expect":
                expects = value.strip().lower() == "100-continue"
    if (length or 0) > most:
        return Fault.TOO_LARGE
    keep = connection != "close" if version == "HTTP/1.1" else connection == "keep-alive"
    return Head(method, path, length or 0, content_type, keep, expects, size)
