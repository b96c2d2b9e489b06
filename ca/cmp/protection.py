"""Protection of messages (RFC 4210 5.1.3): a MAC by a shared secret, or a signature.

Password-based MAC with the digests in use; the iteration count is bounded, because the far side chooses it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from ca.cmp.faults import Failure, Refused
from ca.reading.algorithms import algorithm_oid, scheme_of
from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError, Node
from foundation.text import Text
from hsm.digests import Digest, digest_of_oid, hmac_sm3
from hsm.errors import BadSignature
from hsm.verifying import DEFAULT_SM2_ID, verify

PBM = "1.2.840.113533.7.66.13"
_HMAC = {
    "1.3.6.1.5.5.8.1.2": Digest.SHA1,  # what OpenSSL sends unless told otherwise; HMAC stands where SHA-1 fell
    "1.2.840.113549.2.7": Digest.SHA1,
    "1.2.840.113549.2.9": Digest.SHA256,
    "1.2.840.113549.2.11": Digest.SHA512,
    "1.2.156.10197.1.401.2": Digest.SM3,
}
_OWF = frozenset({Digest.SHA256, Digest.SHA384, Digest.SHA512, Digest.SM3, Digest.SHA1})
ITERATIONS = range(100, 100_001)
_SALT = range(8, 129)


@dataclass(frozen=True, slots=True)
class PasswordMac:
    """PBMParameter (RFC 4211 4.4)."""

    salt: bytes
    owf: Digest
    iterations: int
    mac: str

    def algorithm(self) -> bytes:
        digest = der.sequence(der.oid(self.owf.oid))
        parameter = der.sequence(
            der.octet_string(self.salt), digest, der.integer(self.iterations), der.sequence(der.oid(self.mac))
        )
        return der.sequence(der.oid(PBM), parameter)

    def of(self, secret: bytes, protected: bytes) -> bytes:
        key = secret + self.salt
        for _ in range(self.iterations):
            key = self.owf.of(key)
        digest = _HMAC[self.mac]
        if digest is Digest.SM3:
            return hmac_sm3(key, protected)
        return hmac.new(key, protected, getattr(hashlib, digest.value)).digest()


def is_mac(protection: Node | None) -> bool:
    return protection is not None and algorithm_oid(protection) == PBM


def read_mac(protection: Node) -> PasswordMac:
    """Parameters within bounds; raises `Refused` for an algorithm we do not do."""
    parameters = fields(fields(protection, 2, 2, "PBMParameter")[1], 4, 4, "PBMParameter")
    salt, iterations = parameters[0].as_octets(), parameters[2].as_integer()
    owf, mac = digest_of_oid(algorithm_oid(parameters[1])), algorithm_oid(parameters[3])
    if owf not in _OWF or mac not in _HMAC or iterations not in ITERATIONS or len(salt) not in _SALT:
        raise Refused(
            Failure.BAD_ALG,
            Text(
                "不支持的消息认证参数。", "This message authentication is not supported, or its count is out of bounds."
            ),
        )
    return PasswordMac(salt, owf, iterations, mac)


def check_mac(protection: Node, secret: bytes, protected: bytes, value: bytes) -> PasswordMac:
    found = read_mac(protection)
    if not hmac.compare_digest(found.of(secret, protected), value):
        raise wrong()
    return found


def check_signature(protection: Node, spki: bytes, protected: bytes, value: bytes) -> None:
    """By the scheme the header names, with the signer ID our certificates use."""
    try:
        scheme = scheme_of(protection)
        if scheme is None or scheme.weak:
            raise Refused(Failure.BAD_ALG, Text("不支持的签名算法。", "This signature algorithm is not supported."))
        verify(spki, scheme, protected, value, sm2_id=DEFAULT_SM2_ID)
    except (BadSignature, DerError) as error:
        raise wrong() from error


def wrong() -> Refused:
    return Refused(Failure.BAD_MESSAGE_CHECK, Text("消息保护校验失败。", "The protection of the message is not good."))
