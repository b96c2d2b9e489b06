"""How bulk files stand (批量申请进度), for whoever sent them and the registration authority."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from ca.registration import access
from ca.registration.errors import RegistrationUnknown
from ca.registration.models import CaRegistrationBulk
from ca.registration.room import RegistrationRoom
from ca.registration.rows import Fault
from foundation.principal import Principal
from foundation.text import Text

MOST = 100


@dataclass(frozen=True, slots=True)
class Batch:
    id: UUID
    state: str
    profile: str
    suite: str
    channel: str
    partial: bool
    lines: int
    checked: int
    filed: int
    already: int
    faulty: int
    faults: tuple[Fault, ...]
    created_at: datetime
    finished_at: datetime | None


def find(room: RegistrationRoom, principal: Principal, bulk_id: UUID) -> Batch:
    with room.ground.db.read() as session:
        query = select(CaRegistrationBulk).where(CaRegistrationBulk.id == bulk_id, _scope(principal))
        row = session.scalars(query).one_or_none()
    if row is None:
        raise RegistrationUnknown
    return _batch(row)


def listed(room: RegistrationRoom, principal: Principal, *, limit: int = 50) -> list[Batch]:
    query = select(CaRegistrationBulk).where(_scope(principal)).order_by(CaRegistrationBulk.id.desc())
    with room.ground.db.read() as session:
        rows = session.scalars(query.limit(max(1, min(limit, MOST)))).all()
    return [_batch(row) for row in rows]


def _scope(principal: Principal) -> ColumnElement[bool]:
    if access.oversees(principal):
        return true()
    department = access.for_department(principal)
    mine = CaRegistrationBulk.filer == principal.label
    return mine if department is None else or_(mine, CaRegistrationBulk.department == department)


def _batch(row: CaRegistrationBulk) -> Batch:
    faults = tuple(Fault(line, column, Text(zh, en)) for line, column, zh, en in json.loads(row.faults))
    return Batch(
        row.id,
        row.state,
        row.profile,
        row.suite,
        row.channel,
        row.partial,
        row.lines,
        row.checked,
        row.filed,
        row.already,
        row.faulty,
        faults,
        row.created_at,
        row.finished_at,
    )
