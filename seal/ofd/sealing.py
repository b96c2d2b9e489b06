"""Sealing one OFD (OFD 用章): the package, what is signed over its Signature.xml, the time stamp over the value."""

from __future__ import annotations

from ca import timestamps
from ca.suites import Suite
from hsm.keys import Purpose
from hsm.signing import ToBeSigned
from seal import ses_writing
from seal.held import Held, key_name
from seal.models import SealOrder
from seal.ofd.marking import annotation
from seal.ofd.sheets import OfdSheets
from seal.ofd.signing import Stamp, prepare
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder
from seal.placing import Mark
from seal.room import SealRoom


def seal_document(
    room: SealRoom,
    held: Held,
    order: OfdOrder,
    version: int,
    sheets: OfdSheets,
    marks: tuple[Mark, ...],
    record: SealOrder,
) -> bytes:
    """The sealed package."""
    plain = order.form is OfdForm.SIGN
    shown = tuple(annotation(mark, held, sheets) for mark in marks)
    seal = None if plain else held.esl
    prepared = prepare(sheets.package, Stamp(seal, shown, record.signing_time, order.closing, sheets.body))
    if plain:
        signed = held.gm_template.signed_attributes(prepared.data_hash)
    else:
        at, info = record.signing_time, prepared.property_info
        signed = ses_writing.to_be_signed(held.esl, at, prepared.data_hash, info, version)
    # under approvals the signer looks at the approved package and at what is signed for it
    content = order.document + prepared.entries[prepared.signature_name] if record.approvals else b""
    signer = room.keys.signer(key_name(held.code, Suite.SM2))
    value = signer.sign(ToBeSigned(Purpose.SEALING, signed, f"seal-order:{record.id}:ofd", content))
    digest = Suite.SM2.digest
    token = timestamps.token(room.ca, Suite.SM2, digest, digest.of(value)) if order.time_stamp else None
    if plain:
        return prepared.finish(held.gm_template.assemble(signed, value, token))
    template = held.templates[Suite.SM2]
    return prepared.finish(ses_writing.signature(signed, template.certificate, template.scheme.oid, value, token))
