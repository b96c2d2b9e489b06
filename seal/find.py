"""Looking up seals (查询印章). A department sees its own only."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from foundation.principal import Kind, Principal
from foundation.rows import Plain
from seal.errors import SealUnknown
from seal.models import SealRow, SealState
from seal.orders import SealKind, SealRecord
from seal.room import SealRoom

MOST = 500
SEALS = Plain(SealRow)
_BY_ID = select(*SEALS.columns).where(SEALS.table.c.id == bindparam("id"))


def seals_of(room: SealRoom, department: str) -> list[SealRecord]:
    """All seals of a department (by USCC), newest last."""
    with room.ground.db.read() as session:
        query = select(SealRow).where(SealRow.department == department).order_by(SealRow.created_at, SealRow.code)
        return [record(row) for row in session.scalars(query.limit(MOST))]


def in_use(room: SealRoom, department: str, *, kind: SealKind | None = None) -> SealRecord:
    """The newest seal a department may stamp with, of that kind if given; raises `SealUnknown`.

    Without a kind only seals that speak for the whole department: never somebody's name seal or the finance seal.
    """
    wanted = (SealKind.NAME, SealKind.BUSINESS) if kind is None else (kind,)
    usable = [seal for seal in seals_of(room, department) if seal.state == SealState.IN_USE and seal.kind in wanted]
    if not usable:
        raise SealUnknown
    return usable[-1]


def seal(room: SealRoom, principal: Principal, seal_id: UUID) -> SealRecord:
    """One seal of the caller's department; raises `SealUnknown`."""
    return record(row_of(room, principal, seal_id))


def by_code(room: SealRoom, code: str) -> SealRecord | None:
    """The seal of this code, whoever owns it: for the operator's own commands."""
    with room.ground.db.read() as session:
        row = session.scalars(select(SealRow).where(SealRow.code == code)).one_or_none()
    return record(row) if row is not None else None


def row_of(room: SealRoom, principal: Principal, seal_id: UUID) -> SealRow:
    """The row, if the caller's department owns it. Yinxin itself (jobs, recovery) may use any."""
    row = SEALS.seen(room.ground.db, _BY_ID, id=seal_id)
    if row is None or (principal.kind is not Kind.SYSTEM and row.department != principal.department):
        raise SealUnknown
    return row


def record(row: SealRow) -> SealRecord:
    return SealRecord(
        id=row.id,
        code=row.code,
        name=row.name,
        department=row.department,
        department_name=row.department_name,
        kind=SealKind(row.kind),
        ring_text=row.ring_text,
        line_text=row.line_text,
        diameter=row.diameter,
        state=row.state,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        certificates=tuple(der for der in (row.sm2_certificate, row.rsa_certificate) if der is not None),
    )
