"""Certificate requests inside CMP (证书请求消息, CRMF; RFC 4211): template, proof of possession, old certificate."""

from __future__ import annotations

from dataclasses import dataclass

from ca.cmp.faults import Failure, Refused
from ca.credentials.wishes import Wishes, wishes_of
from ca.names import Name, read_name
from ca.reading.algorithms import scheme_of
from ca.reading.extensions import read_extensions
from ca.reading.shapes import fields, sole
from foundation import der
from foundation.der import DerError, Node
from foundation.text import Text
from hsm.errors import BadSignature
from hsm.verifying import DEFAULT_SM2_ID, verify

_OLD_CERT_ID = "1.3.6.1.5.5.7.5.1.5"
_SUBJECT_ALT_NAME = "2.5.29.17"


@dataclass(frozen=True, slots=True)
class Template:
    """The members we look at; the others are the CA's to decide."""

    serial: int | None
    issuer: Name | None
    subject: Name | None
    spki: bytes | None
    alternative: bytes | None

    @property
    def wishes(self) -> Wishes:
        return wishes_of(self.subject.common_name if self.subject else None, self.alternative)


@dataclass(frozen=True, slots=True)
class OldCertificate:
    """CertId: issuer (DER Name) and serial."""

    issuer: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class CertRequest:
    number: int
    raw: bytes
    template: Template
    proof: Node | None
    old: OldCertificate | None

    def proven_key(self) -> bytes:
        """The key, after the request proved possession with a signature over itself (RFC 4211 4.1)."""
        if self.template.spki is None:
            raise Refused(Failure.BAD_CERT_TEMPLATE, Text("请求中没有公钥。", "The template has no public key."))
        if self.proof is None or self.proof.tag != 0xA1:
            raise _no_proof(
                "须以新密钥的签名证明私钥持有。", "Possession must be proven by a signature of the new key."
            )
        parts = self.proof.children(3)
        if len(parts) != 2:
            raise _no_proof("不支持 poposkInput。", "poposkInput is not supported: state the subject instead.")
        scheme = scheme_of(parts[0])
        try:
            if scheme is None:
                raise _no_proof("不支持的签名算法。", "That signature algorithm is not supported.")
            verify(self.template.spki, scheme, self.raw, parts[1].as_bits(), sm2_id=DEFAULT_SM2_ID)
        except BadSignature as error:
            raise _no_proof("私钥持有证明无效。", "The proof of possession is not good.") from error
        return self.template.spki


def read_requests(body: Node) -> CertRequest:
    """CertReqMessages with exactly one request: one transaction, one certificate (RFC 9483 4.1.1)."""
    message = fields(sole_of(body), 1, 3, "CertReqMsg")
    request = fields(message[0], 2, 3, "CertRequest")
    controls = request[2].expect(der.SEQUENCE).children(10) if len(request) == 3 else []
    old = None
    for control in controls:
        pair = fields(control, 2, 2, "control")
        if pair[0].as_oid() == _OLD_CERT_ID:
            old = _cert_id(pair[1])
    proof = next((part for part in message[1:] if part.tag & 0xC0 == 0x80), None)
    return CertRequest(request[0].as_integer(), message[0].raw, read_template(request[1]), proof, old)


def sole_of(body: Node) -> Node:
    found = body.expect(der.SEQUENCE).children(4)
    if len(found) != 1:
        raise Refused(Failure.BAD_REQUEST, Text("每次只能申请一张证书。", "Ask for one certificate at a time."))
    return found[0]


def read_template(node: Node) -> Template:
    parts = {part.tag: part for part in node.expect(der.SEQUENCE).children(10)}
    serial = parts.get(0x81)
    issuer, subject, key, extensions = parts.get(0xA3), parts.get(0xA5), parts.get(0xA6), parts.get(0xA9)
    return Template(
        int.from_bytes(serial.content, "big", signed=True) if serial is not None else None,
        read_name(sole(issuer)) if issuer is not None else None,
        read_name(sole(subject)) if subject is not None else None,
        der.tlv(der.SEQUENCE, key.content) if key is not None else None,
        _alternative(extensions) if extensions is not None else None,
    )


def _alternative(node: Node) -> bytes | None:
    """Extensions under an implicit tag: the same parts, read as the SEQUENCE they are."""
    listed = der.parse(der.tlv(der.SEQUENCE, node.content))
    return next((one.value for one in read_extensions(listed, []) if one.oid == _SUBJECT_ALT_NAME), None)


def _cert_id(node: Node) -> OldCertificate:
    issuer, serial = fields(node, 2, 2, "CertId")
    if issuer.tag != 0xA4:
        raise DerError("issuer of a CertId")
    return OldCertificate(sole(issuer).raw, serial.as_integer())


def _no_proof(zh: str, en: str) -> Refused:
    return Refused(Failure.BAD_POP, Text(zh, en))


# --- writing (our client) --------------------------------------------------------------------------------------------


def write_template(
    *, subject: bytes | None = None, spki: bytes | None = None, extensions: bytes = b"", issuer: bytes | None = None,
    serial: int | None = None,
) -> bytes:  # fmt: skip
    return der.sequence(
        b"" if serial is None else der.implicit(1, der.integer(serial)),
        b"" if issuer is None else der.explicit(3, issuer),
        b"" if subject is None else der.explicit(5, subject),
        b"" if spki is None else der.implicit(6, spki),
        der.implicit(9, extensions) if extensions else b"",
    )


def write_request(number: int, template: bytes, old: OldCertificate | None = None) -> bytes:
    """CertRequest: what the proof of possession signs."""
    controls = b""
    if old is not None:
        cert_id = der.sequence(der.explicit(4, old.issuer), der.integer(old.serial))
        controls = der.sequence(der.sequence(der.oid(_OLD_CERT_ID), cert_id))
    return der.sequence(der.integer(number), template, controls)


def write_requests(request: bytes, algorithm: bytes, signature: bytes) -> bytes:
    proof = der.implicit(1, der.sequence(algorithm, der.bit_string(signature)))
    return der.sequence(der.sequence(request, proof))
