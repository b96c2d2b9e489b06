"""One bit of something signed, turned over: never the same by chance, as a fixed octet is once in 256 times."""

from __future__ import annotations


def bent(octets: bytes, at: int = -1) -> bytes:
    changed = bytearray(octets)
    changed[at] ^= 1
    return bytes(changed)
