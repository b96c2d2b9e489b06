"""ENVELOPEDKEYBLOB (智能密码钥匙加密密钥对保护结构), GB/T 35291 = GM/T 0016: what SKF_ImportECCKeyPair takes.

A C structure, little-endian, packed: Version, ulSymmAlgID, ulBits, cbEncryptedPriKey[64], ECCPUBLICKEYBLOB { BitLen,
X[64], Y[64] }, ECCCIPHERBLOB { X[64], Y[64], HASH[32], CipherLen, Cipher[] }. Values stand at the right of their
fields. SDF's structure of the same purpose has another order (facts: standards 1.4): never copy one to the other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from foundation.der import DerError
from hsm.sm2_ciphertexts import Sm2Cipher

SGD_SM4_ECB = 0x00000401
VERSION, BITS = 1, 256
_HEAD = struct.Struct("<III64sI64s64s64s64s32sI")
_KEY_OCTETS = 16


@dataclass(frozen=True, slots=True)
class SkfBlob:
    encrypted_private_key: bytes
    """32 octets under SM4-ECB."""
    point: bytes
    encrypted_key: Sm2Cipher

    def write(self) -> bytes:
        cipher = self.encrypted_key
        return (
            _HEAD.pack(
                VERSION,
                SGD_SM4_ECB,
                BITS,
                _right(self.encrypted_private_key),
                BITS,
                _right(self.point[1:33]),
                _right(self.point[33:]),
                _right(cipher.x.to_bytes(32, "big")),
                _right(cipher.y.to_bytes(32, "big")),
                cipher.check,
                len(cipher.masked),
            )
            + cipher.masked
        )


def read_skf_blob(data: bytes) -> SkfBlob:
    """Raises `DerError`. The first half of cbEncryptedPriKey is not looked at: some fill it, some leave zeros."""
    if len(data) != _HEAD.size + _KEY_OCTETS:
        raise DerError("size of an ENVELOPEDKEYBLOB")
    version, algorithm, bits, private, key_bits, x, y, cx, cy, check, length = _HEAD.unpack_from(data)
    if (version, algorithm, bits, key_bits, length) != (VERSION, SGD_SM4_ECB, BITS, BITS, _KEY_OCTETS):
        raise DerError("an ENVELOPEDKEYBLOB of another version, cipher or size")
    if any(field[:32] != bytes(32) for field in (x, y, cx, cy)):
        raise DerError("a coordinate is longer than the field")
    cipher = Sm2Cipher(int.from_bytes(cx, "big"), int.from_bytes(cy, "big"), check, data[_HEAD.size :])
    return SkfBlob(private[32:], b"\x04" + x[32:] + y[32:], cipher)


def _right(value: bytes) -> bytes:
    return bytes(64 - len(value)) + value
