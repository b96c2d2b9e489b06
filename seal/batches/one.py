"""Stamping one item of a batch (批次条目用章): an order of its own with a fixed key, and what became of it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from foundation.errors import Unavailable, YinxinError
from foundation.failpoints import reach
from foundation.principal import Kind, Principal
from hsm.digests import sha256
from seal.approval.errors import Waiting
from seal.approval.gate import waiting_key
from seal.batches import waiting
from seal.batches.load import Way
from seal.batches.models import ItemState, SealBatch, SealBatchItem
from seal.errors import Swapped
from seal.orders import BatchPlace, Matter, Stamped
from seal.room import SealRoom
from seal.stamp import stamp_ofd, stamp_pdf


def giver(batch: SealBatch) -> Principal:
    """Whoever gave the batch, for the orders' rows; it was authorised when it was given."""
    kind = Kind.CLIENT if batch.client_id else Kind.OFFICIAL
    return Principal(kind, batch.principal, department=batch.department, client_id=batch.client_id)


def stamp(room: SealRoom, principal: Principal, batch: SealBatch, way: Way, item: SealBatchItem) -> None:
    """Stamp one item; a reason of its own ends it, what concerns the house as a whole is raised and tried again."""
    try:
        done = _stamp(room, principal, batch, way, item)
    except (Unavailable, Waiting):
        raise
    except YinxinError as error:
        if waiting.passes(error):
            raise
        values: dict[str, object] = {
            "state": ItemState.FAILED,
            "code": error.code[:80],
            "reason_zh": error.detail.zh,
            "reason_en": error.detail.en,
        }
    else:
        reach("seal.batch_stamped")
        values = {
            "state": ItemState.SEALED,
            "order_id": done.order_id,
            "result_sha256": sha256(done.document).hex(),
            "code": None,
        }
    with room.ground.db.begin() as session:
        session.execute(
            update(SealBatchItem)
            .where(
                SealBatchItem.batch_id == item.batch_id,
                SealBatchItem.number == item.number,
                SealBatchItem.state == ItemState.READY,
            )
            .values(**values)
        )


def _stamp(room: SealRoom, principal: Principal, batch: SealBatch, way: Way, item: SealBatchItem) -> Stamped:
    digest = item.document_sha256 or ""
    document = room.ground.storage.open(waiting_key(digest))
    if sha256(document).hex() != digest:
        raise Swapped(f"{batch.id}:{item.number}")
    key = f"batch:{batch.id}:{item.number}"
    matter = Matter(batch.matter, batch.matter_number) if batch.matter else None
    place = BatchPlace(batch.id, item.number)
    if item.format == "pdf":
        pdf = replace(way.pdf, document=document, order_key=key, matter=matter, batch=place)
        return stamp_pdf(room, principal, pdf)
    return stamp_ofd(room, principal, replace(way.ofd, document=document, order_key=key, matter=matter, batch=place))
