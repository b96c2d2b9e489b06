"""Making an approved seal (制章): the maker's step, by a person or system that neither applied nor approved.

The file goes to `making` before the maker's key is touched. After a crash the same seal is finished by the next try,
of the maker or of recovery: everything signed follows from the file, so there are never two.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from foundation.errors import YinxinError
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from seal.kinds import SealKind
from seal.make import make_seal, prepare
from seal.management import access, apply, counters, ending, machine
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step, Who
from seal.models import SealState
from seal.orders import SealRequest
from seal.room import SealRoom
from seal.status_service import publishing

log = structlog.get_logger("seal.management")
GRACE = timedelta(minutes=2)


def make(room: SealRoom, principal: Principal, file_id: UUID) -> State:
    """Make the seal; asked again, or by another maker, it is finished and not made twice."""
    principal.require(Permission.SEAL_MAKE)
    with room.ground.db.read() as session:
        department = access.load(session, principal, file_id).department
    counters.prepare_for(room.ground.db, department)
    _begin(room, principal, file_id)
    reach("seal.management.begun")
    state = _finish(room, principal, file_id, Who.MAKER)
    publishing.refresh(room)
    return state


def check_request(request: SealRequest) -> None:
    """What the maker could not make is refused before it is on record."""
    prepare(request)


def request_of(room: SealRoom, row: SealFile) -> SealRequest:
    """What the maker is asked to make: exactly what was approved."""
    assert row.code is not None  # noqa: S101 - taken at the approval
    return SealRequest(
        department_uscc=row.department,
        department_name=row.department_name,
        code14=row.code,
        ring_text=apply.opened(room, row, "person_name") or row.ring_text,
        kind=SealKind(row.kind),
        line_text=row.line_text,
        diameter=row.diameter,
    )


def _begin(room: SealRoom, principal: Principal, file_id: UUID) -> None:
    with room.ground.db.begin() as session:
        row = access.load(session, principal, file_id, lock=True)
        if row.state == State.MAKING:  # begun before, here or by a process that died
            access.check(session, row, principal, access.way(row, Step.MAKE))
            return
        taken = access.way(row, Step.BEGIN)
        who = access.check(session, row, principal, taken)
        machine.check_approved(room.ground, row)
        machine.move(room.ground, session, row, principal, taken, who, machine.reasoned(taken, None, None))


def _finish(room: SealRoom, principal: Principal, file_id: UUID, who: Who) -> State:
    with room.ground.db.read() as session:
        row = session.get_one(SealFile, file_id)
    if row.state != State.MAKING:
        return State(row.state)
    machine.check_approved(room.ground, row)
    made = make_seal(room, machine.MANAGER, request_of(room, row), leave=SealState.MADE)
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
