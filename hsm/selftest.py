"""Start-up self-test (上电自检, GM/T 0028 7.10): known answers of the standards, then a round trip.

A process that fails it must not start: `run` raises and nobody catches. About 10 ms.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from foundation.errors import YinxinError
from hsm import sm2_cipher
from hsm.asymmetric import generate
from hsm.digests import Digest, hmac_sm3, sm3
from hsm.errors import BadCiphertext, BadSignature, SelfTestFailed
from hsm.keys import Algorithm
from hsm.known_answers import KNOWN, KnownAnswers
from hsm.libcrypto import engine
from hsm.schemes import Scheme
from hsm.signature_value import SM2_ORDER, from_raw
from hsm.sm2 import (
    DEFAULT_SM2_ID,
    Sm2PrivateKey,
    Sm2PublicKey,
    identity_digest,
    message_digest,
    pkcs8_of_scalar,
    spki_of_point,
)
from hsm.sm4 import Aead, encrypt_block, lock, unlock
from hsm.verifying import verify


def run(known: KnownAnswers = KNOWN) -> list[str]:
    """Names of the tests passed; `SelfTestFailed` at the first that does not."""
    passed = []
    for name, test in TESTS.items():
        try:
            test(known)
        except SelfTestFailed:
            raise
        except (YinxinError, ValueError) as error:
            raise SelfTestFailed(name, str(error)) from error
        passed.append(name)
    return passed


def _sm3(known: KnownAnswers) -> None:
    _same("SM3", sm3(b"abc"), known.sm3_abc)
    _same("SHA-256", Digest.SHA256.of(b"abc"), known.sha256_abc)
    if hmac_sm3(b"k" * 16, b"m") == hmac_sm3(b"K" * 16, b"m"):
        raise SelfTestFailed("HMAC-SM3", "two keys, one tag")


def _sm4(known: KnownAnswers) -> None:
    key = bytes.fromhex(known.sm4_key)
    _same("SM4", encrypt_block(key, key), known.sm4_block)
    nonce, bound, text = (bytes.fromhex(part) for part in (known.gcm_nonce, known.gcm_bound, known.gcm_text))
    sealed = lock(Aead.SM4_GCM, key, nonce, text, bound)
    _same("SM4-GCM", sealed, known.gcm_sealed)
    _refuses("SM4-GCM", BadCiphertext, lambda: unlock(Aead.SM4_GCM, key, nonce, _altered(sealed), bound))


def _sm2_known(known: KnownAnswers) -> None:
    spki = spki_of_point(bytes.fromhex(known.sm2_public))
    _same("SM2 Z", identity_digest(spki, sm2_id=DEFAULT_SM2_ID), known.sm2_z)
    _same("SM2 e", message_digest(spki, known.sm2_message, sm2_id=DEFAULT_SM2_ID), known.sm2_e)
    key, value = Sm2PublicKey(spki), from_raw(bytes.fromhex(known.sm2_signature), SM2_ORDER)
    key.verify(known.sm2_message, value, sm2_id=DEFAULT_SM2_ID)
    key.verify_digest(bytes.fromhex(known.sm2_e), value)
    _refuses("SM2", BadSignature, lambda: key.verify(b"other", value, sm2_id=DEFAULT_SM2_ID))
    _refuses("SM2 ID", BadSignature, lambda: key.verify(known.sm2_message, value, sm2_id=b"other"))


def _sm2_decrypt(known: KnownAnswers) -> None:
    key = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(known.sm2_private)))
    _same("SM2 public half", key.spki, spki_of_point(bytes.fromhex(known.sm2_public)).hex())
    sealed = bytes.fromhex(known.sm2_ciphertext)
    _same("SM2 decryption", sm2_cipher.decrypt(key, sealed), known.sm2_text.hex())
    _refuses("SM2 decryption", BadCiphertext, lambda: sm2_cipher.decrypt(key, _altered(sealed)))


def _sm2_round_trip(known: KnownAnswers) -> None:
    key = Sm2PrivateKey.generate()
    public = Sm2PublicKey(key.spki)
    first, second = (key.sign(known.sm2_message, sm2_id=DEFAULT_SM2_ID) for _ in range(2))
    if first == second:
        raise SelfTestFailed("SM2 nonce", "two signatures are equal")
    public.verify(known.sm2_message, first, sm2_id=DEFAULT_SM2_ID)
    _same("SM2 round trip", sm2_cipher.decrypt(key, sm2_cipher.encrypt(public, known.sm2_text)), known.sm2_text.hex())


def _ecdsa_round_trip(known: KnownAnswers) -> None:
    key = generate(Algorithm.P256)
    verify(key.spki, Scheme.ECDSA_SHA256, known.sm2_message, key.sign(known.sm2_message), sm2_id=None)


def _randomness(known: KnownAnswers) -> None:
    del known
    first, second = os.urandom(32), os.urandom(32)
    if first == second or len(set(first + second)) < 16:
        raise SelfTestFailed("randomness")


def _version(known: KnownAnswers) -> None:
    del known
    engine()  # raises when libcrypto is missing, too old, or lacks a call


def _same(name: str, made: bytes, wanted: str) -> None:
    if made != bytes.fromhex(wanted):
        raise SelfTestFailed(name, "the known answer was not given")


def _refuses(name: str, error: type[YinxinError], attempt: Callable[[], object]) -> None:
    try:
        attempt()
    except error:
        return
    raise SelfTestFailed(name, "altered input was accepted")


def _altered(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


TESTS: dict[str, Callable[[KnownAnswers], None]] = {
    "libcrypto": _version,
    "sm3": _sm3,
    "sm4": _sm4,
    "sm2": _sm2_known,
    "sm2-decrypt": _sm2_decrypt,
    "sm2-round-trip": _sm2_round_trip,
    "p-256-round-trip": _ecdsa_round_trip,
    "randomness": _randomness,
}
