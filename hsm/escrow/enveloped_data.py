"""EnvelopedData (数字信封) around a private key: RFC 5652 for RSA recipients, GB/T 35275 for SM2 recipients.

Under RSA: RSAES-OAEP with SHA-256, AES-256-CBC, an AsymmetricKeyPackage (RFC 5958) inside. Under SM2: SM2 encryption,
SM4-CBC, a PrivateKeyInfo inside. `openssl cms -decrypt` opens the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation import der
from foundation.der import DerError, Node
from hsm import oids
from hsm.escrow.shapes import IssuerSerial

MOST_OCTETS = 16 * 1024
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
KEY_PACKAGE = "2.16.840.1.101.2.1.2.78.5"
"""id-ct-KP-aKeyPackage, RFC 5958 2."""
AES_256_CBC = "2.16.840.1.101.3.4.1.42"
RSAES_OAEP = "1.2.840.113549.1.1.7"
_SHA256 = der.sequence(der.oid(oids.SHA256), der.null())
_OAEP = der.sequence(
    der.oid(RSAES_OAEP),
    der.sequence(der.explicit(0, _SHA256), der.explicit(1, der.sequence(der.oid(oids.MGF1), _SHA256))),
)


@dataclass(frozen=True, slots=True)
class EnvelopedData:
    sm2: bool
    recipient: IssuerSerial
    encrypted_key: bytes
    vector: bytes
    content: bytes

    def write(self) -> bytes:
        transport = der.sequence(der.oid(oids.SM2_ENCRYPT)) if self.sm2 else _OAEP
        # GB/T 35275 counts recipients and envelopes from 1; RFC 5652 6.1 has 0 where all are named by serial
        version = der.integer(1 if self.sm2 else 0)
        info = der.sequence(version, issuer_serial(self.recipient), transport, der.octet_string(self.encrypted_key))
        cipher = der.sequence(der.oid(oids.SM4_CBC if self.sm2 else AES_256_CBC), der.octet_string(self.vector))
        inner = der.sequence(
            der.oid(oids.GM_DATA if self.sm2 else KEY_PACKAGE),
            cipher,
            der.implicit(0, der.octet_string(self.content)),
        )
        kind = oids.GM_ENVELOPED_DATA if self.sm2 else ENVELOPED_DATA
        return der.sequence(der.oid(kind), der.explicit(0, der.sequence(version, der.set_of([info]), inner)))


def read_enveloped_data(data: bytes) -> EnvelopedData:
    """One recipient, one of the two suites. Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("too long for an enveloped key")
    kind, body = content_info(data)
    if kind not in (oids.GM_ENVELOPED_DATA, ENVELOPED_DATA):
        raise DerError("not enveloped data")
    sm2 = kind == oids.GM_ENVELOPED_DATA
    parts = _parts(body, 3, 3, "enveloped data")
    recipient, encrypted_key = recipient_of(parts[1], oids.SM2_ENCRYPT if sm2 else RSAES_OAEP)
    algorithm, parameters, content = encrypted_content(parts[2])
    allowed = (oids.SM4_CBC, oids.SM4) if sm2 else (AES_256_CBC,)
    if algorithm not in allowed or parameters is None:
        raise DerError("the content cipher is not CBC")
    return EnvelopedData(sm2, recipient, encrypted_key, parameters.as_octets(), content)


def issuer_serial(party: IssuerSerial) -> bytes:
    return der.sequence(party.issuer, der.integer(int(party.serial, 16)))


def content_info(data: bytes) -> tuple[str, Node]:
    kind, wrapper = _parts(der.parse(data), 2, 2, "content info")
    inside = wrapper.expect(0xA0).children(1)
    if not inside:
        raise DerError("empty content")
    return kind.as_oid(), inside[0]


def recipient_of(node: Node, transport: str) -> tuple[IssuerSerial, bytes]:
    """The one RecipientInfo; versions 0, 1 and 2 are all met (facts: standards 1.3)."""
    infos = node.expect(der.SET).children(1)
    if not infos:
        raise DerError("no recipient")
    version, named, algorithm, key = _parts(infos[0], 4, 4, "recipient")
    if version.as_integer() not in (0, 1, 2):
        raise DerError("version of a recipient")
    used = _parts(algorithm, 1, 2, "key encryption")[0].as_oid()
    if used != transport and not (transport == oids.SM2_ENCRYPT and used in (oids.SM2, oids.SM2_KEY_EXCHANGE)):
        raise DerError("the key is encrypted with another algorithm")
    return party_of(named), key.as_octets()


def party_of(node: Node) -> IssuerSerial:
    issuer, serial = _parts(node, 2, 2, "issuer and serial number")
    return IssuerSerial(issuer.expect(der.SEQUENCE).raw, f"{serial.as_integer():x}")


def encrypted_content(node: Node) -> tuple[str, Node | None, bytes]:
    """Cipher, its parameters, ciphertext. Constructed [0] (indefinite-length kits) is refused."""
    _, algorithm, content = _parts(node, 3, 3, "encrypted content")
    parts = _parts(algorithm, 1, 2, "content cipher")
    parameters = parts[1] if len(parts) == 2 and parts[1].tag != der.NULL else None
    return parts[0].as_oid(), parameters, content.expect(0x80).content


def _parts(node: Node, least: int, most: int, what: str) -> list[Node]:
    parts = node.expect(der.SEQUENCE).children(most)
    if len(parts) < least:
        raise DerError(what)
    return parts
