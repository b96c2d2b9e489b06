"""Stamping a PDF (PDF 用章): what may be ordered, and what is looked at before and after signing."""

from __future__ import annotations

from collections.abc import Callable

from ca.suites import Suite
from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import compare, find, places
from seal.carrying_out import carry_out, check_unswapped
from seal.held import Held
from seal.models import SealOrder
from seal.orders import PdfOrder, Stamped
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
    registered = Order(row, order.order_key, "pdf", order.document, terms, order, order.matter, order.batch)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        inspected, writer = inspect(order.document, pdf_sealing.existing_field(order.place))
        _check_drawn(order, signed=inspected.signed)
        width, height = held.appearance.width, held.appearance.height
        marks = resolve(order.place, PdfSheets(inspected, writer, width, height), width, height)

        def sign(record: SealOrder) -> bytes:
            check_unswapped(record, inspected.data[: len(order.document)])
            sealed = pdf_sealing.seal_document(room, held, row, order, inspected, writer, marks, record)
            reach("seal.signed")
            check_unswapped(record, sealed[: record.document_size])
            compare.check_pdf(inspected, sealed, held, order.suites)
            check_added(inspected, sealed, held, order, marks)
            return sealed

        return sign

    return carry_out(room, principal, registered, prepare)


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
