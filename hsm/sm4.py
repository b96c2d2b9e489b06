"""SM4 (GB/T 32907) in Galois/Counter mode (GB/T 36624, RFC 8998), and AES-256-GCM beside it: authenticated only.

Nonces are 12 random octets, so one key is good for 2^32 messages (NIST SP 800-38D 8.3); data keys have versions.
"""

from __future__ import annotations

from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hsm.errors import BadCiphertext

NONCE_OCTETS, TAG_OCTETS = 12, 16


class Aead(StrEnum):
    SM4_GCM = "sm4-gcm"
    AES_256_GCM = "aes-256-gcm"

    @property
    def key_octets(self) -> int:
        return 16 if self is Aead.SM4_GCM else 32


def lock(aead: Aead, key: bytes, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    """Ciphertext and tag; `bound` is authenticated but not hidden."""
    _check(aead, key, nonce)
    if aead is Aead.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, text, bound)
    running = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    running.authenticate_additional_data(bound)
    return running.update(text) + running.finalize() + running.tag


def unlock(aead: Aead, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The text, or `BadCiphertext`; no octet of it is returned before the tag was compared."""
    _check(aead, key, nonce)
    if len(sealed) < TAG_OCTETS:
        raise BadCiphertext
    try:
        if aead is Aead.AES_256_GCM:
            return AESGCM(key).decrypt(nonce, sealed, bound)
        mode = modes.GCM(nonce, sealed[-TAG_OCTETS:])
        running = Cipher(algorithms.SM4(key), mode).decryptor()
        running.authenticate_additional_data(bound)
        return running.update(sealed[:-TAG_OCTETS]) + running.finalize()
    except InvalidTag as error:
        raise BadCiphertext from error


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block of bare SM4, for the known answer of GB/T 32907 annex A and nothing else."""
    running = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - a single known-answer block
    return running.update(block) + running.finalize()


def _check(aead: Aead, key: bytes, nonce: bytes) -> None:
    if len(key) != aead.key_octets or len(nonce) != NONCE_OCTETS:
        raise ValueError("wrong size of key or nonce")
