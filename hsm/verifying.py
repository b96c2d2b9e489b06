"""Verifying signatures (验签): ours before they leave, everybody's when they arrive. Raises or returns nothing.

The public key comes as SubjectPublicKeyInfo and is cached; the encoding of the value must be canonical.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa

from hsm import signature_value
from hsm.errors import BadKey, BadSignature, Reason
from hsm.public_keys import PublicKey, public_key
from hsm.schemes import Family, Scheme
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PublicKey

__all__ = ["DEFAULT_SM2_ID", "verify", "verify_accepting_raw", "verify_digest_sm2"]

_ML_DSA_65_OCTETS = 3309
_ORDERS = {
    "secp256r1": signature_value.P256_ORDER,
    "secp384r1": signature_value.P384_ORDER,
    "secp521r1": signature_value.P521_ORDER,
}


def verify(
    spki: bytes,
    scheme: Scheme,
    message: bytes,
    signature: bytes,
    *,
    sm2_id: bytes | None,
    pss_salt_length: int | None = None,
) -> None:
    """Raise `BadSignature` unless `signature` over `message` stands.

    `sm2_id` must be given, and for SM2 must not be None: that is a fault of the caller (ValueError), not of the file.
    `pss_salt_length` defaults to the digest's size; readers of foreign files pass what the parameters say.
    """
    if scheme.family is Family.SM2:
        if sm2_id is None:
            raise ValueError("SM2 needs a signer ID; pass DEFAULT_SM2_ID where the standard says so")
        _sm2(spki).verify(message, signature, sm2_id=sm2_id)
        return
    key = _key(spki)
    if scheme.family is Family.ECDSA:
        _verify_ecdsa(key, scheme, message, signature)
    elif scheme.family is Family.ML_DSA:
        _verify_ml_dsa(key, message, signature)
    else:
        _verify_rsa(key, scheme, message, signature, pss_salt_length)


def verify_digest_sm2(spki: bytes, e: bytes, signature: bytes) -> None:
    """SM2 over a ready e = SM3(Z‖M): for content hashed as a stream, and for devices that compute Z outside."""
    _sm2(spki).verify_digest(e, signature)


def verify_accepting_raw(
    spki: bytes, scheme: Scheme, message: bytes, signature: bytes, *, sm2_id: bytes | None
) -> bytes:
    """As `verify`, but bare r‖s passes too (old OFD and CFCA files, COSE, JOSE). Returns the value as canonical DER."""
    family = scheme.family
    if family not in (Family.SM2, Family.ECDSA):
        raise ValueError("only SM2 and ECDSA values have a raw form")
    order = signature_value.SM2_ORDER if family is Family.SM2 else _order(_key(spki))
    if len(signature) == 2 * ((order.bit_length() + 7) // 8):
        # A DER value of this very length cannot be told by its size; the raw reading is right far more often.
        try:
            value = signature_value.from_raw(signature, order)
            verify(spki, scheme, message, value, sm2_id=sm2_id)
        except BadSignature:
            if signature[0] != 0x30:
                raise
        else:
            return value
    verify(spki, scheme, message, signature, sm2_id=sm2_id)
    return signature


def _key(spki: bytes) -> PublicKey:
    try:
        return public_key(spki)
    except BadKey as error:
        raise BadSignature(Reason.KEY, error.detail.en) from error


def _sm2(spki: bytes) -> Sm2PublicKey:
    key = _key(spki)
    if not isinstance(key, Sm2PublicKey):
        raise BadSignature(Reason.KEY, "not an SM2 key")
    return key


def _order(key: PublicKey) -> int:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadSignature(Reason.KEY, "not an elliptic-curve key")
    return _ORDERS[key.curve.name]


def _verify_ecdsa(key: PublicKey, scheme: Scheme, message: bytes, signature: bytes) -> None:
    signature_value.read_strict(signature, _order(key))
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101 - `_order` just said so
    try:
        key.verify(signature, message, ec.ECDSA(scheme.digest.primitive()))
    except InvalidSignature as error:
        raise BadSignature(Reason.MISMATCH) from error


def _verify_ml_dsa(key: PublicKey, message: bytes, signature: bytes) -> None:
    if not isinstance(key, mldsa.MLDSA65PublicKey):
        raise BadSignature(Reason.KEY, "not an ML-DSA-65 key")
    if len(signature) != _ML_DSA_65_OCTETS:
        raise BadSignature(Reason.MALFORMED, "not as long as an ML-DSA-65 signature")
    try:
        key.verify(signature, message)
    except InvalidSignature as error:
        raise BadSignature(Reason.MISMATCH) from error


def _verify_rsa(key: PublicKey, scheme: Scheme, message: bytes, signature: bytes, salt: int | None) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadSignature(Reason.KEY, "not an RSA key")
    if len(signature) != (key.key_size + 7) // 8:
        raise BadSignature(Reason.MALFORMED, "not as long as the modulus")
    digest = scheme.digest.primitive()
    fill: padding.AsymmetricPadding = padding.PKCS1v15()
    if scheme.family is Family.RSA_PSS:
        fill = padding.PSS(padding.MGF1(digest), digest.digest_size if salt is None else salt)
    try:
        key.verify(signature, message, fill, digest)
    except InvalidSignature as error:
        raise BadSignature(Reason.MISMATCH) from error
