"""How a batch stands (批次进度), its items one by one, and their results: single files, or a zip of some."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.errors import Conflict
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import register
from seal.approval.models import SealCase
from seal.batches import load
from seal.batches.errors import BatchUnknown
from seal.batches.models import ItemState, SealBatch, SealBatchChunk, SealBatchItem
from seal.errors import SealedDiffers
from seal.room import SealRoom

MOST = 500
MOST_ZIP = 200 * 1024 * 1024


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
    batch = load.own(room, principal, batch_id)
    with room.ground.db.read() as session:
        counted = _counted(session, SealBatchItem, batch_id)
        chunks = _counted(session, SealBatchChunk, batch_id)
        case_id = session.scalar(select(SealCase.id).where(SealCase.subject_id == batch_id))
    states = (ItemState.SEALED, ItemState.FAILED, ItemState.REFUSED, ItemState.READY)
    sealed, failed, refused, ready = (counted.get(state, 0) for state in states)
    return Progress(batch, sealed, failed, refused, ready, sum(chunks.values()), chunks.get("done", 0), case_id)


def _counted(session: Session, table: type[SealBatchItem | SealBatchChunk], batch_id: UUID) -> dict[str, int]:
    query = select(table.state, func.count()).where(table.batch_id == batch_id).group_by(table.state)
    return {row[0]: row[1] for row in session.execute(query)}


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
    return _item(room, row), _octets(room, row)


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
            name = PurePosixPath(_item(room, row).name.replace("\\", "/")).name
            out.writestr(zipfile.ZipInfo(f"{row.number:06d}-{name}"), _octets(room, row))
            last = row.number
    return buffer.getvalue(), last


def _octets(room: SealRoom, row: SealBatchItem) -> bytes:
    octets = room.ground.storage.open(register.key(row.format or "", row.result_sha256 or ""))
    if sha256(octets).hex() != row.result_sha256:
        raise SealedDiffers("stored file")
    return octets


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
