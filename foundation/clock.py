"""Time is injected (时钟): nothing below the frame calls `datetime.now()`.

Two readings: what the wall says, which people and NTP may set, and steady seconds, which nobody can. Where they part,
the wall clock was moved (or stopped).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Civil time of the region: dates on licences and pages are read in this zone."""


_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where the system has such a clock."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, timezone-aware, UTC."""
        ...

    def steady(self) -> float:
        """Seconds since some moment, also through sleep; for durations, never for dates."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.clock_gettime(_STEADY)


class FixedClock:
    """A clock that moves only when told to; tests and deterministic rendering use it."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)
        self._steady = 0.0

    def now(self) -> datetime:
        return self._at

    def steady(self) -> float:
        return self._steady

    def advance(self, **delta: float) -> None:
        """Time passes."""
        self._at += timedelta(**delta)
        self._steady += timedelta(**delta).total_seconds()

    def set(self, at: datetime) -> None:
        """Time passes until then, or back."""
        self.advance(seconds=(at.astimezone(UTC) - self._at).total_seconds())

    def jump(self, **delta: float) -> None:
        """Somebody sets the wall clock; no time passes."""
        self._at += timedelta(**delta)
