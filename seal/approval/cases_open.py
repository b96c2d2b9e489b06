"""What becomes of a case (用章审批结果): freed and carried out, ended, or expired."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation.failpoints import reach
from foundation.principal import SYSTEM, Principal
from hsm.digests import sha256
from seal.approval import gate, kept_orders
from seal.approval.models import CaseKind, CaseState, SealCase
from seal.batches.models import BatchState, SealBatch
from seal.errors import Swapped
from seal.models import OrderState, SealOrder
from seal.orders import PdfOrder
from seal.room import SealRoom
from seal.stamp import stamp_ofd, stamp_pdf

JOB, BATCH_JOB = "seal.approved", "seal.batch.start"


def free(room: SealRoom, session: Session, case: SealCase, principal: Principal) -> None:
    """All approvals are there: the order may be signed from now on, and says now as its time."""
    now = room.ground.clock.now().replace(microsecond=0)
    case.state, case.ended_at, case.ended_by = CaseState.APPROVED, now, principal.label
    if case.kind == CaseKind.BATCH:
        room.ground.jobs.enqueue(session, BATCH_JOB, str(case.subject_id), {"batch": str(case.subject_id)})
        return
    session.execute(
        update(SealOrder)
        .where(SealOrder.id == case.subject_id, SealOrder.state == OrderState.WAITING)
        .values(state=OrderState.RECORDED, signing_time=now)
    )
    if case.sealed_order is not None:
        room.ground.jobs.enqueue(session, JOB, str(case.id), {"case": str(case.id)})


def end(
    room: SealRoom, session: Session, case: SealCase, principal: Principal, state: CaseState, reason: str | None
) -> None:
    """Nothing will be signed under this case."""
    case.state, case.ended_at, case.ended_by = state, room.ground.clock.now(), principal.label
    if reason:
        case.reason = room.ground.cipher.encrypt(kept_orders.TABLE, "reason", case.id, reason)
    if case.kind == CaseKind.ORDER:
        session.execute(
            update(SealOrder)
            .where(SealOrder.id == case.subject_id, SealOrder.state == OrderState.WAITING)
            .values(state=OrderState.ENDED)
        )
    else:
        session.execute(
            update(SealBatch)
            .where(SealBatch.id == case.subject_id, SealBatch.state == BatchState.WAITING)
            .values(state=BatchState.REFUSED, finished_at=room.ground.clock.now())
        )
    room.ground.audit.record(
        session,
        principal,
        action="seal.case.end",
        object=f"seal-case:{case.id}",
        payload={"state": state.value, "sha256": case.digest},
    )


def expire(room: SealRoom) -> int:
    """End what waited too long; run now and then."""
    now, count = room.ground.clock.now(), 0
    with room.ground.db.begin() as session:
        query = select(SealCase).where(SealCase.state == CaseState.WAITING, SealCase.expires_at <= now)
        for case in session.scalars(query.limit(500).with_for_update(skip_locked=True)):
            end(room, session, case, SYSTEM, CaseState.EXPIRED, None)
            count += 1
    return count


def reason(room: SealRoom, case: SealCase) -> str | None:
    return room.ground.cipher.decrypt(kept_orders.TABLE, "reason", case.id, case.reason) if case.reason else None


def work(room: SealRoom, payload: dict[str, Any]) -> None:
    """The job: carry out a freed order from the stored bytes. Taken up again it ends with the same file."""
    with room.ground.db.read() as session:
        case = session.get_one(SealCase, UUID(payload["case"]))
    if case.sealed_order is None or room.ground.clock.now() >= case.expires_at:
        return
    document = stored(room, case)
    reach("seal.approved_loaded")
    order = kept_orders.open_again(
        room.ground.cipher, kept_orders.TABLE, "sealed_order", case.id, case.sealed_order, document
    )
    if isinstance(order, PdfOrder):
        stamp_pdf(room, SYSTEM, order)
    else:
        stamp_ofd(room, SYSTEM, order)


def stored(room: SealRoom, case: SealCase) -> bytes:
    """The bytes that wait for approval; raises `Swapped` when they are not those on record."""
    document = room.ground.storage.open(gate.waiting_key(case.digest))
    if len(document) != case.size or sha256(document).hex() != case.digest:
        raise Swapped(str(case.subject_id))
    return document
