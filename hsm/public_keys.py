"""Public keys (公钥) read from SubjectPublicKeyInfo: parsed strictly, once, and kept in a bounded cache.

Reading an SPKI costs as much as a point multiplication, so the parsed key is cached by its octets. Foreign keys are
read here too, hence the bounds: they keep one certificate from costing seconds (CVE-2023-3446 kind).
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from foundation import der
from foundation.der import DerError
from hsm import oids
from hsm.errors import BadKey
from hsm.keys import Algorithm
from hsm.sm2 import Sm2PublicKey

PublicKey = Sm2PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey | mldsa.MLDSA65PublicKey

LEAST_RSA_BITS, MOST_RSA_BITS = 1024, 8192
_MOST_OCTETS = 2048
_MOST_EXPONENT = 1 << 33
_RSA_SIZES = {2048: Algorithm.RSA_2048, 3072: Algorithm.RSA_3072, 4096: Algorithm.RSA_4096}
_POINT_SIZES = {oids.SM2: 65, oids.P256: 65, oids.P384: 97, oids.P521: 133}


@lru_cache(maxsize=4096)  # the C implementation is safe between threads; failures are not cached
def public_key(spki: bytes) -> PublicKey:
    """The parsed key; raises `BadKey` for everything we would not verify with."""
    algorithm, parameter, key = _split(spki)
    if algorithm == oids.EC_PUBLIC_KEY and parameter in _POINT_SIZES:
        if len(key) != _POINT_SIZES[parameter] or key[0] != 4:
            raise BadKey("the point is not uncompressed")
        return Sm2PublicKey(spki) if parameter == oids.SM2 else _elliptic(spki)
    if algorithm in (oids.RSA, oids.RSA_PSS):
        return _rsa(spki)
    if algorithm == oids.ML_DSA_65:
        return _ml_dsa(spki)
    raise BadKey(f"algorithm {algorithm} {parameter or ''}".rstrip())


def describe(spki: bytes) -> str:
    """`SM2`, `RSA-2048`, `P-256`, `P-384`, `P-521`, `ML-DSA-65`: for reports."""
    match public_key(spki):
        case rsa.RSAPublicKey() as key:
            return f"RSA-{key.key_size}"
        case ec.EllipticCurvePublicKey() as key:
            return f"P-{key.key_size}"
        case mldsa.MLDSA65PublicKey():
            return "ML-DSA-65"
        case _:
            return "SM2"


def algorithm_of(key: PublicKey) -> Algorithm | None:
    """Which of our algorithms a parsed key is for; None for curves and sizes we make no keys of."""
    match key:
        case rsa.RSAPublicKey():
            return _RSA_SIZES.get(key.key_size)
        case ec.EllipticCurvePublicKey():
            return Algorithm.P256 if key.curve.name == "secp256r1" else None
        case mldsa.MLDSA65PublicKey():
            return Algorithm.ML_DSA_65
        case _:
            return Algorithm.SM2


@lru_cache(maxsize=4096)
def algorithm_of_spki(spki: bytes) -> Algorithm | None:
    """As `algorithm_of`, from the octets."""
    return algorithm_of(public_key(spki))


def _split(spki: bytes) -> tuple[str, str | None, bytes]:
    """Algorithm, named-curve parameter where there is one, key octets. Curves given by their numbers are refused."""
    if len(spki) > _MOST_OCTETS:
        raise BadKey("too long")
    try:
        identifier, bits = der.parse(spki).expect(der.SEQUENCE).children(most=2)
        algorithm, *parameters = identifier.expect(der.SEQUENCE).children(most=2)
        named = parameters[0].as_oid() if parameters and parameters[0].tag == der.OID else None
        return algorithm.as_oid(), named, bits.as_bits()
    except (DerError, ValueError) as error:
        raise BadKey("not a SubjectPublicKeyInfo") from error


def _load(spki: bytes) -> object:
    try:
        return load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey("the key is not valid") from error


def _elliptic(spki: bytes) -> ec.EllipticCurvePublicKey:
    key = _load(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadKey("not an elliptic-curve key")
    return key


def _ml_dsa(spki: bytes) -> mldsa.MLDSA65PublicKey:
    key = _load(spki)
    if not isinstance(key, mldsa.MLDSA65PublicKey):
        raise BadKey("not an ML-DSA-65 key")
    return key


def _rsa(spki: bytes) -> rsa.RSAPublicKey:
    key = _load(spki)
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadKey("not an RSA key")
    if not LEAST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise BadKey(f"RSA of {key.key_size} bits")
    if key.public_numbers().e >= _MOST_EXPONENT:
        raise BadKey("RSA exponent is too large")
    return key
