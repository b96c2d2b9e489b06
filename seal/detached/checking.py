"""Comparing a detached signature with what was ordered (分离式签名复核), before it leaves."""

from __future__ import annotations

from datetime import datetime

from ca.reading.certificate import read_certificate
from ca.suites import Suite
from foundation import base64url, strict_json
from foundation.errors import InvalidInput
from hsm import oids, signature_value
from hsm.digests import sha256
from hsm.schemes import Family
from seal import cms
from seal.compare import check_time_stamp, check_value
from seal.detached import jws_shape
from seal.detached.cms_shape import content_type
from seal.detached.orders import DetachedOrder, Shape
from seal.errors import SealedDiffers


def check_detached(order: DetachedOrder, certificate: bytes, time: datetime, signature: bytes) -> None:
    """Raise `SealedDiffers` unless `signature` is this order's, by this certificate, at this time."""
    if order.shape is Shape.JWS:
        check_jws(order, certificate, time, signature)
    else:
        check_cms(order.shape, order.suite, order.digest(), certificate, time, signature)


def check_cms(shape: Shape, suite: Suite, digest: bytes, certificate: bytes, time: datetime, signature: bytes) -> None:
    data = cms.read(signature)
    _demand(data.dialect == ("gm" if shape is Shape.GM_CMS else "cms"), "CMS shape")
    _demand(not data.trailing and data.content is None and len(data.signers) == 1, "CMS shape")
    _demand(data.content_type == content_type(shape) and certificate in data.certificates, "CMS shape")
    signer, parsed = data.signers[0], read_certificate(certificate)
    _demand(signer.content_type == content_type(shape) and signer.message_digest == digest, "digest of the file")
    _demand(signer.signing_time == time, "signing time")
    _demand((signer.issuer, signer.serial) == (parsed.issuer.raw, parsed.serial), "signer's name")
    _demand(signer.certificate_hash == (suite.digest.oid, suite.digest.of(certificate)), "certificate hash")
    wanted = oids.SM2_SIGN if shape is Shape.GM_CMS else suite.scheme.oid
    _demand(signer.digest_algorithm == suite.digest.oid and signer.signature_algorithm == wanted, "algorithms")
    _demand(signer.signed_octets is not None and len(signer.time_stamps) == 1, "CMS shape")
    check_value(parsed.spki, suite, signer.signed_octets or b"", signer.signature)
    check_time_stamp(signer.time_stamps[0], suite, signer.signature)


def check_jws(order: DetachedOrder, certificate: bytes, time: datetime, signature: bytes) -> None:
    payload = jws_shape.payload(order)
    try:
        header, carried, value = signature.decode("ascii").split(".")
        told, raw = strict_json.read_object(base64url.decode(header)), base64url.decode(value)
    except ValueError as error:
        raise SealedDiffers("JWS shape") from error
    inside = base64url.encode(payload)
    _demand(carried == (inside if order.attached or order.by_digest else ""), "content of the JWS")
    _demand(told.get("alg") == jws_shape.NAMES[order.suite] and told.get("iat") == int(time.timestamp()), "JWS header")
    _demand(told.get("x5t#S256") == base64url.encode(sha256(certificate)), "certificate hash")
    order_of_curve = signature_value.SM2_ORDER if order.suite is Suite.SM2 else signature_value.P256_ORDER
    try:
        der = raw if order.suite.scheme.family is Family.RSA else signature_value.from_raw(raw, order_of_curve)
    except InvalidInput as error:
        raise SealedDiffers("signature value") from error
    check_value(read_certificate(certificate).spki, order.suite, f"{header}.{inside}".encode(), der)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)
