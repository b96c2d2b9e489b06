"""Stamping an OFD (OFD 用章): what may be ordered, and what is looked at before and after signing."""

from __future__ import annotations

import re
from collections.abc import Callable

from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from seal import find, places, ses_writing
from seal.approval import looks
from seal.carrying_out import Prepare, carry_out, check_unswapped
from seal.compare_date import check_dated
from seal.compare_ofd import Ordered, check_ofd
from seal.held import Held
from seal.models import SealOrder, SealRow
from seal.ofd import sealing as ofd_sealing
from seal.ofd.dates import Laid, lay
from seal.ofd.lists import refuse_unsignable
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.shown import check_shown
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, Stamped
from seal.register import Order
from seal.room import SealRoom


def terms_of(room: SealRoom, order: OfdOrder) -> dict[str, object]:
    """What the register will say of this order."""
    return terms_at(order, order.version or room.ground.settings.seal.signature_version)


def stamp_ofd(room: SealRoom, principal: Principal, order: OfdOrder) -> Stamped:
    """Stamp an OFD with an SES_Signature, or sign it plainly with the seal's key."""
    return carry_out(room, principal, *begun(room, find.row_of(room, principal, order.seal_id), order))


def begun(room: SealRoom, row: SealRow, order: OfdOrder) -> tuple[Order, Prepare]:
    """The order as the register sees it, and how it is prepared; `row` is the caller's own seal."""
    check_words(order)
    version = order.version or room.ground.settings.seal.signature_version
    terms = terms_at(order, version)
    registered = Order(row, order.order_key, "ofd", order.document, terms, order, order.matter, order.batch)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        package = Package.read(order.document)
        sheets, look = OfdSheets.of(package, order.which), held.appearance
        plain = order.form is OfdForm.SIGN
        laid = Laid(package, sheets, ()) if plain else lay(package, sheets, order, look.width, look.height)
        # what the file forbids leaves no order behind; signing prepares again, with the order's time
        refuse_unsignable(laid.package, laid.sheets.body)

        def sign(record: SealOrder) -> bytes:
            check_unswapped(record, order.document)
            if record.approvals:
                looks.keep(room.ground, row.id, held.appearance)
            sealed = ofd_sealing.seal_document(room, held, order, version, laid.sheets, laid.marks, record)
            reach("seal.signed")
            finished = Package.read(sealed)
            ordered = Ordered(record.signing_time, order.closing, order.which, order.form, version, order.time_stamp)
            check_ofd(laid.package, finished, held, ordered)
            check_dated(package, finished, order, laid.marks, look.height)
            check_shown(finished, held, laid.sheets, laid.marks)
            return sealed

        return sign

    return registered, prepare


def terms_at(order: OfdOrder, version: int) -> dict[str, object]:
    """What is unusual is added only when it is ordered, so that orders of earlier releases keep their terms."""
    more: dict[str, object] = {}
    if order.form is not OfdForm.SEAL:
        more["form"] = order.form.value
    elif version != ses_writing.VERSION:
        more["version"] = version
    if not order.time_stamp:
        more["time_stamp"] = False
    if order.which is not None:
        more["which"] = order.which
    if order.dated is not None:
        more["dated"] = [order.dated.isoformat(), order.date_where.value]
    return {"place": places.terms(order.place), "closing": order.closing, **more}


def check_words(order: OfdOrder) -> None:
    """What needs no look at the package."""
    _refuse_drawn(order)
    if order.form is OfdForm.SIGN and order.place != ():
        raise _refused(
            "place", "数字签名不显示印章，请不要指定位置。", "A plain signature shows nowhere. Give no place."
        )
    riding = any(isinstance(place, places.Riding) for place in places.listed(order.place))
    if order.dated and (riding or order.form is OfdForm.SIGN):
        raise _refused(
            "date_place",
            "骑缝章和数字签名不带日期，请去掉日期或改用坐标、关键字。",
            "A riding seal and a plain signature carry no date. Leave it out, or place by point or keyword.",
        )
    if order.version not in (None, 4, 5):
        raise _refused("version", "签章版本须为 4 或 5。", "The version is 4 or 5.")
    if order.which is not None and not re.fullmatch(r"[1-9]\d{0,2}|[0-9A-Fa-f]{32}", order.which):
        raise _refused(
            "which", "请用序号或 32 位 DocID 指明文档。", "Name the document by its place or by its DocID of 32 digits."
        )


def _refused(word: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(f"seal.ofd_{word}", Text(zh, en))


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
