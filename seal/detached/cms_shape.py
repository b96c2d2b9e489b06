"""CMS with signed attributes, nothing inside (分离式签名数据): RFC 5652, and GM/T 0010 (= GB/T 35275) by its own OIDs.

The GM shape names the key's algorithm where RFC 5652 names the signature's, and content types of its own arc; both
sign the DER SET OF attributes, for SM2 with Z before it. CAdES B-T: signing time, certificate hash, time stamp.
"""

from __future__ import annotations

from datetime import datetime

from foundation import der
from hsm import oids
from seal import cms
from seal.cms_writing import SignerTemplate
from seal.detached.orders import Shape


def content_type(shape: Shape) -> str:
    return cms.GM_DATA if shape is Shape.GM_CMS else cms.DATA


def signed_attributes(template: SignerTemplate, shape: Shape, digest: bytes, time: datetime) -> bytes:
    """The DER SET OF that is signed."""
    named = next(
        one for one in template.fixed_attributes if der.parse(one).children(2)[0].as_oid() == cms.SIGNING_CERTIFICATE_V2
    )
    return der.set_of(
        (
            _attribute(cms.CONTENT_TYPE, der.oid(content_type(shape))),
            _attribute(cms.MESSAGE_DIGEST, der.octet_string(digest)),
            _attribute(cms.SIGNING_TIME, der.x509_time(time)),
            named,
        )
    )


def assemble(
    template: SignerTemplate,
    shape: Shape,
    certificates: tuple[bytes, ...],
    attributes: bytes,
    value: bytes,
    time_stamp: bytes,
) -> bytes:
    """The whole ContentInfo, detached."""
    gm = shape is Shape.GM_CMS
    digest = der.sequence(der.oid(template.scheme.digest.oid))
    algorithm = der.sequence(der.oid(oids.SM2_SIGN)) if gm else template.algorithm
    stamped = der.implicit(1, der.set_of([_attribute(cms.TIME_STAMP_ATTRIBUTE, time_stamp)]))
    signer = der.sequence(
        template.signer_head, der.implicit(0, attributes), algorithm, der.octet_string(value), stamped
    )
    signed_data = der.sequence(
        der.integer(1),
        der.set_of([digest]),
        der.sequence(der.oid(content_type(shape))),
        der.implicit(0, der.set_of(certificates)),
        der.tlv(der.SET, signer),
    )
    return der.sequence(der.oid(cms.GM_SIGNED_DATA if gm else cms.SIGNED_DATA), der.explicit(0, signed_data))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))
