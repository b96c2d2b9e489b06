"""CSRResponse (证书请求响应), GM/T 0092-2020 clause 8: both certificates and the enveloped key in one file.

SEQUENCE { signCertificate SET OF, encryptedPrivateKey [0] SM2EnvelopedKey OPTIONAL, encryptCertificate [1] SET OF
OPTIONAL }. Written with [0] explicit and [1] implicit, as the readers in the field expect; read in either manner.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation import der
from foundation.der import DerError, Node
from hsm.escrow.sm2_enveloped_key import Sm2EnvelopedKey, read_sm2_enveloped_key

MOST_OCTETS = 256 * 1024
_MOST_CERTIFICATES = 16


@dataclass(frozen=True, slots=True)
class CsrResponse:
    signing: tuple[bytes, ...]
    """The holder's certificate first."""
    enveloped: Sm2EnvelopedKey | None
    encryption: tuple[bytes, ...]

    def write(self) -> bytes:
        if not self.signing or (self.enveloped is None) is bool(self.encryption):
            raise ValueError(
                "a response has signing certificates, and an enveloped key with its certificate or neither"
            )
        # SET OF, yet not sorted: readers take the first certificate for the holder's
        parts = der.tlv(der.SET, b"".join(self.signing))
        if self.enveloped is not None:
            parts += der.explicit(0, self.enveloped.write()) + der.tlv(0xA1, b"".join(self.encryption))
        return der.sequence(parts)


def read_csr_response(data: bytes) -> CsrResponse:
    """Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("too long for a certificate request response")
    parts = der.parse(data).expect(der.SEQUENCE).children(3)
    if not parts:
        raise DerError("an empty response")
    signing = _certificates(parts[0].expect(der.SET))
    rest = {part.tag: part for part in parts[1:]}
    if set(rest) - {0xA0, 0xA1} or len(rest) != len(parts) - 1 or (0xA0 in rest) is not (0xA1 in rest):
        raise DerError("parts of a certificate request response")
    if not rest:
        return CsrResponse(signing, None, ())
    return CsrResponse(signing, _enveloped(rest[0xA0]), _certificates(_set(rest[0xA1])))


def _enveloped(node: Node) -> Sm2EnvelopedKey:
    inside = node.children(4)
    if len(inside) == 1:
        return read_sm2_enveloped_key(inside[0].raw)
    return read_sm2_enveloped_key(der.tlv(der.SEQUENCE, node.content))


def _set(node: Node) -> Node:
    inside = node.children(_MOST_CERTIFICATES)
    return inside[0] if len(inside) == 1 and inside[0].tag == der.SET else node


def _certificates(node: Node) -> tuple[bytes, ...]:
    found = tuple(one.expect(der.SEQUENCE).raw for one in node.children(_MOST_CERTIFICATES))
    if not found:
        raise DerError("no certificate")
    return found
