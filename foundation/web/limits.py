"""Limits (限流): coarse ones by caller or address in memory, exact ones by account in the database.

Address limits only keep one machine from taking everything: a whole office sits behind one address. What protects an
account or a phone number is `Counters`, which a restart does not forget.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import case, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.clock import Clock, SystemClock
from foundation.errors import TooMany
from foundation.principal import Principal
from foundation.text import Text
from foundation.web.api import RateClass
from foundation.web.models import WebCounter

PER_MINUTE: dict[RateClass, int] = {"read": 6000, "write": 6000, "public": 1200, "upload": 600, "login": 120}


WINDOW = 60.0
MOST_KEPT = 50_000
"""Callers remembered at once; beyond it the ended windows go, and if none has ended, all of them."""


class Limits:
    """Fixed windows of a minute from a caller's first request, one set per process."""

    def __init__(
        self,
        *,
        enabled: bool,
        per_minute: dict[RateClass, int] | None = None,
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self._enabled = enabled
        self._most = PER_MINUTE | (per_minute or {})
        self._timer = timer
        self._lock = threading.Lock()
        self._windows: dict[tuple[RateClass, str], tuple[float, int]] = {}

    def check(self, rate: RateClass, principal: Principal, address: str) -> None:
        """Counts one request; raises `TooMany` beyond the class's limit."""
        if not self._enabled:
            return
        who = network(address) if principal.anonymous or rate == "login" else principal.label
        now = self._timer()
        with self._lock:
            began, seen = self._windows.get((rate, who), (now, 0))
            if now - began >= WINDOW:
                began, seen = now, 0
            if len(self._windows) >= MOST_KEPT:
                self._make_room(now)
            self._windows[rate, who] = (began, seen + 1)
        if seen >= self._most[rate]:
            raise too_many("rate.exceeded", max(1, math.ceil(began + WINDOW - now)))

    def _make_room(self, now: float) -> None:
        """Memory is not the caller's to fill; forgetting all is the coarse limit's failure, and only a coarse one."""
        live = {key: window for key, window in self._windows.items() if now - window[0] < WINDOW}
        self._windows = live if len(live) < MOST_KEPT else {}


def too_many(code: str, wait: int) -> TooMany:
    return TooMany(
        code,
        Text(f"操作太频繁，请 {wait} 秒后再试。", f"Too many requests. Try again in {wait} seconds."),
        retry_after=wait,
    )


def network(address: str) -> str:
    """An IPv6 caller owns a whole /64, so that is what is counted."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


class Counters:
    """How often a thing happened in its window, exactly and across processes.

    Give a key that is no personal data (`otp:<blind index>`), and call in a transaction of its own: a count that rolls
    back with the failed try it counts protects nothing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def count(self, session: Session, key: str, window_seconds: int) -> int:
        """One more; how many there are now in the window that began with the first."""
        now = self._clock.now()
        if self._raise(session, key, window_seconds, now):
            return self.seen(session, key, window_seconds)
        try:
            with session.begin_nested():
                session.add(WebCounter(key=_hashed(key), window_seconds=window_seconds, started_at=now, count=1))
        except IntegrityError:  # another request began the window first
            self._raise(session, key, window_seconds, now)
        return self.seen(session, key, window_seconds)

    def seen(self, session: Session, key: str, window_seconds: int) -> int:
        row = self._row(session, key, window_seconds)
        return row.count if row is not None else 0

    def retry_after(self, session: Session, key: str, window_seconds: int) -> int:
        """Seconds until the window is over."""
        row = self._row(session, key, window_seconds)
        if row is None:
            return 0
        return max(
            1, math.ceil((row.started_at + timedelta(seconds=window_seconds) - self._clock.now()).total_seconds())
        )

    def clear(self, session: Session, key: str) -> None:
        """Forget a key in every window: the right password ends the count of wrong ones."""
        session.execute(delete(WebCounter).where(WebCounter.key == _hashed(key)))

    def purge(self, session: Session) -> int:
        """Forget counters whose window ended long ago; a periodic job calls it."""
        old = self._clock.now() - timedelta(days=2)
        return len(
            session.scalars(delete(WebCounter).where(WebCounter.started_at < old).returning(WebCounter.key)).all()
        )

    def _row(self, session: Session, key: str, window_seconds: int) -> WebCounter | None:
        return session.scalar(
            select(WebCounter)
            .where(
                WebCounter.key == _hashed(key),
                WebCounter.window_seconds == window_seconds,
                WebCounter.started_at > self._clock.now() - timedelta(seconds=window_seconds),
            )
            .execution_options(populate_existing=True)
        )

    @staticmethod
    def _raise(session: Session, key: str, window_seconds: int, now: datetime) -> bool:
        over = WebCounter.started_at <= now - timedelta(seconds=window_seconds)
        statement = (
            update(WebCounter)
            .where(WebCounter.key == _hashed(key), WebCounter.window_seconds == window_seconds)
            .values(
                count=case((over, 1), else_=WebCounter.count + 1),
                started_at=case((over, now), else_=WebCounter.started_at),
            )
            .execution_options(synchronize_session=False)
        )
        return bool(session.scalars(statement.returning(WebCounter.count)).all())


def count(session: Session, key: str, window_seconds: int, *, clock: Clock | None = None) -> int:
    """`Counters(clock).count`, with the system's clock when none is given."""
    return Counters(clock or SystemClock()).count(session, key, window_seconds)


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
