"""Stamping a document (用章): prepare → record → sign → compare → store, the same for PDF and OFD.

The order is on record, with the digest of the exact bytes, before a key is touched. The bytes about to be signed are
digested again (T16), the result is read back and compared, and only then stored under its own hash. Repeating an order
gives back its file; repeating one a crash interrupted finishes it.

Whether the caller may stamp at all is checked by the route; here, that the seal is its department's own.
"""

from __future__ import annotations

from collections.abc import Callable

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import compare, find, keeping, places, register
from seal.errors import SealExpired, SealNotInUse, Swapped
from seal.held import Held
from seal.models import OrderState, SealOrder, SealRow, SealState
from seal.ofd import sealing as ofd_sealing
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.shown import check_shown
from seal.orders import OfdOrder, PdfOrder, Stamped
from seal.pdf import sealing as pdf_sealing
from seal.pdf.added import check_added
from seal.pdf.document import inspect
from seal.pdf.sheets import PdfSheets
from seal.placing import resolve
from seal.register import Order
from seal.room import SealRoom

MOST_REASON = 100
_SUITES = ((Suite.SM2,), (Suite.RSA,), (Suite.SM2, Suite.RSA))


def stamp_pdf(room: SealRoom, principal: Principal, order: PdfOrder) -> Stamped:
    """Stamp a PDF visibly with SM2, with RSA, or with both (SM2 first, RSA closes)."""
    if order.suites not in _SUITES:
        raise InvalidInput(
            "seal.suites",
            Text("签名算法须为 sm2、rsa 或 sm2,rsa。", "The suites are sm2, rsa, or sm2 followed by rsa."),
        )
    if order.reason is not None and not (0 < len(order.reason) <= MOST_REASON and order.reason.isprintable()):
        raise InvalidInput(
            "seal.reason",
            Text(f"用章事由须为 1 至 {MOST_REASON} 个可见字符。", f"The reason takes 1 to {MOST_REASON} characters."),
        )
    row = find.row_of(room, principal, order.seal_id)
    terms = {
        "place": places.terms(order.place),
        "suites": [suite.value for suite in order.suites],
        "reason_sha256": sha256(order.reason.encode()).hex() if order.reason else None,
        "closing": order.closing,
    }
    registered = Order(row, order.order_key, "pdf", order.document, terms)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        inspected, writer = inspect(order.document, pdf_sealing.existing_field(order.place))
        _check_drawn(order, signed=inspected.signed)
        width, height = held.appearance.width, held.appearance.height
        marks = resolve(order.place, PdfSheets(inspected, writer, width, height), width, height)

        def sign(record: SealOrder) -> bytes:
            _check_unswapped(record, inspected.data[: len(order.document)])
            sealed = pdf_sealing.seal_document(room, held, row, order, inspected, writer, marks, record)
            reach("seal.signed")
            _check_unswapped(record, sealed[: record.document_size])
            compare.check_pdf(inspected, sealed, held, order.suites)
            check_added(inspected, sealed, held, order, marks)
            return sealed

        return sign

    return _carry_out(room, principal, registered, prepare)


def stamp_ofd(room: SealRoom, principal: Principal, order: OfdOrder) -> Stamped:
    """Stamp an OFD with an SES_Signature of GB/T 38540-2020."""
    row = find.row_of(room, principal, order.seal_id)
    _refuse_drawn(order)
    terms = {"place": places.terms(order.place), "closing": order.closing}
    registered = Order(row, order.order_key, "ofd", order.document, terms)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        package = Package.read(order.document)
        sheets = OfdSheets.of(package)
        marks = resolve(order.place, sheets, held.appearance.width, held.appearance.height)

        def sign(record: SealOrder) -> bytes:
            _check_unswapped(record, order.document)
            sealed = ofd_sealing.seal_document(room, held, order, package, sheets, marks, record)
            reach("seal.signed")
            compare.check_ofd(package, sealed, held, record.signing_time, closing=order.closing)
            check_shown(package, sealed, held, sheets, marks)
            return sealed

        return sign

    return _carry_out(room, principal, registered, prepare)


def _carry_out(
    room: SealRoom, principal: Principal, order: Order, prepare: Callable[[Held], Callable[[SealOrder], bytes]]
) -> Stamped:
    with room.lock(order.lock_name):
        row = register.find(room, order)
        if row is not None and row.state == OrderState.SEALED:
            return Stamped(register.result(room, row), row.id, row.signing_time)
        # 1. prepare: a document that cannot be stamped leaves no order behind
        _check_usable(room, order.seal)
        held = keeping.held(room, order.seal)
        sign = prepare(held)
        # 2. record
        row = row or register.record(room, principal, order)
        if row.state == OrderState.SEALED:  # another process finished it meanwhile
            return Stamped(register.result(room, row), row.id, row.signing_time)
        reach("seal.recorded")
        # 3. sign and 4. compare
        sealed = sign(row)
        # 5. store: the file first, for an order must never point at nothing
        room.ground.storage.put_new(register.key(row.format, sha256(sealed).hex()), sealed)
        reach("seal.stored")
        sealed = register.finish(room, principal, row, order.seal.code, sealed)
        return Stamped(sealed, row.id, row.signing_time)


def _check_usable(room: SealRoom, row: SealRow) -> None:
    if row.state != SealState.IN_USE:
        raise SealNotInUse(row.state)
    if row.valid_from is None or row.valid_until is None:
        raise SealNotInUse(row.state)
    if not row.valid_from <= room.ground.clock.now() <= row.valid_until:
        raise SealExpired


def _check_drawn(order: PdfOrder, *, signed: bool) -> None:
    """Drawing into pages is possible before the first signature only, and then everything of the order is drawn."""
    if not pdf_sealing.drawn(order):
        return
    if signed:
        raise InvalidInput(
            "seal.riding_signed",
            Text(
                "文件已有签章，不能再改动页面内容，请改用“签章外观”方式的骑缝章。",
                "The file is signed, so its pages cannot be drawn on. Use the riding seal made of widgets.",
            ),
        )
    if len(places.listed(order.place)) > 1:
        raise InvalidInput(
            "seal.riding_alone",
            Text(
                "画入页面的骑缝章须单独用章。",
                "A riding seal drawn into the pages takes no further places in the same order.",
            ),
        )


def _refuse_drawn(order: OfdOrder) -> None:
    """The pages of an OFD are what is protected; StampAnnot with Clip is how its riding seals are made (18.2.4)."""
    if any(
        isinstance(place, places.Riding) and place.way is places.Way.CONTENT for place in places.listed(order.place)
    ):
        raise InvalidInput(
            "seal.riding_content",
            Text(
                "OFD 的骑缝章由签章外观裁切而成，不画入页面，请改用“签章外观”方式。",
                "In an OFD a riding seal is made of clipped stamp annotations, not drawn into pages. Use widgets.",
            ),
        )


def _check_unswapped(record: SealOrder, document: bytes) -> None:
    if len(document) != record.document_size or sha256(document).hex() != record.document_sha256:
        raise Swapped(str(record.id))
