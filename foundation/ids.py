"""Identifiers and randomness are injected (标识与随机数)."""

from __future__ import annotations

import secrets
from typing import Protocol
from uuid import UUID

from foundation import base64url
from foundation.clock import Clock


class Ids(Protocol):
    def uuid7(self) -> UUID:
        """A time-ordered key (RFC 9562 5.7): rows land next to each other, also on a distributed database."""
        ...

    def random(self, size: int) -> bytes:
        """`size` unpredictable octets."""
        ...

    def token(self, size: int = 32) -> str:
        """An unguessable handle of `size` octets, base64url without padding."""
        ...


def _uuid7(milliseconds: int, noise: bytes) -> UUID:
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(noise, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


class SystemIds:
    """Randomness of the operating system, time of the given clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def uuid7(self) -> UUID:
        return _uuid7(int(self._clock.now().timestamp() * 1000), self.random(10))

    def random(self, size: int) -> bytes:
        return secrets.token_bytes(size)

    def token(self, size: int = 32) -> str:
        return base64url.encode(self.random(size))
