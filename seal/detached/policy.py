"""What the signer asks before it signs beside a file (分离式签名策略): recorded digest, time, certificate.

Run in the signer's process by `seal.policies`. The order's row was committed before, with the digest to be signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ca.reading.shapes import fields, sole
from ca.suites import Suite
from foundation import base64url, der, strict_json
from hsm.digests import Digest, same, sha256
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked
from seal import cms
from seal.detached import jws_shape
from seal.detached.cms_shape import content_type
from seal.detached.orders import Shape
from seal.models import SealOrder
from seal.ses_fields import read_time

FORMATS = frozenset(shape.value for shape in Shape)
_ATTRIBUTES = {cms.CONTENT_TYPE, cms.MESSAGE_DIGEST, cms.SIGNING_TIME, cms.SIGNING_CERTIFICATE_V2}
_SHAPE = ("detached_shape", "不是该指令的待签内容", "these are not the octets of this order")


def check(asked: Asked, order: SealOrder, which: str, certificate: bytes | None) -> None:
    """Raise unless `asked.data` is what `order` recorded, for `certificate` of the seal."""
    terms = json.loads(order.terms)
    if terms["suite"] != which:
        raise IntentUnknown(asked.intent)
    if certificate is None:
        raise PolicyRefused("seal_certificate", "印章没有该算法的证书", "the seal has no certificate of this suite")
    if order.format == Shape.JWS:
        _jws(asked, order, terms, certificate)
    else:
        _attributes(asked, order, terms, certificate)


def _attributes(asked: Asked, order: SealOrder, terms: Mapping[str, Any], certificate: bytes) -> None:
    found: dict[str, der.Node] = {}
    for entry in der.parse(asked.data).expect(der.SET).children(8):
        kind, values = fields(entry, 2, 2, "attribute")
        if kind.as_oid() in found:
            raise PolicyRefused(*_SHAPE)
        found[kind.as_oid()] = sole(values.expect(der.SET))
    if set(found) != _ATTRIBUTES or found[cms.CONTENT_TYPE].as_oid() != content_type(Shape(order.format)):
        raise PolicyRefused(*_SHAPE)
    if not same(found[cms.MESSAGE_DIGEST].as_octets(), bytes.fromhex(terms["digest"][1])):
        raise PolicyRefused("detached_digest", "待签摘要与登记不符", "the digest is not the one on record")
    if read_time(found[cms.SIGNING_TIME], []) != order.signing_time.replace(microsecond=0):
        raise PolicyRefused("seal_time", "签名时间与登记不符", "the signing time is not the order's")
    names_certificate(found[cms.SIGNING_CERTIFICATE_V2], certificate)


def names_certificate(attribute: der.Node, certificate: bytes) -> None:
    """SigningCertificateV2 (RFC 5035 3) is for this certificate and no other."""
    identifiers = fields(attribute, 1, 2, "signing certificate")[0]
    parts = fields(sole(identifiers), 1, 3, "ESSCertIDv2")
    named = parts[0].tag == der.SEQUENCE
    hashed = parts[1 if named else 0].as_octets()
    digest = Digest.SM3 if named and fields(parts[0], 1, 2, "digest")[0].as_oid() == Digest.SM3.oid else Digest.SHA256
    if not same(hashed, digest.of(certificate)):
        raise PolicyRefused("seal_certificate", "签名属性指向另一证书", "the attributes name another certificate")


def _jws(asked: Asked, order: SealOrder, terms: Mapping[str, Any], certificate: bytes) -> None:
    """The header says algorithm, time and certificate of this order; the content is the one on record."""
    try:
        header, content = (base64url.decode(part) for part in asked.data.decode("ascii").split("."))
        told = strict_json.read_object(header)
    except ValueError as error:
        raise PolicyRefused(*_SHAPE) from error
    suite, by_digest = Suite(terms["suite"]), terms["by_digest"]
    wanted = {
        "alg": jws_shape.NAMES[suite],
        "iat": int(order.signing_time.timestamp()),
        "x5t#S256": base64url.encode(sha256(certificate)),
        **({"cty": jws_shape.STATEMENT} if by_digest else {}),
    }
    if {key: value for key, value in told.items() if key != "x5c"} != wanted:
        raise PolicyRefused("detached_header", "签名头与登记不符", "the header is not this order's")
    if by_digest:
        recorded = jws_shape.statement(suite.digest, bytes.fromhex(terms["digest"][1]), order.document_size)
        holds = content == recorded
    else:
        holds = len(content) == order.document_size and sha256(content).hex() == order.document_sha256
    if not holds:
        raise PolicyRefused("detached_digest", "待签内容与登记不符", "the content is not the one on record")
