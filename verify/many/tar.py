"""Members of a tar stream (打包流; ustar, GNU long names, pax paths), read once and never unpacked to disk.

Sizes are looked at before anything is read; the standard library's reader would take a header of any size into memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 512
MOST_HEADER = 64 * 1024
_MAGIC = slice(257, 262)
_SKIPPED = (b"5", b"g")
_PART = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    octets: bytes = b""
    problem: str | None = None


class _Cut(Exception):  # noqa: N818 - never leaves this module
    pass


def looks_like(head: bytes) -> bool:
    return len(head) == BLOCK and head[_MAGIC] == b"ustar"


def members(pipe: BinaryIO, head: bytes, most: int) -> Iterator[Member]:
    """`head` is the first block, read already. A stream that breaks off is told as a member of its own."""
    longer = ""
    name = "?"
    try:
        while head.strip(b"\0"):
            size, kind = _number(head[124:136]), head[156:157]
            name = longer or _name(head)
            if kind in (b"L", b"x"):
                longer = _long_name(kind, _body(pipe, size, MOST_HEADER))
            else:
                longer = ""
                yield from _member(pipe, name, kind, size, most)
            head = _next(pipe)
    except _Cut:
        yield Member(name, problem="file.cut_short")


def _next(pipe: BinaryIO) -> bytes:
    head = filled(pipe, BLOCK)
    if len(head) != BLOCK or (head.strip(b"\0") and not _sound(head)):
        raise _Cut
    return head


def _member(pipe: BinaryIO, name: str, kind: bytes, size: int, most: int) -> Iterator[Member]:
    if kind in (b"0", b"\0", b"7"):
        if size > most:
            _skip(pipe, size)
            yield Member(name, problem="file.too_large")
        else:
            yield Member(name, _body(pipe, size, most))
        return
    _skip(pipe, size)
    if kind not in _SKIPPED:
        yield Member(name, problem="file.special")


def _name(head: bytes) -> str:
    prefix, own = (part.split(b"\0")[0].decode("utf-8", "replace") for part in (head[345:500], head[:100]))
    return f"{prefix}/{own}" if prefix and head[_MAGIC.stop : 263] == b"\0" else own


def _long_name(kind: bytes, body: bytes) -> str:
    if kind == b"L":
        return body.rstrip(b"\0").decode("utf-8", "replace")
    for line in body.split(b"\n"):
        _, _, rest = line.partition(b" ")
        if rest.startswith(b"path="):
            return rest[5:].decode("utf-8", "replace")
    return ""


def _number(field: bytes) -> int:
    """Octal; binary (GNU) for very large files, all of which are too large here."""
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError as error:
        raise _Cut from error


def _sound(head: bytes) -> bool:
    total = sum(head[:148]) + 8 * 32 + sum(head[156:])
    return looks_like(head) and _number(head[148:156]) == total


def _body(pipe: BinaryIO, size: int, most: int) -> bytes:
    if size > most:
        raise _Cut
    octets = filled(pipe, size)
    if len(octets) != size:
        raise _Cut
    _skip_padding(pipe, size)
    return octets


def _skip(pipe: BinaryIO, size: int) -> None:
    left = size
    while left > 0:
        part = pipe.read(min(left, _PART))
        if not part:
            raise _Cut
        left -= len(part)
    _skip_padding(pipe, size)


def _skip_padding(pipe: BinaryIO, size: int) -> None:
    filled(pipe, -size % BLOCK)


def filled(pipe: BinaryIO, size: int) -> bytes:
    """Exactly so many octets, fewer only at the end; a pipe may hand them out in pieces."""
    parts = []
    while size > 0 and (part := pipe.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
