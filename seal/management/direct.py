"""A seal from nothing to use in one call (一次办理): every state is walked, each step by its own principal.

For a sample region, and for programs written before there was seal management; refused in production, where these are
different people.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from foundation.principal import Kind, Permission, Principal
from seal import preparing, recording
from seal.errors import CodeTaken
from seal.find import record
from seal.management import counters, making, steps
from seal.management.apply import Application, Custody, apply
from seal.management.errors import DirectNotHere
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step
from seal.models import SealRow
from seal.orders import SealRecord, SealRequest
from seal.room import SealRoom


def _played(part: str, permission: Permission) -> Principal:
    return Principal(Kind.SYSTEM, f"system:sample-seal-{part}", frozenset({permission}))


KEEPER = _played("keeper", Permission.SEAL_APPLY)
APPROVER = _played("approver", Permission.SEAL_APPROVE)
MAKER = _played("maker", Permission.SEAL_MAKE)
REGISTRAR = _played("registrar", Permission.SEAL_FILE)


def make_directly(room: SealRoom, principal: Principal, request: SealRequest) -> SealRecord:
    """The seal of `request`, in use; made now, before, or finished after a crash. Another under its code is refused."""
    principal.require(Permission.SEAL_MAKE)
    if room.ground.settings.environment == "production":
        raise DirectNotHere
    prepared = preparing.prepare(room, request)
    counters.prepare_for(room.ground.db, request.department_uscc)
    with room.outer_lock(f"direct|{request.code14}"):
        recording.find(room, prepared)  # raises where the code stands for another seal
        file_id = _find(room, request) or _apply(room, request)
        _walk(room, file_id, making.How(request.token, request.ses_version, request.cert_list))
    with room.ground.db.read() as session:
        return record(session.scalars(select(SealRow).where(SealRow.code == request.code14)).one())


def _find(room: SealRoom, request: SealRequest) -> UUID | None:
    with room.ground.db.read() as session:
        row = session.scalars(select(SealFile).where(SealFile.code == request.code14)).one_or_none()
    if row is None:
        return None
    known = making.request_of(room, row)
    same = (row.department, row.department_name, row.kind) == (
        request.department_uscc,
        request.department_name,
        request.kind,
    )
    if not same or known.design().terms() != request.design().terms():
        raise CodeTaken(request.code14)
    return row.id


def _apply(room: SealRoom, request: SealRequest) -> UUID:
    wanted = Application(
        department=request.department_uscc,
        department_name=request.department_name,
        reason=Reason.BUSINESS_NEED,
        kind=request.kind,
        ring_text=request.ring_text,
        line_text=request.line_text,
        diameter=request.diameter,
        picture=request.picture,
        custody=Custody.CLOUD if request.token is None else Custody.UKEY,
        custodian=None if request.token is None else request.department_name,
    )
    return apply(room, KEEPER, wanted, code=request.code14)


def _walk(room: SealRoom, file_id: UUID, how: making.How) -> None:
    """From wherever it is; a state beyond use stays as it is."""
    while (state := _state(room, file_id)) in _NEXT:
        principal, step = _NEXT[state]
        if step is Step.MAKE:
            making.make(room, principal, file_id, how)
        else:
            steps.take(room, principal, file_id, step)


_NEXT = {
    State.APPLIED: (APPROVER, Step.APPROVE),
    State.APPROVED: (MAKER, Step.MAKE),
    State.MAKING: (MAKER, Step.MAKE),
    State.MADE: (REGISTRAR, Step.FILE),
    State.FILED: (REGISTRAR, Step.ISSUE),
    State.ISSUED: (KEEPER, Step.ACCEPT),
}


def _state(room: SealRoom, file_id: UUID) -> State:
    with room.ground.db.read() as session:
        return State(session.get_one(SealFile, file_id).state)
