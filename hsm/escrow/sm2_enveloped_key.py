"""SM2EnvelopedKey (SM2 密钥对保护数据格式), GB/T 35276 = GM/T 0009 7.4: written, and read as others write it.

SEQUENCE { symAlgID, symEncryptedKey SM2Cipher, sm2PublicKey BIT STRING, sm2EncryptedPrivateKey BIT STRING }. The text
leaves mode and padding open; the field uses SM4-ECB over the 32 octets, some over 64 with zeros before, some padded.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation import der
from foundation.der import DerError
from hsm import oids
from hsm.sm2_ciphertexts import Sm2Cipher, cipher_of

MOST_OCTETS = 1024
_SIZES = (32, 48, 64)
_ALGORITHM = der.sequence(der.oid(oids.SM4_ECB), der.null())


@dataclass(frozen=True, slots=True)
class Sm2EnvelopedKey:
    encrypted_key: Sm2Cipher
    """The SM4 key, under the recipient's public key."""
    point: bytes
    """04‖X‖Y of the key inside."""
    encrypted_private_key: bytes

    def write(self) -> bytes:
        return der.sequence(
            _ALGORITHM,
            self.encrypted_key.der(),
            der.bit_string(self.point),
            der.bit_string(self.encrypted_private_key),
        )


def read_sm2_enveloped_key(data: bytes) -> Sm2EnvelopedKey:
    """Raises `DerError`."""
    if len(data) > MOST_OCTETS:
        raise DerError("too long for an enveloped SM2 key")
    parts = der.parse(data).expect(der.SEQUENCE).children(4)
    if len(parts) != 4:
        raise DerError("an enveloped SM2 key has four parts")
    algorithm = parts[0].expect(der.SEQUENCE).children(2)
    if not algorithm or algorithm[0].as_oid() not in (oids.SM4_ECB, oids.SM4):
        raise DerError("the symmetric algorithm is not SM4-ECB")
    point, private = parts[2].as_bits(), parts[3].as_bits()
    if len(point) != 65 or point[0] != 4:
        raise DerError("the public key is not an uncompressed point")
    if len(private) not in _SIZES:
        raise DerError("size of the encrypted private key")
    return Sm2EnvelopedKey(cipher_of(parts[1]), point, private)
