"""Stamping an OFD (OFD 用章): what may be ordered, and what is looked at before and after signing."""

from __future__ import annotations

from collections.abc import Callable

from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from seal import compare, find, places
from seal.carrying_out import carry_out, check_unswapped
from seal.held import Held
from seal.models import SealOrder
from seal.ofd import sealing as ofd_sealing
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.shown import check_shown
from seal.orders import OfdOrder, Stamped
from seal.placing import resolve
from seal.register import Order
from seal.room import SealRoom


def stamp_ofd(room: SealRoom, principal: Principal, order: OfdOrder) -> Stamped:
    """Stamp an OFD with an SES_Signature of GB/T 38540-2020."""
    row = find.row_of(room, principal, order.seal_id)
    _refuse_drawn(order)
    terms = {"place": places.terms(order.place), "closing": order.closing}
    registered = Order(row, order.order_key, "ofd", order.document, terms, order, order.matter, order.batch)

    def prepare(held: Held) -> Callable[[SealOrder], bytes]:
        package = Package.read(order.document)
        sheets = OfdSheets.of(package)
        marks = resolve(order.place, sheets, held.appearance.width, held.appearance.height)

        def sign(record: SealOrder) -> bytes:
            check_unswapped(record, order.document)
            sealed = ofd_sealing.seal_document(room, held, order, package, sheets, marks, record)
            reach("seal.signed")
            compare.check_ofd(package, sealed, held, record.signing_time, closing=order.closing)
            check_shown(package, sealed, held, sheets, marks)
            return sealed

        return sign

    return carry_out(room, principal, registered, prepare)


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
