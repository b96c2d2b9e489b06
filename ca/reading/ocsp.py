"""OCSP answers (在线证书状态应答), RFC 6960 4.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca import oids
from ca.names import Name, read_name
from ca.reading.algorithms import algorithm_oid, scheme_of
from ca.reading.certificate import read_serial
from ca.reading.crl import Reason, reason_from
from ca.reading.extensions import Extension, read_extensions
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError
from hsm.schemes import Scheme

MOST_OCTETS = 256 * 1024
_MOST_ANSWERS = 100


class CertStatus(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertId:
    """Whom a status is about (RFC 6960 4.1.1). `raw` is compared by a responder's cache, never re-encoded."""

    raw: bytes
    digest_oid: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class SingleStatus:
    about: CertId
    status: CertStatus
    revoked_at: datetime | None
    reason: Reason | None
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True)
class OcspResponse:
    """`status` is the responder's (0 successful); only then is the rest filled."""

    der: bytes
    status: int
    tbs: bytes = b""
    responder_name: Name | None = None
    responder_key_id: bytes | None = None
    produced_at: datetime | None = None
    answers: tuple[SingleStatus, ...] = ()
    nonce: bytes | None = None
    extensions: tuple[Extension, ...] = ()
    scheme: Scheme | None = None
    signature: bytes = b""
    certificates: tuple[bytes, ...] = ()

    def find(self, serial: int) -> SingleStatus | None:
        return next((answer for answer in self.answers if answer.about.serial == serial), None)


def read_cert_id(node: der.Node) -> CertId:
    digest, name_hash, key_hash, serial = fields(node, 4, 4, "CertID")
    return CertId(node.raw, algorithm_oid(digest), name_hash.as_octets(), key_hash.as_octets(), read_serial(serial, []))


def read_ocsp_response(data: bytes) -> OcspResponse:
    """Parse one DER response. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("OCSP response larger than 256 KiB")
    parts = fields(der.parse(data), 1, 2, "OCSP response")
    status = int.from_bytes(parts[0].expect(der.ENUMERATED).content, "big")
    if len(parts) == 1:
        return OcspResponse(data, status)
    wrapped = fields(sole(parts[1].expect(0xA0)), 2, 2, "response bytes")
    if wrapped[0].as_oid() != oids.OCSP_BASIC:
        raise DerError("response type is not id-pkix-ocsp-basic")
    return _basic(data, status, der.parse(wrapped[1].as_octets()))


def read_response_data(tbs: bytes, algorithm: bytes) -> OcspResponse:
    """A ResponseData as if it were signed with nothing; the signer looks at one before it signs."""
    if len(tbs) > MOST_OCTETS:
        raise DerError("OCSP response larger than 256 KiB")
    return _basic(b"", 0, der.parse(der.sequence(tbs, algorithm, der.bit_string(b""))))


def _basic(data: bytes, status: int, basic: der.Node) -> OcspResponse:
    tbs, algorithm, signature, *more = fields(basic, 3, 4, "BasicOCSPResponse")
    parts = [part for part in tbs.expect(der.SEQUENCE).children(5) if part.tag != 0xA0]  # [0] version
    if len(parts) < 3:
        raise DerError("ResponseData")
    extensions = read_extensions(sole(parts[3].expect(0xA1)), []) if len(parts) > 3 else ()
    nonce = next((e.value for e in extensions if e.oid == oids.OCSP_NONCE), None)
    certificates = sole(more[0].expect(0xA0)).children(16) if more else []
    return OcspResponse(
        der=data,
        status=status,
        tbs=tbs.raw,
        responder_name=read_name(sole(parts[0])) if parts[0].tag == 0xA1 else None,
        responder_key_id=sole(parts[0]).as_octets() if parts[0].tag == 0xA2 else None,
        produced_at=parts[1].as_time(),
        answers=tuple(_single(entry) for entry in parts[2].expect(der.SEQUENCE).children(_MOST_ANSWERS)),
        nonce=None if nonce is None else _nonce(nonce),
        extensions=extensions,
        scheme=scheme_of(algorithm),
        signature=signature.as_bits(),
        certificates=tuple(node.raw for node in certificates),
    )


def _nonce(value: bytes) -> bytes:
    """An OCTET STRING; some responders leave the inner header out."""
    try:
        return der.parse(value).as_octets()
    except DerError:
        return value


def _single(node: der.Node) -> SingleStatus:
    parts = fields(node, 3, 5, "SingleResponse")
    about, state = read_cert_id(parts[0]), parts[1]
    revoked_at, reason = None, None
    if state.tag == 0xA1:
        inside = state.children(2)
        if not inside:
            raise DerError("revoked without a time")
        revoked_at = inside[0].as_time()
        reason = reason_from(sole(inside[1]).expect(der.ENUMERATED).content) if len(inside) == 2 else None
        status = CertStatus.REVOKED
    elif state.tag in (0x80, 0x82):
        status = CertStatus.GOOD if state.tag == 0x80 else CertStatus.UNKNOWN
    else:
        raise DerError("CertStatus")
    following = next((sole(part).as_time() for part in parts[3:] if part.tag == 0xA0), None)
    return SingleStatus(about, status, revoked_at, reason, parts[2].as_time(), following)
