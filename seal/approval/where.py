"""Where the seal will stand (审批时的用章位置): for the approver, on the document that waits, from the kept order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from foundation.errors import YinxinError
from foundation.principal import Principal
from foundation.text import Text
from seal import dateline, keeping
from seal.approval import cases, kept_orders, shown
from seal.approval.models import CaseKind, SealCase
from seal.batches import load
from seal.batches.models import SealBatch
from seal.dateline import Dated
from seal.drafts import desk
from seal.models import SealRow
from seal.orders import OfdOrder, PdfOrder
from seal.placing import Mark
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class View:
    """One page of a document that waits: its size, how many there are, and the seal's marks on all of them."""

    format: str
    number: int
    count: int
    width: float
    height: float
    seal_width: float
    seal_height: float
    marks: tuple[Mark, ...]
    dated: Dated | None
    """The date drawn with the seal."""
    unclear: Text | None
    """Why the marks cannot be told, if so; stamping would fail for the same reason."""


def view(room: SealRoom, principal: Principal, case_id: UUID, number: int, *, item: int | None = None) -> View:
    """Page `number`, or the nearest there is."""
    case = cases.find(room, principal, case_id)
    octets, name = _document(room, principal, case_id, item)
    kind = name.rpartition(".")[2]
    order = _order(room, case, kind)
    which = order.which if isinstance(order, OfdOrder) else None
    sizes = desk.sizes(octets, kind, which)
    number = min(max(number, 1), sizes.count)
    width, height = sizes.size(number)
    look = keeping.held(room, _seal(room, case)).appearance
    marks: tuple[Mark, ...] = ()
    unclear: Text | None = None
    dated: Dated | None = None
    if order is not None:
        if order.dated is not None:
            dated = dateline.place(order.dated, order.date_where, look.width, look.height)
        try:
            marks = desk.marks(octets, kind, order.place, look.width, look.height, dated=dated, which=which)
        except YinxinError as error:
            unclear = error.detail
    return View(kind, number, sizes.count, width, height, look.width, look.height, marks, dated, unclear)


def page(
    room: SealRoom, principal: Principal, case_id: UUID, number: int, *, item: int | None = None
) -> tuple[bytes, str]:
    """The page's picture from the bytes that wait, and its media type."""
    case = cases.find(room, principal, case_id)
    octets, name = _document(room, principal, case_id, item)
    kind = name.rpartition(".")[2]
    order = _order(room, case, kind) if kind == "ofd" else None
    return desk.picture(octets, kind, number, order.which if isinstance(order, OfdOrder) else None)


def picture(room: SealRoom, principal: Principal, case_id: UUID) -> bytes:
    """The seal that was asked for, as SVG, for whoever may see the case."""
    return keeping.file(room, _seal(room, cases.find(room, principal, case_id)), "svg")


def seals(room: SealRoom, found: Sequence[SealCase]) -> dict[UUID, tuple[str, str]]:
    """Code and name of the seals of these cases."""
    wanted = {case.seal_id for case in found}
    with room.ground.db.read() as session:
        rows = session.execute(select(SealRow.id, SealRow.code, SealRow.name).where(SealRow.id.in_(wanted)))
        return {seal_id: (code, name) for seal_id, code, name in rows}


def mine(room: SealRoom, principal: Principal, *, limit: int = 100) -> list[SealCase]:
    """What the caller asked for, newest first."""
    query = select(SealCase).where(SealCase.requester == principal.label, SealCase.department == principal.department)
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(SealCase.id.desc()).limit(limit)))


def _document(room: SealRoom, principal: Principal, case_id: UUID, item: int | None) -> tuple[bytes, str]:
    if item is None:
        return shown.document(room, principal, case_id)
    return shown.item_document(room, principal, case_id, item)


def _seal(room: SealRoom, case: SealCase) -> SealRow:
    with room.ground.db.read() as session:
        return session.get_one(SealRow, case.seal_id)


def _order(room: SealRoom, case: SealCase, kind: str) -> PdfOrder | OfdOrder | None:
    if case.kind == CaseKind.BATCH:
        with room.ground.db.read() as session:
            batch = session.get_one(SealBatch, case.subject_id)
        way = load.way_of(room, batch)
        return way.pdf if kind == "pdf" else way.ofd
    if case.sealed_order is None:
        return None
    return kept_orders.open_again(
        room.ground.cipher, kept_orders.TABLE, "sealed_order", case.id, case.sealed_order, b""
    )
