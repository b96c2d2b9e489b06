"""Page pictures in the ledger (台账页面图像摘要): what the stamped page looked like, hashed soon after each use.

Painting costs more than stamping, so a worker does it afterwards, many results to one child process, from the stored
file whose digest is on record. The hash is written once and audited.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree
from sqlalchemy import select, update

from foundation.audit.trail import Entry
from foundation.errors import YinxinError
from foundation.principal import SYSTEM
from hsm.digests import sha256
from seal import register
from seal.approval.models import SealUse
from seal.formats import FAMILIES
from seal.models import OrderState, SealOrder
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.pdf.painted import Wanted, paint
from seal.room import SealRoom

AT_ONCE, SPREAD, ROUNDS = 32, 8, 30
PDF_HOW, OFD_HOW, NO_PAGES, FAILED = "pdfium-96dpi-rgb", "ofd-page-c14n", "no-pages-seen", "cannot-be-shown"


def tick(room: SealRoom) -> int:
    """Hash the pictures of some of the oldest uses that have none; how many were written."""
    orders = _without(room, room.ground.ids.random(1)[0] % SPREAD * AT_ONCE) or _without(room, 0)
    if not orders:
        return 0
    hashed = _hash(room, orders)
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        entries = []
        for order, (digest, how) in zip(orders, hashed, strict=True):
            changed = session.execute(
                update(SealUse)
                .where(SealUse.order_id == order.id, SealUse.pictured_at.is_(None))
                .values(picture_sha256=digest, picture_how=how, pictured_at=now)
                .returning(SealUse.order_id)
            ).first()
            if changed is not None:
                entries.append(Entry("seal.use.picture", f"seal-order:{order.id}", {"sha256": digest, "how": how}))
        if entries:
            room.ground.audit.record_many(session, SYSTEM, entries)
    return len(entries)


def catch_up(room: SealRoom) -> int:
    """Go on while there are any: after a large batch there are many."""
    written = 0
    for _ in range(ROUNDS):
        done = tick(room)
        written += done
        if not done:
            break
    return written


def _without(room: SealRoom, passed_over: int) -> list[SealOrder]:
    """Several workers begin at different places, so that few are painted twice."""
    query = (
        select(SealOrder)
        .join(SealUse, SealUse.order_id == SealOrder.id)
        .where(SealUse.pictured_at.is_(None), SealOrder.state == OrderState.SEALED)
        .order_by(SealOrder.id)
    )
    with room.ground.db.read() as session:
        return list(session.scalars(query.offset(passed_over).limit(AT_ONCE)))


def _hash(room: SealRoom, orders: list[SealOrder]) -> list[tuple[str | None, str]]:
    found: dict[int, tuple[str | None, str]] = {}
    painted: list[tuple[int, Wanted]] = []
    for at, order in enumerate(orders):
        family = FAMILIES.get(order.format)
        if family not in ("pdf", "ofd"):
            found[at] = (None, NO_PAGES)
            continue
        try:
            octets = register.result(room, order)
            if family == "pdf":
                painted.append((at, Wanted(octets, stamped_page(order.terms))))
            else:
                found[at] = (_ofd(octets, stamped_page(order.terms)), OFD_HOW)
        except YinxinError:
            found[at] = (None, FAILED)
    for (at, _), one in zip(painted, paint([wanted for _, wanted in painted]) if painted else [], strict=True):
        found[at] = (one.sha256, PDF_HOW) if one is not None else (None, FAILED)
    return [found[at] for at in range(len(orders))]


def stamped_page(terms: str) -> int:
    """The first page the order names; 1 where it names a word or a field."""
    place: Any = json.loads(terms).get("place") or [1]
    first = place[0]
    number = first.get("page") or first.get("first") if isinstance(first, dict) else first
    return number if isinstance(number, int) and number > 0 else 1


def _ofd(octets: bytes, number: int) -> str:
    """SHA-256 of the page's content in canonical XML 1.0: the page as it was drawn, without a renderer's opinion."""
    package = Package.read(octets)
    sheets = OfdSheets.of(package)
    element = sheets.elements[min(number, sheets.count) - 1]
    name = package.resolve(element.get("BaseLoc", ""), base=sheets.body.document)
    return sha256(etree.tostring(package.xml(name), method="c14n")).hex()
