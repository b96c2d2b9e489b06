"""What became of items (批次条目结果), written with their chunk held, so its counts are always those of its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select, update

from foundation.database import Connects
from foundation.errors import YinxinError
from foundation.rows import Plain
from seal.batches.models import ItemState, SealBatchChunk, SealBatchItem

_ITEMS, _CHUNKS = Plain(SealBatchItem).table, Plain(SealBatchChunk).table
_CHUNK = (_CHUNKS.c.batch_id == bindparam("batch"), _CHUNKS.c.number == bindparam("chunk"))
_HOLD = select(_CHUNKS.c.state).where(*_CHUNK).with_for_update()
_READY = update(_ITEMS).where(
    _ITEMS.c.batch_id == bindparam("batch"),
    _ITEMS.c.number == bindparam("item"),
    _ITEMS.c.state == ItemState.READY.value,
)
_SEALED = _READY.values(
    state=ItemState.SEALED.value, order_id=bindparam("order"), result_sha256=bindparam("digest"), code=None
)
_FAILED = _READY.values(
    state=ItemState.FAILED.value, code=bindparam("why"), reason_zh=bindparam("zh"), reason_en=bindparam("en")
)


def _of_state(state: ItemState) -> ColumnElement[int]:
    query = select(func.count()).where(
        _ITEMS.c.batch_id == _CHUNKS.c.batch_id,
        _ITEMS.c.number.between(_CHUNKS.c.first, _CHUNKS.c.last),
        _ITEMS.c.state == state.value,
    )
    return query.correlate(_CHUNKS).scalar_subquery()


_COUNT = update(_CHUNKS).where(*_CHUNK).values(sealed=_of_state(ItemState.SEALED), failed=_of_state(ItemState.FAILED))


@dataclass(frozen=True, slots=True)
class Done:
    """A sealed item: its order, and the digest of the file that stands."""

    item: int
    order: UUID
    sha256: str


@dataclass(frozen=True, slots=True)
class Failed:
    item: int
    error: YinxinError


def hold(session: Connects, batch_id: UUID, chunk: int) -> None:
    """First in the transaction: two workers at one chunk write one after the other."""
    session.connection().execute(_HOLD, {"batch": batch_id, "chunk": chunk}).one()


def tell(
    session: Connects, batch_id: UUID, chunk: int, sealed: Sequence[Done] = (), failed: Sequence[Failed] = ()
) -> None:
    """Items of one held chunk. What another worker has told already stays as it is."""
    connection = session.connection()
    if sealed:
        told: list[dict[str, Any]] = [
            {"batch": batch_id, "item": one.item, "order": one.order, "digest": one.sha256} for one in sealed
        ]
        connection.execute(_SEALED, told)
    if failed:
        connection.execute(_FAILED, [{"batch": batch_id, **_why(one)} for one in failed])
    connection.execute(_COUNT, {"batch": batch_id, "chunk": chunk})


def _why(one: Failed) -> dict[str, Any]:
    said = one.error.detail
    return {"item": one.item, "why": one.error.code[:80], "zh": said.zh, "en": said.en}
