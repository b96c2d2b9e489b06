"""Stamping a PDF (PDF 用章): what may be ordered, and what is looked at before and after signing."""

from __future__ import annotations

from collections.abc import Callable

from ca.suites import Suite
from foundation.errors import FieldFault, InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal import compare_pdf, find, keeping, places
from seal.approval import looks
from seal.carrying_out import Prepare, carry_out, check_unswapped
from seal.errors import SealedDiffers
from seal.held import Held
from seal.longlife import levels as longlife
from seal.longlife.region import extend_now
from seal.models import SealOrder, SealRow
from seal.on_demand import hierarchy, with_certificate
from seal.orders import PdfOrder, Stamped
from seal.pdf import sealing as pdf_sealing
from seal.pdf.added import check_added
from seal.pdf.dated import with_date
from seal.pdf.document import Inspected, inspect
from seal.pdf.octets import Octets
from seal.pdf.sheets import PdfSheets
from seal.pdf.writer import Writer
from seal.pdf_forms import Level, PdfForm
from seal.places import InField, Riding
from seal.placing import resolve
from seal.register import Order
from seal.room import SealRoom

MOST_REASON = 100
_SUITES = ((Suite.SM2,), (Suite.RSA,), (Suite.P256,), (Suite.SM2, Suite.RSA), (Suite.SM2, Suite.P256))


def stamp_pdf(room: SealRoom, principal: Principal, order: PdfOrder) -> Stamped:
    """Stamp a PDF visibly with SM2, RSA or P-256, or with SM2 first and one of the others after it."""
    return carry_out(room, principal, *begun(room, find.row_of(room, principal, order.seal_id), order))


def begun(room: SealRoom, row: SealRow, order: PdfOrder) -> tuple[Order, Prepare]:
    """The order as the register sees it, and how it is prepared; `row` is the caller's own seal."""
    check_words(order)
    registered = Order(row, order.order_key, "pdf", order.document, terms_of(order), order, order.matter, order.batch)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        opened = inspect(order.document, pdf_sealing.existing_field(order.place))
        sealing = steps(room, row, order, held, opened)

        def sign(record: SealOrder) -> bytes:
            sealed = sealing(record)
            assert isinstance(sealed, bytes)  # noqa: S101 - what was opened in memory stays there
            return _extended(room, order, sealed)

        return sign

    return registered, prepare


def steps(
    room: SealRoom, row: SealRow, order: PdfOrder, held: Held, opened: tuple[Inspected, Writer]
) -> Callable[[SealOrder], Octets]:
    """What is looked at before anything is on record; answers how to sign and compare."""
    if Suite.P256 in order.suites:
        held = keeping.held(room, with_certificate(room, row, Suite.P256))
    inspected, writer = opened
    _check_state(order, inspected)
    look = with_date(held.appearance, order.dated, order.date_where) if order.dated else held.appearance
    marks = resolve(order.place, PdfSheets(inspected, writer, look.width, look.height), look.width, look.height)

    def sign(record: SealOrder) -> Octets:
        check_unswapped(record, inspected.data, begins=True)
        if record.approvals:
            looks.keep(room.ground, row.id, held.appearance)
        work = pdf_sealing.Work(room, held, row, order, inspected, marks, look)
        sealed = pdf_sealing.seal_document(work, writer, record)
        reach("seal.signed")
        check_unswapped(record, sealed, begins=True)
        compare_pdf.check_pdf(inspected, sealed, held, order, record.signing_time)
        # a second revision stands on another reading than the writer's
        check_added(inspected, sealed, look, order, marks, direct=writer.direct and len(order.suites) == 1)
        return sealed

    return sign


def terms_of(order: PdfOrder) -> dict[str, object]:
    """What is unusual is added only when it is ordered, so that orders of earlier releases keep their terms."""
    more = {
        "form": order.form.value if order.form is not PdfForm.PADES else None,
        "level": order.level.value if order.level is not Level.B_T else None,
        "certify": order.certify,
        "lock_sha256": [sha256(name.encode()).hex() for name in order.lock] or None,
        "dated": [order.dated.isoformat(), order.date_where.value] if order.dated else None,
    }
    return {
        "place": places.terms(order.place),
        "suites": [suite.value for suite in order.suites],
        "reason_sha256": sha256(order.reason.encode()).hex() if order.reason else None,
        "closing": order.closing,
        **{name: value for name, value in more.items() if value is not None},
    }


def check_words(order: PdfOrder) -> None:
    """What needs no look at the document."""
    if order.suites not in _SUITES:
        raise _refused(
            "suites",
            "签名算法须为 sm2、rsa、p256、sm2,rsa 或 sm2,p256。",
            "The suites are sm2, rsa, p256, sm2,rsa or sm2,p256.",
        )
    if order.reason is not None and not (0 < len(order.reason) <= MOST_REASON and order.reason.isprintable()):
        raise _refused(
            "reason",
            f"用章事由须为 1 至 {MOST_REASON} 个可见字符。",
            f"The reason takes 1 to {MOST_REASON} characters.",
        )
    if order.form is not PdfForm.PADES and Suite.SM2 not in order.suites:
        raise _refused(
            "form",
            "国密签名格式须用 SM2，请把签名算法改为含 sm2。",
            "The GM forms are for SM2. Choose suites that include it.",
        )
    if order.form is not PdfForm.PADES and order.level not in (Level.B_B, Level.B_T):
        raise _refused(
            "form_level",
            "国密签名格式只有 b-b 和 b-t 两级。",
            "The GM forms have the levels b-b and b-t only.",
        )
    if order.dated and any(isinstance(place, InField | Riding) for place in places.listed(order.place)):
        raise _refused(
            "date_place",
            "骑缝章和签名域中的印章不带日期，请去掉日期或改用坐标、关键字。",
            "A riding seal and a seal in a field carry no date. Leave it out, or place by point or keyword.",
        )
    if order.lock and order.closing and order.certify is None:
        raise _refused(
            "lock_closing",
            "closing 已锁定全部内容，不必再列出要锁定的表单域；请将 closing 设为 false，或去掉 lock。",
            "A closing seal locks everything. Set closing to false, or name no fields to lock.",
        )


def _extended(room: SealRoom, order: PdfOrder, sealed: bytes) -> bytes:
    """Evidence for later is added in revisions of its own; what was compared stays the beginning of the file."""
    if order.level not in (Level.B_LT, Level.B_LTA):
        return sealed
    suite = hierarchy(room, order.suites[0])
    longer = extend_now(room, sealed, longlife.Level(order.level.value.upper()), suite=suite)
    if not longer.startswith(sealed):
        raise SealedDiffers("octets before the evidence")
    return longer


def _check_state(order: PdfOrder, inspected: Inspected) -> None:
    """What depends on earlier signatures and on the form."""
    _check_drawn(order, signed=inspected.signed)
    if order.certify is not None and inspected.signed:
        raise _refused(
            "certify_first",
            "文件已有签章，认证签章只能是第一个。请去掉 certify，或从未签章的版本开始。",
            "The file is signed; only a first signature can certify. Leave certify out, or start from the file before.",
        )
    unknown = [name for name in order.lock if name not in inspected.field_names]
    if unknown:
        told = Text("文件中没有这个名称的表单域", "the document has no form field of this name")
        raise InvalidInput(
            "seal.lock_unknown",
            Text("要锁定的表单域不在文件中，请核对名称。", "A field to lock is not in the document. Check the names."),
            faults=tuple(FieldFault(f"/lock/{order.lock.index(name)}", told, "form") for name in unknown),
        )


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


def _refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.{word}", Text(zh, en))
