"""SignedAndEnvelopedData (带签名的数字信封), GB/T 35275 = GM/T 0010, in the shape KM centres in the field send.

PKCS#7 1.5: recipient and signer named by issuer and serial; content is SM4-ECB over 32 zero octets and the 32 octets
of the private key, named by bare SM4; the signature covers those 64 octets in clear, with Z (facts: standards 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation import der
from foundation.der import DerError, Node
from hsm import oids
from hsm.escrow.enveloped_data import content_info, encrypted_content, issuer_serial, party_of, recipient_of
from hsm.escrow.shapes import IssuerSerial

MOST_OCTETS = 64 * 1024
TEXT_OCTETS = 64
_SM3 = der.sequence(der.oid(oids.SM3), der.null())


@dataclass(frozen=True, slots=True)
class SignedAndEnveloped:
    recipient: IssuerSerial
    encrypted_key: bytes
    """SM2Cipher of the SM4 key."""
    content: bytes
    certificates: tuple[bytes, ...]
    signer: IssuerSerial
    signature: bytes

    def write(self) -> bytes:
        info = der.sequence(
            der.integer(1),
            issuer_serial(self.recipient),
            der.sequence(der.oid(oids.SM2_ENCRYPT), der.null()),
            der.octet_string(self.encrypted_key),
        )
        inner = der.sequence(
            der.oid(oids.GM_DATA),
            der.sequence(der.oid(oids.SM4)),
            der.implicit(0, der.octet_string(self.content)),
        )
        signer = der.sequence(
            der.integer(1),
            issuer_serial(self.signer),
            _SM3,
            der.sequence(der.oid(oids.SM2_SIGN), der.null()),
            der.octet_string(self.signature),
        )
        body = der.sequence(
            der.integer(1),
            der.set_of([info]),
            der.set_of([_SM3]),
            inner,
            der.tlv(0xA0, b"".join(sorted(self.certificates))) if self.certificates else b"",
            der.set_of([signer]),
        )
        return der.sequence(der.oid(oids.GM_SIGNED_AND_ENVELOPED_DATA), der.explicit(0, body))


def read_signed_and_enveloped(data: bytes) -> SignedAndEnveloped:
    """One recipient, one signer. The signature can be checked only once the content is open. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("too long for an enveloped key")
    kind, body = content_info(data)
    if kind != oids.GM_SIGNED_AND_ENVELOPED_DATA:
        raise DerError("not signed and enveloped data")
    parts = body.expect(der.SEQUENCE).children(7)
    if len(parts) < 5 or parts[0].as_integer() != 1:
        raise DerError("signed and enveloped data")
    recipient, encrypted_key = recipient_of(parts[1], oids.SM2_ENCRYPT)
    parts[2].expect(der.SET)
    cipher, parameters, content = encrypted_content(parts[3])
    if cipher not in (oids.SM4, oids.SM4_ECB) or parameters is not None:
        raise DerError("the content cipher is not SM4-ECB")
    certificates = tuple(one.raw for part in parts[4:-1] if part.tag == 0xA0 for one in part.children(16))
    signer, signature = _signer(parts[-1])
    return SignedAndEnveloped(recipient, encrypted_key, content, certificates, signer, signature)


def _signer(node: Node) -> tuple[IssuerSerial, bytes]:
    infos = node.expect(der.SET).children(1)
    parts = infos[0].expect(der.SEQUENCE).children(7) if infos else []
    if len(parts) != 5:  # attributes would change what was signed; no KM centre sends them
        raise DerError("signer information")
    digest, algorithm = parts[2].expect(der.SEQUENCE).children(2), parts[3].expect(der.SEQUENCE).children(2)
    if not digest or not algorithm or digest[0].as_oid() != oids.SM3:
        raise DerError("the digest is not SM3")
    if algorithm[0].as_oid() not in (oids.SM2_SIGN, oids.SM2_WITH_SM3, oids.SM2):
        raise DerError("the signature is not SM2")
    return party_of(parts[1]), parts[4].as_octets()
