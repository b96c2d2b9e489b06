"""A batch on its way (批次执行): started, approved, paused, resumed, cancelled, and worked off a few items at a time.

Jobs are named by batch, chunk and run, so a batch paused and resumed never waits for a job of the time before. A worker
that dies leaves its chunk to the next; each item is an order of its own with a fixed key, so nothing is sealed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation.failpoints import reach
from foundation.principal import Principal
from seal.approval import counting, gate
from seal.approval.cases_open import BATCH_JOB
from seal.approval.models import CaseState, SealCase
from seal.approval.rules import OutsideRules
from seal.batches import asking, load, one, together, waiting
from seal.batches.errors import BatchEmpty, NotNow
from seal.batches.models import BatchState, ChunkState, ItemState, SealBatch, SealBatchChunk, SealBatchItem
from seal.room import SealRoom

CHUNK_JOB = "seal.batch.chunk"
CHUNK, ENQUEUED = 25, 200


def start(room: SealRoom, principal: Principal, batch_id: UUID) -> SealBatch:
    """Close the list; it runs, or waits for the approvals the seal's rules want for it."""
    batch = load.own(room, principal, batch_id)
    case = asking.case_for(room, principal, batch)
    with room.ground.db.begin() as session:
        held = _held(session, batch_id)
        if held.state != BatchState.LOADING or held.total != batch.total:
            raise NotNow(held.state)
        items, digest = asking.closed_list(session, batch_id)
        if not items:
            raise BatchEmpty
        held.list_sha256, held.started_at = digest, room.ground.clock.now()
        for number, first in enumerate(range(1, held.total + 1, CHUNK), 1):
            last = min(first + CHUNK - 1, held.total)
            session.add(
                SealBatchChunk(
                    batch_id=held.id,
                    number=number,
                    first=first,
                    last=last,
                    state=ChunkState.WAITING,
                    sealed=0,
                    failed=0,
                )
            )
        if case is not None:
            case.digest, case.size = digest, items
            session.add(case)
        waits = case is not None and case.state == CaseState.WAITING
        held.state = BatchState.WAITING if waits else BatchState.RUNNING
        if not waits:
            _run(room, session, held)
        room.ground.audit.record(
            session,
            principal,
            action="seal.batch.start",
            object=f"seal-batch:{held.id}",
            payload={"items": items, "list_sha256": digest, "case": str(case.id) if case else None},
        )
    return held


def change(room: SealRoom, principal: Principal, batch_id: UUID, wanted: BatchState) -> SealBatch:
    """Pause, resume or cancel. What is being signed at this moment is finished."""
    load.own(room, principal, batch_id)
    allowed = {
        BatchState.PAUSED: {BatchState.RUNNING},
        BatchState.RUNNING: {BatchState.PAUSED},
        BatchState.CANCELLED: {BatchState.LOADING, BatchState.WAITING, BatchState.RUNNING, BatchState.PAUSED},
    }.get(wanted, set())
    with room.ground.db.begin() as session:
        held = _held(session, batch_id)
        if held.state == wanted:
            return held
        if held.state not in allowed:
            raise NotNow(held.state)
        was, held.state = held.state, wanted
        if wanted is BatchState.RUNNING:
            _run(room, session, held)
        else:  # thousands of chunks: nobody should have to claim each to find that it waits no more
            room.ground.jobs.withdraw(session, CHUNK_JOB, f"{held.id}:")
        if wanted is BatchState.CANCELLED:
            held.finished_at = room.ground.clock.now()
            session.execute(
                update(SealCase)
                .where(SealCase.subject_id == held.id, SealCase.state == CaseState.WAITING)
                .values(state=CaseState.WITHDRAWN, ended_at=held.finished_at, ended_by=principal.label)
            )
        room.ground.audit.record(
            session,
            principal,
            action="seal.batch.state",
            object=f"seal-batch:{held.id}",
            payload={"from": was, "to": wanted.value},
        )
    return held


