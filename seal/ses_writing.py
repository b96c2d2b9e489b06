"""Writing electronic seals and seal signatures (版式电子印章), strict DER: GB/T 38540-2020 and GM/T 0031-2025.

Both share their shape; the header says 4 or 5, and a seal of 2025 may carry a time stamp over its signedValue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation import der
from hsm.digests import sm3
from seal.ses import CertificateList, Picture, Standard

VERSION, VERSION_2025 = 4, 5
VENDOR = "Yinxin"
DIGEST_TYPE = "SM3"
"""CertDigestObj.type."""


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
    version: int = VERSION
    list_type: CertificateList = CertificateList.CERTIFICATES

    @property
    def standard(self) -> Standard:
        return Standard.GMT_0031_2025 if self.version == VERSION_2025 else Standard.GBT_38540_2020

    @property
    def digests(self) -> tuple[tuple[str, bytes], ...]:
        """CertListType 2: the certificates by their SM3 digests."""
        return tuple((DIGEST_TYPE, sm3(certificate)) for certificate in self.certificates)


def seal_info(content: SealContent) -> bytes:
    """SES_SealInfo, the scope of the maker's signature."""
    properties = der.sequence(
        der.integer(content.type),
        der.utf8(content.name),
        *_listed(content),
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
    header = der.sequence(der.ia5("ES"), der.integer(content.version), der.ia5(VENDOR))
    return der.sequence(header, der.ia5(content.es_id), properties, picture)


def _listed(content: SealContent) -> tuple[bytes, bytes]:
    """CertListType and SES_CertList: whole certificates need no look-up to judge; digests keep the seal small."""
    if content.list_type is CertificateList.CERTIFICATES:
        return der.integer(1), der.sequence(*(der.octet_string(one) for one in content.certificates))
    objects = (der.sequence(der.printable(name), der.octet_string(value)) for name, value in content.digests)
    return der.integer(2), der.sequence(*objects)


def seal(
    info: bytes, maker_certificate: bytes, algorithm: str, signature: bytes, time_stamp: bytes | None = None
) -> bytes:
    """SESeal; a time stamp token over `signature` belongs to seals of 2025 only."""
    parts = [info, der.octet_string(maker_certificate), der.oid(algorithm), der.bit_string(signature)]
    if time_stamp is not None:
        parts.append(der.explicit(0, der.bit_string(time_stamp)))
    return der.sequence(*parts)


def to_be_signed(
    sealed_with: bytes, time: datetime, data_hash: bytes, property_info: str, version: int = VERSION
) -> bytes:
    """TBS_Sign: `sealed_with` is the whole SESeal, `data_hash` the SM3 of the part that `property_info` names."""
    return der.sequence(
        der.integer(version),
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
