"""What one piece of work may cost, and how it ended (资源上限)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MEBI = 1024 * 1024


class Why(StrEnum):
    """Why work did not come to its end."""

    TIME = "time"
    MEMORY = "memory"
    """Also an answer larger than allowed."""
    GONE = "gone"
    """The process broke: native code that found no memory, or that its file has broken."""
    FAULT = "fault"
    """An error nobody expected: a bug of ours."""


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 5.0
    """By the clock, from its start: whoever asked is not kept waiting longer by a file."""
    processor: int = 5
    """Processor seconds, by the system: holds also if nobody watches the clock."""
    memory: int = 512 * MEBI
    """Address space, everything included."""
    answer: int = 32 * MEBI


USUAL = Limits()
