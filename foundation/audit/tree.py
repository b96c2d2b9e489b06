"""The Merkle tree of RFC 6962 2.1 over SHA-256 (默克尔树).

Only complete subtrees are stored; the root of any size is folded from them (RFC 9162 2.1.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

Lookup = Callable[[int, int], bytes]
"""(level, position) → hash of the complete subtree of 2^level leaves at that position."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def grow(size: int, leaves: Iterable[bytes], lookup: Lookup) -> tuple[int, dict[tuple[int, int], bytes]]:
    """Append leaf hashes to a tree of `size`; returns the new size and the complete subtrees that came to be."""
    made: dict[tuple[int, int], bytes] = {}

    def at(level: int, position: int) -> bytes:
        return made.get((level, position)) or lookup(level, position)

    for leaf in leaves:
        made[0, size] = leaf
        level, position = 0, size
        while position & 1:
            made[level + 1, position >> 1] = node_hash(at(level, position - 1), at(level, position))
            level, position = level + 1, position >> 1
        size += 1
    return size, made


def root(size: int, lookup: Lookup) -> bytes:
    """Root of the first `size` leaves: the complete subtrees along the right edge, folded from the right."""
    if size == 0:
        return EMPTY_ROOT
    edge, at = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            edge.append(lookup(level, at >> level))
            at += 1 << level
    result = edge.pop()
    while edge:
        result = node_hash(edge.pop(), result)
    return result
