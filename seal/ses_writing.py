"""Writing electronic seals and seal signatures of GB/T 38540-2020 (版式电子印章): header version 4, strict DER."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation import der
from seal.ses import Picture

VERSION = 4
VENDOR = "Yinxin"


@dataclass(frozen=True, slots=True)
class SealContent:
    """What the maker signs: everything of an SESeal except the maker's certificate and signature."""

    es_id: str
    type: int
    name: str
    certificates: tuple[bytes, ...]
    created: datetime
    valid_from: datetime
    valid_until: datetime
    picture: Picture


def seal_info(content: SealContent) -> bytes:
    """SES_SealInfo, the scope of the maker's signature."""
    properties = der.sequence(
        der.integer(content.type),
        der.utf8(content.name),
        der.integer(1),  # certListType 1: whole certificates, so that membership needs no digest
        der.sequence(*(der.octet_string(certificate) for certificate in content.certificates)),
        der.generalized_time(content.created),
        der.generalized_time(content.valid_from),
        der.generalized_time(content.valid_until),
    )
    picture = der.sequence(
        der.ia5(content.picture.type),
        der.octet_string(content.picture.data),
        der.integer(content.picture.width),
        der.integer(content.picture.height),
    )
    header = der.sequence(der.ia5("ES"), der.integer(VERSION), der.ia5(VENDOR))
    return der.sequence(header, der.ia5(content.es_id), properties, picture)


def seal(info: bytes, maker_certificate: bytes, algorithm: str, signature: bytes) -> bytes:
    """SESeal."""
    return der.sequence(info, der.octet_string(maker_certificate), der.oid(algorithm), der.bit_string(signature))


def to_be_signed(sealed_with: bytes, time: datetime, data_hash: bytes, property_info: str) -> bytes:
    """TBS_Sign: `sealed_with` is the whole SESeal, `data_hash` the SM3 of the part that `property_info` names."""
    return der.sequence(
        der.integer(VERSION),
        sealed_with,
        der.generalized_time(time),
        der.bit_string(data_hash),
        der.ia5(property_info),
    )


def signature(signed: bytes, certificate: bytes, algorithm: str, value: bytes, time_stamp: bytes | None) -> bytes:
    """SES_Signature; the time stamp token covers `value`."""
    parts = [signed, der.octet_string(certificate), der.oid(algorithm), der.bit_string(value)]
    if time_stamp is not None:
        parts.append(der.explicit(0, der.bit_string(time_stamp)))
    return der.sequence(*parts)
