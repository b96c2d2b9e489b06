"""Filling a batch (批次装入): documents one by one, from an archive, or of earlier orders; each item once on record.

Octets go to the store under their digest first, so a row never points at nothing. Items are numbered in the order they
came; what is refused keeps a number and its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from foundation.errors import InvalidInput, TooLarge
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import find, register
from seal.approval import kept_orders
from seal.approval.gate import waiting_key
from seal.batches import archive
from seal.batches.archive import Entry, Refusal
from seal.batches.errors import BatchUnknown, NotNow
from seal.batches.models import BatchState, ItemState, SealBatch, SealBatchItem
from seal.models import OrderState, SealOrder
from seal.orders import Matter, OfdOrder, PdfOrder
from seal.room import SealRoom

MOST_ITEMS = 100_000
AT_ONCE = 200
MOST_OCTETS = 16 * 1024 * 1024
"""Held before they are written."""
TABLE = "seal_batch"


@dataclass(frozen=True, slots=True)
class Way:
    """How every document of a batch is stamped: orders without a document, for each format that may come."""

    pdf: PdfOrder
    ofd: OfdOrder


def create(room: SealRoom, principal: Principal, way: Way, matter: Matter | None = None) -> SealBatch:
    """An empty batch for one of the caller's own seals."""
    seal = find.row_of(room, principal, way.pdf.seal_id)
    ground, identifier = room.ground, room.ground.ids.uuid7()
    row = SealBatch(
        id=identifier,
        department=seal.department,
        seal_id=seal.id,
        principal=principal.label,
        client_id=principal.client_id,
        matter=matter.code if matter else None,
        matter_number=matter.number if matter else None,
        state=BatchState.LOADING,
        total=0,
        refused=0,
        run=0,
        way=_close(room, identifier, way),
        created_at=ground.clock.now(),
    )
    with ground.db.begin() as session:
        session.add(row)
        ground.audit.record(
            session, principal, action="seal.batch.create", object=f"seal-batch:{row.id}", payload={"seal": seal.code}
        )
    return row


def _close(room: SealRoom, batch_id: UUID, way: Way) -> str:
    cipher = room.ground.cipher
    parts = [kept_orders.close(cipher, TABLE, f"way_{one}", batch_id, getattr(way, one)) for one in ("pdf", "ofd")]
    return "\n".join(part or "" for part in parts)


def way_of(room: SealRoom, batch: SealBatch) -> Way:
    pdf, ofd = (
        kept_orders.open_again(room.ground.cipher, TABLE, f"way_{one}", batch.id, part, b"")
        for one, part in zip(("pdf", "ofd"), batch.way.split("\n"), strict=True)
    )
    if not isinstance(pdf, PdfOrder) or not isinstance(ofd, OfdOrder):
        raise BatchUnknown
    return Way(pdf, ofd)


def add_files(
    room: SealRoom, principal: Principal, batch_id: UUID, files: Sequence[tuple[str, bytes]]
) -> tuple[int, int]:
    """Documents one by one; (taken, refused)."""
    return _add(room, principal, batch_id, (Entry(name, data) for name, data in files))


def add_archive(room: SealRoom, principal: Principal, batch_id: UUID, octets: bytes) -> tuple[int, int]:
    return _add(room, principal, batch_id, archive.entries(octets))


def add_orders(room: SealRoom, principal: Principal, batch_id: UUID, orders: Sequence[UUID]) -> tuple[int, int]:
    """Results of the department's own earlier orders, to be sealed once more."""
    return _add(room, principal, batch_id, (_earlier(room, principal, order_id) for order_id in orders))


def _earlier(room: SealRoom, principal: Principal, order_id: UUID) -> Entry:
    with room.ground.db.read() as session:
        row = session.get(SealOrder, order_id)
    if row is None or row.department != principal.department or row.state != OrderState.SEALED:
        none = Text("未收入批次：没有这份已用章文件。", "Not taken into the batch: there is no such sealed document.")
        return Entry(str(order_id), None, Refusal("seal.batch_reference", none))
    return Entry(str(order_id), register.result(room, row))


