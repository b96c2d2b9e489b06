"""How revocation is doing (撤销服务状况): ages of lists and answers, how the last check ended. For pages and probes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ca.crl_schedule import ListAge, ages
from ca.ocsp_refresh import oldest
from ca.ocsp_store import moment
from ca.revocation_models import CaRevocationCheck
from ca.room import CaRoom


@dataclass(frozen=True, slots=True)
class LastCheck:
    at: datetime
    serials: int
    faults: int


@dataclass(frozen=True, slots=True)
class Health:
    lists: tuple[ListAge, ...]
    answers_until: dict[str, datetime]
    """When the first stored OCSP answer of each CA ends."""
    check: LastCheck | None


def health(room: CaRoom) -> Health:
    table = CaRevocationCheck
    newest = select(table.at, table.serials, table.faults).order_by(table.at.desc()).limit(1)
    with room.ground.db.read() as session:
        row = session.execute(newest).one_or_none()
    answers = {authority: moment(until) for authority, until in oldest(room).items()}
    return Health(tuple(ages(room)), answers, None if row is None else LastCheck(*row))
