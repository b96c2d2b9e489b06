"""One door to private keys (私钥) of all algorithms, for the key store only."""

from __future__ import annotations

from typing import cast

from hsm import asymmetric
from hsm.asymmetric import EcPrivateKey, MlDsaPrivateKey, RsaPrivateKey
from hsm.backends.backend import OpenKey, SignsMessages
from hsm.keys import Algorithm
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey

PrivateKey = Sm2PrivateKey | RsaPrivateKey | EcPrivateKey | MlDsaPrivateKey


def generate(algorithm: Algorithm) -> PrivateKey:
    if algorithm is Algorithm.SM2:
        return Sm2PrivateKey.generate()
    return asymmetric.generate(algorithm)


def load(algorithm: Algorithm, pkcs8: bytes) -> PrivateKey:
    if algorithm is Algorithm.SM2:
        return Sm2PrivateKey.load(pkcs8)
    return asymmetric.load(algorithm, pkcs8)


def sign(key: OpenKey, message: bytes) -> bytes:
    """With the scheme of our own keys; SM2 under the ID every certificate, CRL, message and seal of ours uses."""
    if isinstance(key, Sm2PrivateKey):
        return key.sign(message, sm2_id=DEFAULT_SM2_ID)
    return cast("SignsMessages", key).sign(message)
