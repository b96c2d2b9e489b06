"""Reading electronic seals and seal signatures (电子印章、电子签章): SESeal and SES_Signature.

GM/T 0031-2014, GB/T 38540-2020 and GM/T 0031-2025 are told apart by SHAPE, because the version integer in the field is
unreliable. Every signed part is kept as a slice of the original octets: some government seals are not DER, and their
signatures verify over those octets only. This module judges no signature; `seal/ses_check.py` and `verify` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation import der
from foundation.der import DerError, Node
from seal.ses_fields import (
    MOST_EXTENSIONS,
    ExtData,
    Picture,
    read_extensions,
    read_text,
    read_time,
    tagged_bits,
    time_in_text,
)
from seal.ses_seal import CertificateList, Seal, Standard, read_seal, seal_in

__all__ = [
    "CertificateList",
    "ExtData",
    "Picture",
    "Seal",
    "SealSignature",
    "Standard",
    "read_seal",
    "read_signature",
]


@dataclass(frozen=True, slots=True)
class SealSignature:
    """One SES_Signature. `signed` are the octets of TBS_Sign; `data_hash` is over the protected document part."""

    raw: bytes
    standard: Standard
    seal: Seal
    version: int
    time: datetime | None
    """timeInfo when it is a time; the 2014 form may hold a token instead (`time_octets`)."""
    time_octets: bytes
    data_hash: bytes
    property_info: str
    extensions: tuple[ExtData, ...]
    certificate: bytes
    algorithm: str
    signature: bytes
    signed: bytes
    time_stamp: bytes | None
    deviations: tuple[str, ...]


def read_signature(data: bytes) -> SealSignature:
    """The SES_Signature in `data` (an OFD SignedValue.dat, or the /Contents of a GM.sm2seal PDF field)."""
    outer = der.parse(data).expect(der.SEQUENCE)
    parts = outer.children(6)
    if len(parts) == 2:
        return _signature_2014(outer, parts)
    if len(parts) in (4, 5):
        return _signature_2020(outer, parts)
    raise DerError(f"an SES_Signature has 2, 4 or 5 parts, not {len(parts)}")


def _signature_2014(outer: Node, parts: list[Node]) -> SealSignature:
    to_sign, signature = parts
    fields = to_sign.expect(der.SEQUENCE).children(8)
    if len(fields) != 7:
        raise DerError("TBS_Sign")
    notes: list[str] = []
    octets = fields[2].as_bits()
    return SealSignature(
        raw=outer.raw,
        standard=Standard.GMT_0031_2014,
        seal=seal_in(fields[1]),
        version=fields[0].as_integer(),
        time=time_in_text(octets),
        time_octets=octets,
        data_hash=fields[3].as_bits(),
        property_info=read_text(fields[4], notes),
        extensions=(),
        certificate=fields[5].as_octets(),
        algorithm=fields[6].as_oid(),
        signature=_signature_value(signature, notes),
        signed=to_sign.raw,
        time_stamp=None,
        deviations=tuple(notes),
    )


def _signature_2020(outer: Node, parts: list[Node]) -> SealSignature:
    to_sign, certificate, algorithm, signature = parts[:4]
    fields = to_sign.expect(der.SEQUENCE).children(7)
    if len(fields) not in (5, 6):
        raise DerError("TBS_Sign")
    notes: list[str] = []
    seal = seal_in(fields[1])
    version = fields[0].as_integer()
    if version not in (4, 5):
        notes.append("version.signature")
    extensions: tuple[ExtData, ...] = ()
    if len(fields) == 6:
        inner = fields[5].expect(0xA0).children(MOST_EXTENSIONS)
        # EXPLICIT: one SEQUENCE OF inside; some writers tag it implicitly and the items stand there directly
        wrapped = len(inner) == 1 and inner[0].tag == der.SEQUENCE and _holds_sequences(inner[0])
        extensions = read_extensions(inner[0] if wrapped else fields[5], notes)
    return SealSignature(
        raw=outer.raw,
        standard=Standard.GMT_0031_2025 if version == 5 else Standard.GBT_38540_2020,
        seal=seal,
        version=version,
        time=read_time(fields[2], notes),
        time_octets=fields[2].content,
        data_hash=fields[3].as_bits(),
        property_info=read_text(fields[4], notes),
        extensions=extensions,
        certificate=certificate.as_octets(),
        algorithm=algorithm.as_oid(),
        signature=_signature_value(signature, notes),
        signed=to_sign.raw,
        time_stamp=tagged_bits(parts[4]) if len(parts) == 5 else None,
        deviations=tuple(notes),
    )


def _holds_sequences(node: Node) -> bool:
    children = node.children(MOST_EXTENSIONS)
    return all(child.tag == der.SEQUENCE for child in children)


def _signature_value(node: Node, notes: list[str]) -> bytes:
    value = node.as_bits()
    if len(value) == 64:
        notes.append("signature.raw_rs")
    return value
