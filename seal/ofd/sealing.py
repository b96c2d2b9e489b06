"""Sealing one OFD (OFD 用章): the package, TBS_Sign over its Signature.xml, and the time stamp over the value."""

from __future__ import annotations

from ca import timestamps
from ca.suites import Suite
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import ses_writing
from seal.held import Held, key_name
from seal.models import SealOrder
from seal.ofd import document
from seal.ofd.document import Page
from seal.ofd.package import Package
from seal.ofd.signing import Stamp, prepare
from seal.orders import OfdOrder
from seal.room import SealRoom


def page_of(package: Package, order: OfdOrder) -> Page:
    return document.page(package, document.only_body(package), order.place.page)


def seal_document(
    room: SealRoom, held: Held, order: OfdOrder, package: Package, page: Page, record: SealOrder
) -> bytes:
    """The sealed package."""
    width, height = held.appearance.width, held.appearance.height
    prepared = prepare(
        package,
        Stamp(
            seal=held.esl,
            page_id=page.id,
            left=order.place.x_mm - width / 2,
            top=order.place.y_mm - height / 2,
            width=width,
            height=height,
            time=record.signing_time,
            closing=order.closing,
        ),
    )
    template = held.templates[Suite.SM2]
    signed = ses_writing.to_be_signed(held.esl, record.signing_time, prepared.data_hash, prepared.property_info)
    signer = room.keys.signer(key_name(held.code, Suite.SM2))
    value = signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:ofd"))
    token = timestamps.token(room.ca, Suite.SM2, Suite.SM2.digest, Suite.SM2.digest.of(value))
    return prepared.finish(ses_writing.signature(signed, template.certificate, template.scheme.oid, value, token))
