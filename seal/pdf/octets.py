"""The octets of a PDF (文件字节): in memory, or a file mapped in when it is large. Never copied whole here."""

from __future__ import annotations

import mmap
from typing import TypeAlias

from hsm.digests import Digest

Octets: TypeAlias = bytes | mmap.mmap
_PIECE = 1024 * 1024


def digest(kind: Digest, octets: Octets, *ranges: tuple[int, int]) -> bytes:
    """Of the ranges, one after the other; of everything when there are none."""
    running = kind.stream()
    with memoryview(octets) as view:
        for begin, end in ranges or ((0, len(octets)),):
            for at in range(begin, end, _PIECE):
                with view[at : min(at + _PIECE, end)] as piece:
                    running.update(piece)
    return running.finalize()


def begins_with(octets: Octets, start: Octets) -> bool:
    if len(octets) < len(start):
        return False
    if isinstance(octets, bytes) and isinstance(start, bytes):
        return octets.startswith(start)
    pieces = range(0, len(start), _PIECE)
    return all(octets[at : min(at + _PIECE, len(start))] == start[at : at + _PIECE] for at in pieces)
