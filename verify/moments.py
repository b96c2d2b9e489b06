"""The times a judgement is about (验证时刻): now, and what a time stamp proves (EN 319 102-1 5.2.6, 5.6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """`proved`: an accepted time stamp shows the signature existed then."""

    now: datetime
    proved: datetime | None = None
    offline: bool = False
    as_of: bool = False
    """Judged as at `proved`: data in force then is enough. For time stamps and seal makers; a signature needs data made
    after it, for who knows what a list of the day before did not know yet."""
    wall: datetime | None = None
    """The hour on the clock, where `now` is another one that was asked about."""

    @property
    def reference(self) -> datetime:
        return self.proved or self.now
