"""The times of time stamps (时间戳取时): read under the suite's row, never going back, never from a doubtful clock.

RFC 3161 2.4.2, ETSI EN 319 421 7.7.2. The last time given out is kept in the database, so a restart forgets nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from ca.clock_guard import TOLERANCE
from ca.errors import ClockWentBack
from ca.models import CaStamp, CaStampClock
from ca.prepare import new_serial
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import SYSTEM
from foundation.rows import Plain
from hsm.digests import Digest

ACCURACY = TOLERANCE
_STEP = timedelta(milliseconds=1)
_CLOCKS, _STAMPS = Plain(CaStampClock), Plain(CaStamp)
_OF_SUITE = _CLOCKS.table.c.suite == bindparam("of")
_LAST = select(_CLOCKS.table.c.last).where(_OF_SUITE).with_for_update()
_ADVANCE = update(_CLOCKS.table).where(_OF_SUITE).values(last=bindparam("at"))


def record(room: CaRoom, suite: Suite, digest: Digest, imprint: bytes) -> tuple[int, datetime]:
    """Serial and time of a new token, committed before it is signed."""
    room.guard.check()
    try:
        return _record(room, suite, digest, imprint)
    except IntegrityError:  # two first tokens of a suite in the same moment
        return _record(room, suite, digest, imprint)


def _record(room: CaRoom, suite: Suite, digest: Digest, imprint: bytes) -> tuple[int, datetime]:
    ground, serial = room.ground, new_serial(room)
    with ground.db.begin_plain() as session:
        connection = session.connection()
        last = connection.execute(_LAST, {"of": suite.value}).scalar_one_or_none()
        now = ground.clock.now()
        if last is None:
            last = now - ACCURACY
            _CLOCKS.add(session, _CLOCKS.made(suite=suite.value, last=last))
        if now < last - ACCURACY:
            raise ClockWentBack
        at = _next(now, last) if ground.settings.ca.stamp_ordering else now
        connection.execute(_ADVANCE, {"of": suite.value, "at": max(at, last)})
        row = _STAMPS.made(serial=f"{serial:x}", suite=suite.value, at=at, digest=digest.value, imprint=imprint)
        _STAMPS.add(session, row)
        ground.audit.record(
            session,
            SYSTEM,
            action="ca.timestamp.issue",
            object=f"timestamp:{serial:x}",
            payload={"suite": suite.value, "digest": digest.value},
        )
    return serial, at


def _next(now: datetime, last: datetime) -> datetime:
    """Later than every token before it, in milliseconds; nudged on by less than the accuracy, or not at all."""
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    if at > last:
        return at
    at = last.replace(microsecond=last.microsecond // 1000 * 1000) + _STEP
    if at > now + ACCURACY / 2:
        raise ClockWentBack
    return at


def written(at: datetime) -> bytes:
    """GeneralizedTime with a fraction as RFC 3161 2.4.2 wants it: no trailing zeros, no point without digits."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    return f"{at:%Y%m%d%H%M%S}{fraction}Z".encode()
