"""Sealing one OFD (OFD 用章): the package, TBS_Sign over its Signature.xml, and the time stamp over the value."""

from __future__ import annotations

from ca import timestamps
from ca.suites import Suite
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import ses_writing
from seal.held import Held, key_name
from seal.models import SealOrder
from seal.ofd.marking import annotation
from seal.ofd.package import Package
from seal.ofd.sheets import OfdSheets
from seal.ofd.signing import Stamp, prepare
from seal.orders import OfdOrder
from seal.placing import Mark
from seal.room import SealRoom


def seal_document(
    room: SealRoom,
    held: Held,
    order: OfdOrder,
    package: Package,
    sheets: OfdSheets,
    marks: tuple[Mark, ...],
    record: SealOrder,
) -> bytes:
    """The sealed package."""
    shown = tuple(annotation(mark, held, sheets) for mark in marks)
    prepared = prepare(package, Stamp(held.esl, shown, record.signing_time, order.closing))
    template = held.templates[Suite.SM2]
    signed = ses_writing.to_be_signed(held.esl, record.signing_time, prepared.data_hash, prepared.property_info)
    # under approvals the signer looks at the approved package and at what is signed for it
    content = order.document + prepared.entries[prepared.signature_name] if record.approvals else b""
    signer = room.keys.signer(key_name(held.code, Suite.SM2))
    value = signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:ofd", content))
    token = timestamps.token(room.ca, Suite.SM2, Suite.SM2.digest, Suite.SM2.digest.of(value))
    return prepared.finish(ses_writing.signature(signed, template.certificate, template.scheme.oid, value, token))
