"""Double-key requests (双密钥证书请求): PKCS#10 with a temporary public key the encryption key is to be enveloped to.

CFCA's kit puts it into attribute 1.2.840.113549.1.9.63, without the SET that PKCS#10 prescribes: OCTET STRING holding
SEQUENCE { 1, OCTET STRING }, for SM2 a little-endian structure of 136 octets, for RSA an RSAPublicKey. An earlier kit
leaves the SEQUENCE out. Learnt from requests its kits made (facts: standards 1.4).
"""

from __future__ import annotations

from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError, Node
from hsm import oids
from hsm.sm2 import spki_of_point

TEMPORARY_KEY = "1.2.840.113549.1.9.63"
_HEAD = bytes.fromhex("00b4000000010000")
"""A tag of the kit, then 256 bits as a little-endian number."""
_SM2_OCTETS = 136
_MOST_ATTRIBUTES = 16
_RSA = der.sequence(der.oid(oids.RSA), der.null())


def temporary_key(csr: bytes) -> bytes | None:
    """SubjectPublicKeyInfo of the temporary key; None in an ordinary request. Raises `DerError`."""
    info, _, _ = fields(der.parse(csr), 3, 3, "a certificate request has three parts")
    parts = fields(info, 3, 4, "certificate request")
    if len(parts) == 3:
        return None
    found = [value for oid, value in map(_attribute, parts[3].expect(0xA0).children(_MOST_ATTRIBUTES)) if value]
    if not found:
        return None
    if len(found) > 1:
        raise DerError("two temporary keys in one request")
    return _spki(_unwrapped(found[0]))


def _attribute(node: Node) -> tuple[str, Node | None]:
    pair = fields(node, 2, 2, "attribute of a request")
    kind = pair[0].as_oid()
    return kind, pair[1] if kind == TEMPORARY_KEY else None


def _unwrapped(value: Node) -> bytes:
    if value.tag == der.SET:  # as PKCS#10 would have it
        inside = value.children(1)
        if not inside:
            raise DerError("empty attribute")
        value = inside[0]
    octets = value.as_octets()
    if octets[:1] != b"\x30":
        return octets
    version, key = fields(der.parse(octets), 2, 2, "temporary key")
    if version.as_integer() != 1:
        raise DerError("version of a temporary key")
    return key.as_octets()


def _spki(octets: bytes) -> bytes:
    if octets[:1] == b"\x30":
        fields(der.parse(octets), 2, 2, "RSA public key")
        return der.sequence(_RSA, der.bit_string(octets))
    x, y = octets[8:72], octets[72:]
    if len(octets) != _SM2_OCTETS or not octets.startswith(_HEAD) or x[32:] != bytes(32) or y[32:] != bytes(32):
        raise DerError("temporary key")
    return spki_of_point(b"\x04" + x[:32] + y[:32])
