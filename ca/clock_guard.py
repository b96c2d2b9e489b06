"""Is the clock to be trusted (时钟守护)? Asked before a time is signed (ETSI EN 319 421 7.7.2, T14).

Two proofs. The wall clock must move as steady time does: a jump, ahead or back, or a clock that stands still parts the
two. And where a time server is configured, it must agree. A jump is forgiven only when the server says that the clock
is right now; without one, by a restart.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ca.errors import ClockOff
from ca.reference_clock import Answered, ask
from ca.revocation_metrics import CLOCK_OFF
from foundation.clock import Clock
from foundation.errors import Unavailable
from foundation.ids import Ids

log = structlog.get_logger("ca")
TOLERANCE = timedelta(seconds=1)
"""What a time stamp promises (`timestamps.ACCURACY`)."""
_ASK_EVERY, _RETRY_AFTER, _BELIEVE_FOR = 64.0, 5.0, 3600.0
"""Seconds: between two questions, after a failed one, and how long one answer is proof."""


@dataclass
class _Reference:
    asked_at: float = float("-inf")
    answered_at: float = float("-inf")
    offset: float = 0.0


class ClockGuard:
    """One per process, made at its start."""

    def __init__(self, clock: Clock, ids: Ids, server: str = "") -> None:
        self._clock = clock
        self._ids = ids
        self._server = server
        self._lock = threading.Lock()
        self._reference = _Reference()
        self._anchor: tuple[datetime, float] = (clock.now(), clock.steady())

    def check(self, tolerance: timedelta = TOLERANCE) -> None:
        """Raise `ClockOff` when the time may not be signed."""
        with self._lock:
            if self._server:
                self._consult()
            drift = self.drift()
            if abs(drift) > tolerance.total_seconds():
                self._refuse("jumped", drift)
            if self._server:
                self._check_reference(tolerance)

    def drift(self) -> float:
        """Seconds by which the wall clock left steady time since the anchor."""
        wall, steady = self._anchor
        return (self._clock.now() - wall).total_seconds() - (self._clock.steady() - steady)

    def _consult(self) -> None:
        known, now = self._reference, self._clock.steady()
        failed = known.answered_at < known.asked_at
        jumped = abs(self.drift()) > TOLERANCE.total_seconds()
        if now - known.asked_at < (_RETRY_AFTER if failed or jumped else _ASK_EVERY):
            return
        known.asked_at = now
        try:
            found: Answered = ask(self._server, self._clock, self._ids.random(8))
        except Unavailable as error:
            log.warning("ca.time_server_silent", code=error.code)
            return
        known.answered_at, known.offset = now, found.offset
        CLOCK_OFF.set(found.offset)
        if abs(found.offset) <= TOLERANCE.total_seconds():
            self._anchor = (self._clock.now(), self._clock.steady())

    def _check_reference(self, tolerance: timedelta) -> None:
        if self._clock.steady() - self._reference.answered_at > _BELIEVE_FOR:
            self._refuse("unproved", 0.0)
        if abs(self._reference.offset) > tolerance.total_seconds():
            self._refuse("off", self._reference.offset)

    def _refuse(self, why: str, seconds: float) -> None:
        CLOCK_OFF.set(seconds)
        log.error("ca.clock_off", why=why, seconds=round(seconds, 3))
        raise ClockOff(why, seconds)
