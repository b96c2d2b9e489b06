"""How a batch stands (批次进度), its items one by one, and their results: single files, or a zip of some."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import bindparam, case, func, select

from foundation.errors import Conflict
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import register
from seal.approval.models import SealCase
from seal.batches import load
from seal.batches.errors import BatchUnknown
from seal.batches.models import ChunkState, ItemState, SealBatch, SealBatchChunk, SealBatchItem
from seal.errors import SealedDiffers
from seal.room import SealRoom

MOST = 500
MOST_ZIP = 200 * 1024 * 1024


_SUMS = select(
    func.coalesce(func.sum(SealBatchChunk.sealed), 0),
    func.coalesce(func.sum(SealBatchChunk.failed), 0),
    func.count(),
    func.count(case((SealBatchChunk.state == ChunkState.DONE, 1))),
).where(SealBatchChunk.batch_id == bindparam("batch"))
_CASE = select(SealCase.id).where(SealCase.subject_id == bindparam("batch"))


@dataclass(frozen=True, slots=True)
class Progress:
    batch: SealBatch
    sealed: int
    failed: int
    refused: int
    ready: int
    chunks: int
    chunks_done: int
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    name: str
    format: str | None
    size: int
    state: str
    document_sha256: str | None
    result_sha256: str | None
    order_id: UUID | None
    code: str | None
    reason: Text | None


def listed(room: SealRoom, principal: Principal, *, after: UUID | None = None, limit: int = 50) -> list[SealBatch]:
    """The department's batches, newest first."""
    query = select(SealBatch).where(SealBatch.department == principal.department)
    if after is not None:
        query = query.where(SealBatch.id < after)
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(SealBatch.id.desc()).limit(max(1, min(limit, MOST)))))


def progress(room: SealRoom, principal: Principal, batch_id: UUID) -> Progress:
    """Summed over chunks, whose counts are those of their items; items are not counted, a page asks every 3 seconds."""
    batch = load.own(room, principal, batch_id)
    with room.ground.db.read_plain() as session:
        sealed, failed, chunks, done = session.connection().execute(_SUMS, {"batch": batch_id}).one()
        case_id = session.connection().execute(_CASE, {"batch": batch_id}).scalar()
    ready = batch.total - batch.refused - sealed - failed
    return Progress(batch, sealed, failed, batch.refused, ready, chunks, done, case_id)


def items(
    room: SealRoom,
    principal: Principal,
    batch_id: UUID,
    *,
    after: int = 0,
    state: ItemState | None = None,
    limit: int = 100,
) -> list[Item]:
    load.own(room, principal, batch_id)
    query = select(SealBatchItem).where(SealBatchItem.batch_id == batch_id, SealBatchItem.number > after)
    if state is not None:
        query = query.where(SealBatchItem.state == state)
    with room.ground.db.read() as session:
        rows = list(session.scalars(query.order_by(SealBatchItem.number).limit(max(1, min(limit, MOST)))))
    return [_item(room, row) for row in rows]


def result(room: SealRoom, principal: Principal, batch_id: UUID, number: int) -> tuple[Item, bytes]:
    """The sealed file of one item."""
    load.own(room, principal, batch_id)
    with room.ground.db.read() as session:
        row = session.get(SealBatchItem, (batch_id, number))
    if row is None:
        raise BatchUnknown
    if row.result_sha256 is None or row.format is None:
        raise Conflict(
            "seal.batch_no_result",
            Text("该条目尚无用章结果。", "This item has no sealed file (yet)."),
        )
    item = _item(room, row)
    return item, octets(room, item)


def results(
    room: SealRoom, principal: Principal, batch_id: UUID, *, after: int = 0, most: int = 200
) -> tuple[bytes, int]:
    """Sealed files following item `after` as a zip, and the number of the last one in it (0: there are no more)."""
    load.own(room, principal, batch_id)
    query = select(SealBatchItem).where(
        SealBatchItem.batch_id == batch_id, SealBatchItem.number > after, SealBatchItem.state == ItemState.SEALED
    )
    with room.ground.db.read() as session:
        rows = list(session.scalars(query.order_by(SealBatchItem.number).limit(max(1, min(most, MOST)))))
    buffer, last = io.BytesIO(), 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as out:
        for row in rows:
            if last and buffer.tell() + row.size > MOST_ZIP:
                break
            item = _item(room, row)
            name = PurePosixPath(item.name.replace("\\", "/")).name
            out.writestr(zipfile.ZipInfo(f"{row.number:06d}-{name}"), octets(room, item))
            last = row.number
    return buffer.getvalue(), last


def octets(room: SealRoom, item: Item) -> bytes:
    """The stored file of a sealed item, compared with its digest."""
    found = room.ground.storage.open(register.key(item.format or "", item.result_sha256 or ""))
    if sha256(found).hex() != item.result_sha256:
        raise SealedDiffers("stored file")
    return found


def _item(room: SealRoom, row: SealBatchItem) -> Item:
    name = room.ground.cipher.decrypt("seal_batch_item", "name", f"{row.batch_id}/{row.number}", row.name)
    reason = Text(row.reason_zh, row.reason_en) if row.reason_zh and row.reason_en else None
    return Item(
        row.number,
        name,
        row.format,
        row.size,
        row.state,
        row.document_sha256,
        row.result_sha256,
        row.order_id,
        row.code,
        reason,
    )
