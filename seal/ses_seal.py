"""One electronic seal (电子印章): the structure SESeal in its three generations, told apart by shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation import der
from foundation.der import DerError, Node
from seal.ses_fields import (
    ExtData,
    Picture,
    read_extensions,
    read_picture,
    read_text,
    read_time,
    tagged_bits,
)

MOST_CERTIFICATES = 64


class Standard(StrEnum):
    GMT_0031_2014 = "GM/T 0031-2014"
    GBT_38540_2020 = "GB/T 38540-2020"
    GMT_0031_2025 = "GM/T 0031-2025"


class CertificateList(StrEnum):
    """How the seal names those who may use it (certListType)."""

    CERTIFICATES = "certificates"
    DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class Seal:
    """One SESeal. `signed` are the octets the maker (制章者) signed; `raw` the whole seal as it came."""

    raw: bytes
    standard: Standard
    info: bytes
    version: int
    vendor: str
    es_id: str
    type: int
    name: str
    list_type: CertificateList
    certificates: tuple[bytes, ...]
    """Certificates that may use this seal (certListType 1)."""
    digests: tuple[tuple[str, bytes], ...]
    """(digest name or OID, value) of such certificates (certListType 2)."""
    created: datetime
    valid_from: datetime
    valid_until: datetime
    picture: Picture
    extensions: tuple[ExtData, ...]
    maker_certificate: bytes
    algorithm: str
    signature: bytes
    signed: bytes
    time_stamp: bytes | None
    deviations: tuple[str, ...]
    """Stable names of departures from the standard that were tolerated while reading."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """The parts in which the generations differ: where they stand, and what the maker's signature covers."""

    info: Node
    certificate: Node
    algorithm: Node
    signature: Node
    signed: bytes
    stamp: bytes | None
    modern: bool


def read_seal(data: bytes) -> Seal:
    """The SESeal in `data` (a Seal.esl, or the seal inside a signature)."""
    return seal_in(der.parse(data))


def seal_in(outer: Node) -> Seal:
    """The SESeal that `outer` is."""
    shape = _shape(outer)
    notes: list[str] = []
    fields = shape.info.expect(der.SEQUENCE).children(6)
    if len(fields) not in (4, 5):
        raise DerError("SES_SealInfo")
    header = fields[0].expect(der.SEQUENCE).children(4)
    if len(header) != 3 or read_text(header[0], notes) != "ES":
        raise DerError("SES_Header")
    version = header[1].as_integer()
    standard = _standard(version, modern=shape.modern, stamped=shape.stamp is not None, notes=notes)
    kind, name, list_type, certificates, digests, times = _properties(fields[2], modern=shape.modern, notes=notes)
    value = shape.signature.as_bits()
    if len(value) == 64:
        notes.append("signature.raw_rs")
    return Seal(
        raw=outer.raw,
        standard=standard,
        info=shape.info.raw,
        version=version,
        vendor=read_text(header[2], notes),
        es_id=read_text(fields[1], notes),
        type=kind,
        name=name,
        list_type=list_type,
        certificates=certificates,
        digests=digests,
        created=times[0],
        valid_from=times[1],
        valid_until=times[2],
        picture=read_picture(fields[3], notes),
        extensions=read_extensions(fields[4].expect(der.SEQUENCE), notes) if len(fields) == 5 else (),
        maker_certificate=shape.certificate.as_octets(),
        algorithm=shape.algorithm.as_oid(),
        signature=value,
        signed=shape.signed,
        time_stamp=shape.stamp,
        deviations=tuple(notes),
    )


def _shape(outer: Node) -> _Shape:
    parts = outer.expect(der.SEQUENCE).children(6)
    if len(parts) == 2:
        info, sign_info = parts
        fields = sign_info.expect(der.SEQUENCE).children(4)
        if len(fields) != 3:
            raise DerError("SES_SignInfo")
        certificate, algorithm, signature = fields
        signed = der.sequence(info.raw, certificate.raw, algorithm.raw)
        return _Shape(info, certificate, algorithm, signature, signed, stamp=None, modern=False)
    if len(parts) not in (4, 5):
        raise DerError(f"an SESeal has 2, 4 or 5 parts, not {len(parts)}")
    info, certificate, algorithm, signature = parts[:4]
    stamp = tagged_bits(parts[4]) if len(parts) == 5 else None
    return _Shape(info, certificate, algorithm, signature, info.raw, stamp, modern=True)


def _standard(version: int, *, modern: bool, stamped: bool, notes: list[str]) -> Standard:
    """Shape first, header second: a real 2014-shaped seal says version 2 (facts: standards 2.4)."""
    if not modern:
        if version != 1:
            notes.append("version.header")
        return Standard.GMT_0031_2014
    if version not in (4, 5) or (stamped and version != 5):
        notes.append("version.header")
    if version == 5 or stamped:
        return Standard.GMT_0031_2025
    return Standard.GBT_38540_2020


_Properties = tuple[
    int, str, CertificateList, tuple[bytes, ...], tuple[tuple[str, bytes], ...], tuple[datetime, datetime, datetime]
]


def _properties(node: Node, *, modern: bool, notes: list[str]) -> _Properties:
    parts = node.expect(der.SEQUENCE).children(8)
    if len(parts) != (7 if modern else 6):
        raise DerError("SES_ESPropertyInfo")
    choice = parts[2].as_integer() if modern else 1
    listed = parts[3] if modern else parts[2]
    items = listed.expect(der.SEQUENCE).children(MOST_CERTIFICATES)
    certificates: tuple[bytes, ...] = ()
    digests: tuple[tuple[str, bytes], ...] = ()
    if choice == 1:
        list_type = CertificateList.CERTIFICATES
        certificates = tuple(item.as_octets() for item in items)
        if any(not item.startswith(b"\x30") for item in certificates):
            notes.append("cert_list.not_a_certificate")
    elif choice == 2:
        list_type = CertificateList.DIGESTS
        digests = tuple(_digest_object(item, notes) for item in items)
    else:
        raise DerError(f"certListType {choice}")
    first, second, third = (read_time(part, notes) for part in parts[-3:])
    return parts[0].as_integer(), read_text(parts[1], notes), list_type, certificates, digests, (first, second, third)


def _digest_object(node: Node, notes: list[str]) -> tuple[str, bytes]:
    parts = node.expect(der.SEQUENCE).children(3)
    if len(parts) != 2:
        raise DerError("CertDigestObj")
    return read_text(parts[0], notes), parts[1].as_octets()
