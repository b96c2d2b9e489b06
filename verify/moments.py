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

    @property
    def reference(self) -> datetime:
        return self.proved or self.now
