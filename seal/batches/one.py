"""Stamping one item of a batch (批次条目用章): an order of its own with a fixed key, and what became of it."""

from __future__ import annotations

from dataclasses import replace

from foundation.errors import Unavailable, YinxinError
from foundation.failpoints import reach
from foundation.principal import Kind, Principal
from hsm.digests import sha256
from seal import find, stamp_ofd, stamp_pdf
from seal.approval.errors import Waiting
from seal.approval.gate import waiting_key
from seal.batches import outcomes, waiting
from seal.batches.load import Way
from seal.batches.models import SealBatch, SealBatchItem
from seal.batches.outcomes import Done, Failed
from seal.carrying_out import Prepare, carry_out
from seal.errors import Swapped
from seal.models import SealRow
from seal.orders import BatchPlace, Matter
from seal.register import Order
from seal.room import SealRoom


def giver(batch: SealBatch) -> Principal:
    """Whoever gave the batch, for the orders' rows; it was authorised when it was given."""
    kind = Kind.CLIENT if batch.client_id else Kind.OFFICIAL
    return Principal(kind, batch.principal, department=batch.department, client_id=batch.client_id)


def stamp(room: SealRoom, principal: Principal, batch: SealBatch, way: Way, chunk: int, item: SealBatchItem) -> None:
    """Stamp one item; a reason of its own ends it, what concerns the house as a whole is raised and tried again."""
    sealed: tuple[Done, ...] = ()
    failed: tuple[Failed, ...] = ()
    try:
        seal = find.row_of(room, principal, batch.seal_id)
        done = carry_out(room, principal, *begun(room, seal, batch, way, item))
    except (Unavailable, Waiting):
        raise
    except YinxinError as error:
        if waiting.passes(error):
            raise
        failed = (Failed(item.number, error),)
    else:
        reach("seal.batch_stamped")
        sealed = (Done(item.number, done.order_id, sha256(done.document).hex()),)
    with room.ground.db.begin_plain() as session:
        outcomes.hold(session, batch.id, chunk)
        outcomes.tell(session, batch.id, chunk, sealed, failed)


def begun(room: SealRoom, seal: SealRow, batch: SealBatch, way: Way, item: SealBatchItem) -> tuple[Order, Prepare]:
    """The item as an order with the key all its workers know; its document is the one that was taken in."""
    digest = item.document_sha256 or ""
    document = room.ground.storage.open(waiting_key(digest))
    if sha256(document).hex() != digest:
        raise Swapped(f"{batch.id}:{item.number}")
    key = f"batch:{batch.id}:{item.number}"
    matter = Matter(batch.matter, batch.matter_number) if batch.matter else None
    place = BatchPlace(batch.id, item.number)
    if item.format == "pdf":
        pdf = replace(way.pdf, document=document, order_key=key, matter=matter, batch=place)
        return stamp_pdf.begun(room, seal, pdf)
    ofd = replace(way.ofd, document=document, order_key=key, matter=matter, batch=place)
    return stamp_ofd.begun(room, seal, ofd)