def _add(room: SealRoom, principal: Principal, batch_id: UUID, found: Iterable[Entry]) -> tuple[int, int]:
    """In parts of a transaction each: memory holds one part, whatever the archive holds."""
    batch = own(room, principal, batch_id)
    if batch.state != BatchState.LOADING:
        raise NotNow(batch.state)
    taken = refused = 0
    part = Part()
    for entry in found:
        item = _item(batch_id, entry, part)
        taken, refused = taken + (item.state == ItemState.READY), refused + (item.state != ItemState.READY)
        if part.full:
            _write(room, principal, batch_id, part)
            part = Part()
    if part.items:
        _write(room, principal, batch_id, part)
    return taken, refused


@dataclass(slots=True)
class Part:
    """What goes into the store, and then on record, together."""

    items: list[SealBatchItem] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    octets: int = 0

    @property
    def full(self) -> bool:
        return len(self.items) == AT_ONCE or self.octets >= MOST_OCTETS


def _item(batch_id: UUID, entry: Entry, part: Part) -> SealBatchItem:
    data, refusal = entry.data, entry.refusal
    kind = _format(data) if data is not None else None
    if refusal is None and kind is None:
        text = Text("未收入批次：不是 PDF 或 OFD。", "Not taken into the batch: neither a PDF nor an OFD.")
        refusal = Refusal("seal.format", text)
    if data is not None and len(data) > archive.MOST_OCTETS:
        raise TooLarge("seal.batch_size", Text("单个文件过大。", "One of the files is too large."))
    item = SealBatchItem(
        batch_id=batch_id,
        name=entry.name[:300],
        format=kind,
        document_sha256=sha256(data).hex() if data is not None and refusal is None else None,
        size=len(data or b""),
        state=ItemState.READY if refusal is None else ItemState.REFUSED,
        code=refusal.code if refusal else None,
        reason_zh=refusal.reason.zh if refusal else None,
        reason_en=refusal.reason.en if refusal else None,
    )
    if item.document_sha256 is not None and data is not None:
        part.files[waiting_key(item.document_sha256)] = data
        part.octets += len(data)
    part.items.append(item)
    return item


def _format(data: bytes) -> str | None:
    if data.startswith(b"%PDF-"):
        return "pdf"
    return "ofd" if data.startswith(b"PK\x03\x04") else None


def _write(room: SealRoom, principal: Principal, batch_id: UUID, part: Part) -> None:
    room.ground.storage.put_all(part.files)
    reach("seal.batch_part")
    items = part.items
    with room.ground.db.begin() as session:
        batch = session.scalars(select(SealBatch).where(SealBatch.id == batch_id).with_for_update()).one()
        if batch.state != BatchState.LOADING:
            raise NotNow(batch.state)
        if batch.total + len(items) > MOST_ITEMS:
            raise InvalidInput(
                "seal.batch_items",
                Text(f"一个批次最多 {MOST_ITEMS} 份文件。", f"A batch takes at most {MOST_ITEMS} documents."),
            )
        for number, item in enumerate(items, batch.total + 1):
            item.number = number
            item.name = room.ground.cipher.encrypt("seal_batch_item", "name", f"{batch_id}/{number}", item.name)
        session.add_all(items)
        batch.total += len(items)
        batch.refused += sum(item.state == ItemState.REFUSED for item in items)
        room.ground.audit.record(
            session,
            principal,
            action="seal.batch.add",
            object=f"seal-batch:{batch_id}",
            payload={"items": len(items), "total": batch.total},
        )


def own(room: SealRoom, principal: Principal, batch_id: UUID) -> SealBatch:
    """The batch, if it is the caller's department's."""
    with room.ground.db.read() as session:
        row = session.get(SealBatch, batch_id)
    if row is None or row.department != principal.department:
        raise BatchUnknown
    return row


__all__ = ["MOST_ITEMS", "Way", "add_archive", "add_files", "add_orders", "create", "own", "way_of"]
