"""Block modes the delivery formats prescribe (交付格式规定的分组模式): SM4-ECB and CBC without authentication.

Each key is drawn for one envelope and used once, so ECB can show only equal blocks of one private key, of which there
are none. Nothing else in the house may use this module; data at rest goes through `hsm.sm4`.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from hsm.errors import BadCiphertext

BLOCK = 16


def ecb_seal(key: bytes, text: bytes) -> bytes:
    """SM4-ECB without padding (GM/T 0009, GM/T 0016)."""
    running = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the formats say ECB
    return running.update(text) + running.finalize()


def ecb_open(key: bytes, sealed: bytes) -> bytes:
    if len(key) != BLOCK or not sealed or len(sealed) % BLOCK:
        raise BadCiphertext
    running = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()  # noqa: S305 - the formats say ECB
    return running.update(sealed) + running.finalize()


def cbc_seal(key: bytes, vector: bytes, text: bytes, *, sm4: bool) -> bytes:
    """CBC with PKCS#7 padding: SM4 (GM/T 0010) or AES-256 (RFC 3565)."""
    padder = PKCS7(BLOCK * 8).padder()
    running = Cipher(_algorithm(key, sm4=sm4), modes.CBC(vector)).encryptor()
    return running.update(padder.update(text) + padder.finalize()) + running.finalize()


def cbc_open(key: bytes, vector: bytes, sealed: bytes, *, sm4: bool) -> bytes:
    if len(key) != (BLOCK if sm4 else 32) or len(vector) != BLOCK or not sealed or len(sealed) % BLOCK:
        raise BadCiphertext
    running = Cipher(_algorithm(key, sm4=sm4), modes.CBC(vector)).decryptor()
    unpadder = PKCS7(BLOCK * 8).unpadder()
    try:
        return unpadder.update(running.update(sealed) + running.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise BadCiphertext from error


def _algorithm(key: bytes, *, sm4: bool) -> algorithms.SM4 | algorithms.AES:
    return algorithms.SM4(key) if sm4 else algorithms.AES(key)