def retry(room: SealRoom, principal: Principal, batch_id: UUID) -> SealBatch:
    """Take up again what failed, once its cause is mended: each item keeps its place, its key and its order."""
    load.own(room, principal, batch_id)
    mine = (SealBatchItem.batch_id == batch_id, SealBatchItem.state == ItemState.FAILED)
    with room.ground.db.begin() as session:
        held = _held(session, batch_id)
        if held.state != BatchState.DONE:
            raise NotNow(held.state)
        numbers = list(session.scalars(select(SealBatchItem.number).where(*mine)))
        if not numbers:
            return held
        session.execute(
            update(SealBatchItem)
            .where(*mine)
            .values(state=ItemState.READY, code=None, reason_zh=None, reason_en=None)
            .execution_options(synchronize_session=False)
        )
        for number in sorted({(item - 1) // CHUNK + 1 for item in numbers}):
            chunk = session.get_one(SealBatchChunk, (batch_id, number))
            chunk.state, chunk.sealed, chunk.failed = ChunkState.WAITING, 0, 0
        held.state, held.finished_at = BatchState.RUNNING, None
        _run(room, session, held)
        room.ground.audit.record(
            session,
            principal,
            action="seal.batch.retry",
            object=f"seal-batch:{held.id}",
            payload={"items": len(numbers)},
        )
    return held


def _held(session: Session, batch_id: UUID) -> SealBatch:
    return session.scalars(select(SealBatch).where(SealBatch.id == batch_id).with_for_update()).one()


def _run(room: SealRoom, session: Session, batch: SealBatch) -> None:
    batch.run += 1
    room.ground.jobs.enqueue(session, BATCH_JOB, f"{batch.id}:{batch.run}", {"batch": str(batch.id)})


def launch(room: SealRoom, payload: Mapping[str, Any]) -> None:
    """The job that begins a run: jobs for its chunks, some at a time; taken up again it leaves none out."""
    batch_id = UUID(payload["batch"])
    with room.ground.db.begin() as session:
        batch = _held(session, batch_id)
        if batch.state == BatchState.WAITING:
            case = session.scalars(select(SealCase).where(SealCase.subject_id == batch_id)).one_or_none()
            if case is None or case.state != CaseState.APPROVED:
                return
            batch.state = BatchState.RUNNING
            batch.run += 1
        if batch.state != BatchState.RUNNING:
            return
        query = select(SealBatchChunk.number).where(
            SealBatchChunk.batch_id == batch_id, SealBatchChunk.state == ChunkState.WAITING
        )
        left = list(session.scalars(query.order_by(SealBatchChunk.number)))
        run = batch.run
    for at in range(0, len(left), ENQUEUED):
        reach("seal.batch_launch")
        with room.ground.db.begin() as session:
            said = {
                f"{batch_id}:{number}:{run}": {"batch": str(batch_id), "chunk": number, "run": run}
                for number in left[at : at + ENQUEUED]
            }
            room.ground.jobs.enqueue_many(session, CHUNK_JOB, said)


def work(room: SealRoom, payload: Mapping[str, Any]) -> None:
    """The job of one chunk: every item of it that has no result yet."""
    batch_id, number, run = UUID(payload["batch"]), int(payload["chunk"]), int(payload["run"])
    with room.ground.db.read() as session:
        batch = session.get_one(SealBatch, batch_id)
        if (batch.state, batch.run) != (BatchState.RUNNING, run):
            return
        chunk = session.get_one(SealBatchChunk, (batch_id, number))
        query = select(SealBatchItem).where(
            SealBatchItem.batch_id == batch_id,
            SealBatchItem.number.between(chunk.first, chunk.last),
            SealBatchItem.state == ItemState.READY,
        )
        items = list(session.scalars(query.order_by(SealBatchItem.number)))
        ruled = counting.active(session, batch.seal_id) is not None
    for group in _groups(items, ruled=ruled):
        if not _goes_on(room, batch_id, run):
            return
        try:
            _stamp(room, batch, number, group, ruled=ruled)
        except OutsideRules as error:
            waiting.until_allowed(room, batch, (CHUNK_JOB, number, run), error)
            return
    if _goes_on(room, batch_id, run):
        _close(room, batch_id, number)


def _groups(items: list[SealBatchItem], *, ruled: bool) -> Iterable[list[SealBatchItem]]:
    """Under rules of use each item is counted by itself."""
    return ([item] for item in items) if ruled else together.groups(items)


def _stamp(room: SealRoom, batch: SealBatch, chunk: int, items: list[SealBatchItem], *, ruled: bool) -> None:
    way, principal = load.way_of(room, batch), one.giver(batch)
    if not ruled:
        try:
            together.stamp(room, principal, batch, way, chunk, items)
        except gate.Ruled:  # they came this moment
            pass
        else:
            return
    for item in items:
        one.stamp(room, principal, batch, way, chunk, item)
        reach("seal.batch_item")


def _goes_on(room: SealRoom, batch_id: UUID, run: int) -> bool:
    with room.ground.db.read() as session:
        query = select(SealBatch.state, SealBatch.run).where(SealBatch.id == batch_id)
        return tuple(session.execute(query).one()) == (BatchState.RUNNING, run)


def _close(room: SealRoom, batch_id: UUID, number: int) -> None:
    """The chunk is done; the last one ends the batch."""
    with room.ground.db.begin() as session:
        held = _held(session, batch_id)
        session.get_one(SealBatchChunk, (batch_id, number)).state = ChunkState.DONE
        session.flush()
        waits = SealBatchChunk.batch_id == batch_id, SealBatchChunk.state == ChunkState.WAITING
        left = session.scalar(select(SealBatchChunk.number).where(*waits).limit(1))
        if left is None and held.state == BatchState.RUNNING:
            held.state, held.finished_at = BatchState.DONE, room.ground.clock.now()
            room.ground.audit.record(
                session,
                one.giver(held),
                action="seal.batch.done",
                object=f"seal-batch:{held.id}",
                payload={"list_sha256": held.list_sha256, "total": held.total},
            )
