"""RSA, P-256 and ML-DSA-65 private keys (非国密算法) on `cryptography`, for those who do not read SM2."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from hsm.errors import KeyDamaged
from hsm.keys import Algorithm

_RSA_BITS = {Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072, Algorithm.RSA_4096: 4096}


class RsaPrivateKey:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2)."""

    __slots__ = ("_key", "spki")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def pkcs8(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class EcPrivateKey:
    """ECDSA over P-256 with SHA-256; the value is DER SEQUENCE { r, s }."""

    __slots__ = ("_key", "spki")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))

    def pkcs8(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class MlDsaPrivateKey:
    """Pure ML-DSA (FIPS 204 5.2), hedged, with an empty context; kept as its seed of 32 octets (RFC 9881 6)."""

    __slots__ = ("_key", "spki")

    def __init__(self, key: mldsa.MLDSA65PrivateKey) -> None:
        self._key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def pkcs8(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def generate(algorithm: Algorithm) -> RsaPrivateKey | EcPrivateKey | MlDsaPrivateKey:
    if algorithm in _RSA_BITS:
        return RsaPrivateKey(rsa.generate_private_key(65537, _RSA_BITS[algorithm]))
    if algorithm is Algorithm.P256:
        return EcPrivateKey(ec.generate_private_key(ec.SECP256R1()))
    if algorithm is Algorithm.ML_DSA_65:
        return MlDsaPrivateKey(mldsa.MLDSA65PrivateKey.generate())
    raise ValueError(f"{algorithm} is made elsewhere")


def load(algorithm: Algorithm, pkcs8: bytes) -> RsaPrivateKey | EcPrivateKey | MlDsaPrivateKey:
    """From PKCS#8 that was just unwrapped.

    The primality check of RSA keys costs 100 ms and is left out: the octets come from under our own authenticated
    wrapping, the public half is compared with the row, and every signature is verified back.
    """
    key = load_der_private_key(pkcs8, password=None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size == _RSA_BITS.get(algorithm):
        return RsaPrivateKey(key)
    if algorithm is Algorithm.P256 and isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return EcPrivateKey(key)
    if algorithm is Algorithm.ML_DSA_65 and isinstance(key, mldsa.MLDSA65PrivateKey):
        return MlDsaPrivateKey(key)
    raise KeyDamaged(f"({algorithm})")
