"""Key pairs as PKCS#11 objects (PKCS#11 密钥对象): made sensitive and never extractable, found by CKA_ID.

CKA_LABEL says name and version for people; CKA_ID is what we keep, random and with a mark, so that cleaning up on a
token we share touches nothing of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11.constants import Attribute, MechanismFlag, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.types import Object, PublicKey, Session, SignMixin

from foundation import der
from foundation.der import DerError
from hsm import oids
from hsm.backends.cryptoki_numbers import key_type, mechanism
from hsm.backends.errors import AlgorithmNotHeld, DeviceFault
from hsm.keys import Algorithm
from hsm.sm2 import spki_of_point

MARK = b"yx"
"""The first octets of every CKA_ID of ours."""
RSA_BITS = {Algorithm.RSA_2048: 2048, Algorithm.RSA_3072: 3072, Algorithm.RSA_4096: 4096}
_CURVES = {Algorithm.P256: oids.P256, Algorithm.SM2: oids.SM2}


@dataclass(frozen=True, slots=True)
class Sm2Numbers:
    """What the vendor's manual says of SM2."""

    generate: int
    sign: int
    key_type: int


def generate(
    session: Session, key_id: bytes, label: str, algorithm: Algorithm, sm2: Sm2Numbers | None, device: str
) -> bytes:
    """A new pair on the token; its SubjectPublicKeyInfo. The private half cannot leave, or it is destroyed again."""
    wanted: dict[str, Any] = {
        "id": key_id,
        "label": label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
        "private_template": {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True},
    }
    if algorithm in RSA_BITS:
        public, private = session.generate_keypair(KeyType.RSA, RSA_BITS[algorithm], **wanted)
    else:
        kind, wanted["public_template"] = KeyType.EC, {Attribute.EC_PARAMS: der.oid(_CURVES[algorithm])}
        if algorithm is Algorithm.SM2:
            if sm2 is None:
                raise AlgorithmNotHeld(device, algorithm)
            kind, wanted["mechanism"] = key_type(sm2.key_type), mechanism(sm2.generate)
            for template in ("public_template", "private_template"):
                wanted[template][Attribute.KEY_TYPE] = kind
        public, private = session.generate_keypair(kind, **wanted)
    if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
        remove(session, key_id)
        raise DeviceFault(device, "the token makes private keys that can be read out")
    return spki_of(public, algorithm, device)


def find(session: Session, key_id: bytes) -> SignMixin | None:
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}))
    if len(found) > 1:
        raise PKCS11Error(f"{len(found)} private keys have one CKA_ID")
    return found[0] if found and isinstance(found[0], SignMixin) else None


def find_public(session: Session, key_id: bytes) -> PublicKey | None:
    found = list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key_id}))
    return found[0] if found and isinstance(found[0], PublicKey) else None


def remove(session: Session, key_id: bytes) -> None:
    """Both halves, the private one first: what is left after a crash is a half pair, which `half_pairs` finds."""
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        for found in list(session.get_objects({Attribute.CLASS: kind, Attribute.ID: key_id})):
            found.destroy()


def half_pairs(session: Session) -> set[bytes]:
    """CKA_IDs of ours with a public key and no private one: what `kill -9` during generation leaves behind."""
    return _ids(session, ObjectClass.PUBLIC_KEY) - _ids(session, ObjectClass.PRIVATE_KEY)


def ours(session: Session) -> list[Object]:
    """Our private keys on the token."""
    found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    return [one for one in list(found) if bytes(one[Attribute.ID]).startswith(MARK)]


def _ids(session: Session, kind: ObjectClass) -> set[bytes]:
    found = {bytes(one[Attribute.ID]) for one in list(session.get_objects({Attribute.CLASS: kind}))}
    return {key_id for key_id in found if key_id.startswith(MARK)}


def algorithm_of(key: Object, sm2: Sm2Numbers | None) -> Algorithm | None:
    """By key type and size or curve; None for what we do not use."""
    try:
        kind = key[Attribute.KEY_TYPE]
        if kind == KeyType.RSA:
            bits = int.from_bytes(key[Attribute.MODULUS], "big").bit_length()
            return next((name for name, size in RSA_BITS.items() if size == bits), None)
        if kind == KeyType.EC or (sm2 is not None and kind == sm2.key_type):
            parameters = bytes(key[Attribute.EC_PARAMS])
            return next((name for name, curve in _CURVES.items() if der.oid(curve) == parameters), None)
    except PKCS11Error:  # a token need not tell these of private keys
        return None
    return None


def spki_of(public: PublicKey, algorithm: Algorithm, device: str) -> bytes:
    if algorithm in RSA_BITS:
        exponent, modulus = (
            int.from_bytes(public[name], "big") for name in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS)
        )
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        if key.key_size != RSA_BITS[algorithm]:
            raise DeviceFault(device, f"RSA of {key.key_size} bits where {algorithm} was asked for")
        return _encoded(key)
    point = _point(bytes(public[Attribute.EC_POINT]), device)
    if algorithm is Algorithm.SM2:
        return spki_of_point(point)
    return _encoded(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def _encoded(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _point(value: bytes, device: str) -> bytes:
    """CKA_EC_POINT is an OCTET STRING around the point (PKCS#11 v2.40 2.3.3); some vendors leave the wrapping off."""
    if len(value) != 65:
        try:
            value = der.parse(value).as_octets()
        except DerError as error:
            raise DeviceFault(device, "CKA_EC_POINT is not a point") from error
    if len(value) != 65 or value[0] != 4:
        raise DeviceFault(device, "CKA_EC_POINT is not an uncompressed point of 256 bits")
    return value


def sign_with(algorithm: Algorithm, sm2: Sm2Numbers | None, device: str) -> Mechanism:
    """The mechanism that signs a ready digest (for RSA: a DigestInfo)."""
    if algorithm is Algorithm.SM2:
        if sm2 is None:
            raise AlgorithmNotHeld(device, algorithm)
        return mechanism(sm2.sign)
    return Mechanism.RSA_PKCS if algorithm in RSA_BITS else Mechanism.ECDSA
