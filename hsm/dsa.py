"""DSA signatures (DSA 验签): verified in old foreign chains, never made, always reported as weak (FIPS 186-5).

Outside `Scheme` on purpose, so that no profile can choose it. A DSA key may leave its parameters to the issuer's key
(RFC 3279 2.3.2); the path validator completes it with `with_parameters` before asking here.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from foundation import der
from foundation.der import DerError
from hsm.digests import Digest
from hsm.errors import BadSignature, Reason

DSA = "1.2.840.10040.4.1"
_SCHEMES = {"1.2.840.10040.4.3": Digest.SHA1, "2.16.840.1.101.3.4.3.2": Digest.SHA256}
MOST_BITS = 3072


def parameters_of(spki: bytes) -> bytes | None:
    """The parameters of a DSA key: None when it is no DSA key, empty when it inherits them."""
    try:
        algorithm, *parameters = der.parse(spki).children(2)[0].children(2)
        if algorithm.as_oid() != DSA:
            return None
    except (DerError, ValueError, IndexError):
        return None
    return parameters[0].raw if parameters and parameters[0].tag == der.SEQUENCE else b""


def with_parameters(spki: bytes, parameters: bytes) -> bytes:
    """The SPKI with inherited parameters put in."""
    key = der.parse(spki).children(2)[1]
    return der.sequence(der.sequence(der.oid(DSA), parameters), key.raw)


def understands(algorithm: str) -> bool:
    return algorithm in _SCHEMES


def verify(spki: bytes, algorithm: str, message: bytes, signature: bytes) -> None:
    """Raise `BadSignature` unless the signature stands. `algorithm` is the OID of the signature."""
    digest = _SCHEMES.get(algorithm)
    key = _key(spki)
    if digest is None or key is None:
        raise BadSignature(Reason.KEY, "not a DSA key we can use")
    try:
        key.verify(signature, message, digest.primitive())
    except InvalidSignature as error:
        raise BadSignature(Reason.MISMATCH) from error


@lru_cache(maxsize=64)
def _key(spki: bytes) -> dsa.DSAPublicKey | None:
    if not parameters_of(spki):
        return None
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, dsa.DSAPublicKey) and key.key_size <= MOST_BITS else None
