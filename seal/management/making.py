"""Making an approved seal (制章): the maker's step, by a person or system that neither applied nor approved.

The file goes to `making` before the maker's key is touched. After a crash the same seal is finished by the next try,
of the maker or of recovery: everything signed follows from the file, so there are never two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from foundation.errors import YinxinError
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from seal.drawing.design import Design
from seal.kinds import SealKind
from seal.make import make_seal
from seal.management import access, apply, counters, ending, machine
from seal.management.errors import TokenWanted
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step, Who
from seal.models import SealRow, SealState
from seal.orders import SealRequest
from seal.room import SealRoom
from seal.ses import CertificateList
from seal.status_service import publishing
from seal.tokens import TokenKey

log = structlog.get_logger("seal.management")
GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class How:
    """What the maker adds: the key of the custodian's UKey, and departures from the region's usual format."""

    token: TokenKey | None = None
    ses_version: int | None = None
    cert_list: CertificateList | None = None


_USUAL = How()


def make(room: SealRoom, principal: Principal, file_id: UUID, how: How = _USUAL) -> State:
    """Make the seal; asked again, or by another maker, it is finished and not made twice."""
    principal.require(Permission.SEAL_MAKE)
    with room.ground.db.read() as session:
        department = access.load(session, principal, file_id).department
    counters.prepare_for(room.ground.db, department)
    _begin(room, principal, file_id, how)
    reach("seal.management.begun")
    state = _finish(room, principal, file_id, Who.MAKER, how)
    publishing.refresh(room)
    return state


def request_of(room: SealRoom, row: SealFile, how: How = _USUAL) -> SealRequest:
    """What the maker is asked to make: exactly what was approved."""
    assert row.code is not None  # noqa: S101 - taken at the approval
    design = apply.opened(room, row, "design")
    picture = None if design is None else Design.of(design)
    return SealRequest(
        department_uscc=row.department,
        department_name=row.department_name,
        code14=row.code,
        ring_text=row.ring_text if picture is None or row.ring_text else picture.text,
        kind=SealKind(row.kind),
        line_text=row.line_text,
        diameter=row.diameter,
        picture=picture,
        token=how.token,
        ses_version=how.ses_version,
        cert_list=how.cert_list,
    )


def _begin(room: SealRoom, principal: Principal, file_id: UUID, how: How) -> None:
    with room.ground.db.begin() as session:
        row = access.load(session, principal, file_id, lock=True)
        if row.state == State.MAKING:  # begun before, here or by a process that died
            access.check(session, row, principal, access.way(row, Step.MAKE))
            return
        taken = access.way(row, Step.BEGIN)
        who = access.check(session, row, principal, taken)
        machine.check_approved(room.ground, row)
        if (row.custody == apply.Custody.UKEY) != (how.token is not None):
            raise TokenWanted(wanted=row.custody == apply.Custody.UKEY)
        machine.move(room.ground, session, row, principal, taken, who, machine.reasoned(taken, None, None))


def _finish(room: SealRoom, principal: Principal, file_id: UUID, who: Who, how: How = _USUAL) -> State:
    with room.ground.db.read() as session:
        row = session.get_one(SealFile, file_id)
        recorded = session.scalars(select(SealRow).where(SealRow.code == row.code)).one_or_none()
    if recorded is not None and recorded.token_key is not None:  # begun with this token; another is another seal
        how = How(TokenKey(recorded.token_key, recorded.sm2_certificate))
    if row.state != State.MAKING:
        return State(row.state)
    machine.check_approved(room.ground, row)
    if row.custody == apply.Custody.UKEY and how.token is None:
        raise TokenWanted(wanted=True)
    made = make_seal(room, machine.MANAGER, request_of(room, row, how), leave=SealState.MADE)
    reach("seal.management.made")
    with room.ground.db.begin() as session:
        row = machine.locked(session, file_id)
        if row.state == State.MAKING:
            taken = access.way(row, Step.MAKE)
            machine.move(room.ground, session, row, principal, taken, who, Reason.AS_APPROVED)
        log.info("seal.made", code=made.code)
        return State(row.state)


def recover(room: SealRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    """Finish what a crash left between record and end: makings begun, certificates of ended seals, old lists."""
    before = room.ground.clock.now() - older_than
    query = select(SealFile.id).where(SealFile.state == State.MAKING, SealFile.changed_at <= before)
    with room.ground.db.read() as session:
        begun = list(session.scalars(query.order_by(SealFile.id)))
    moved: list[UUID] = []
    for identifier in begun:
        try:
            _finish(room, machine.MANAGER, identifier, Who.SYSTEM)
        except YinxinError as error:  # one that cannot be finished must not keep the others
            log.warning("seal.recovery_refused", file=str(identifier), code=error.code)
            continue
        moved.append(identifier)
    return moved + [identifier for identifier in ending.unended(room) if ending.end(room, identifier)]
