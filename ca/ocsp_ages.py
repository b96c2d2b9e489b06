"""How old the stored OCSP answers are (预签应答时效), CA by CA, for the page of those who run it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from ca import ocsp_store
from ca.chain import authorities
from ca.profiles import Role
from ca.revocation_models import CaOcspAnswer, CaRevocationCheck
from ca.room import CaRoom


@dataclass(frozen=True, slots=True)
class AnswersAge:
    """None stored is no fault: answers are made when somebody first asks."""

    authority: str
    count: int
    oldest: datetime | None
    first_end: datetime | None
    late: bool
    """Past half of its life, and not renewed when its turn came."""
    expired: bool


@dataclass(frozen=True, slots=True)
class LastCheck:
    at: datetime
    serials: int
    faults: int
    findings: str
    """JSON, as `ca.findings` says it."""


def ages(room: CaRoom) -> list[AnswersAge]:
    now = room.ground.clock.now()
    query = select(
        CaOcspAnswer.authority, func.count(), func.min(CaOcspAnswer.made), func.min(CaOcspAnswer.until)
    ).group_by(CaOcspAnswer.authority)
    with room.ground.db.read() as session:
        stored = {row[0]: row for row in session.execute(query)}
    found = []
    for one in authorities(room):
        if one.role is not Role.ISSUING:
            continue
        _, count, made, until = stored.get(one.slug, (one.slug, 0, None, None))
        oldest, end = _time(made), _time(until)
        late = oldest is not None and now - oldest > ocsp_store.LIFE * 3 / 4
        found.append(AnswersAge(one.slug, count, oldest, end, late, end is not None and end <= now))
    return found


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def last_check(room: CaRoom) -> LastCheck | None:
    """Outcome of the checker's last run (`ca.revocation_check`)."""
    with room.ground.db.read() as session:
        row = session.scalars(select(CaRevocationCheck).order_by(CaRevocationCheck.at.desc()).limit(1)).first()
    return None if row is None else LastCheck(row.at, row.serials, row.faults, row.findings)
