"""Signature values as the field writes them (签名值的写法): strict first, then the known departures, each by name.

Government seals carry bare r‖s, and integers that are negative or too long (facts: standards 2.6). They are read as
what they mean, and it is told. A value made without Z is never accepted, only recognised, so that the reason is right.
"""

from __future__ import annotations

from collections.abc import Iterator

from foundation import der
from foundation.der import DerError
from hsm import signature_value
from hsm.digests import sm3
from hsm.errors import BadSignature
from hsm.schemes import Family, Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify, verify_digest_sm2

RAW, INTEGER = "deviation.raw_signature", "deviation.integer"
_RAW_SIZES = {Scheme.SM2_SM3: 64, Scheme.ECDSA_SHA256: 64, Scheme.ECDSA_SHA384: 96}


def departures(
    spki: bytes, scheme: Scheme, message: bytes, value: bytes, *, salt: int | None = None
) -> tuple[str, ...]:
    """Codes of the departures under which the value stands, none for a proper one; raises `BadSignature`.

    `salt`: the length that the parameters of RSASSA-PSS say, else the digest's.
    """
    sm2_id = DEFAULT_SM2_ID if scheme.family is Family.SM2 else None
    try:
        verify(spki, scheme, message, value, sm2_id=sm2_id, pss_salt_length=salt)
    except BadSignature:
        for code, reading in _readings(scheme, value):
            try:
                verify(spki, scheme, message, reading, sm2_id=sm2_id)
            except BadSignature:
                continue
            return (code,)
        raise
    return ()


def is_without_z(spki: bytes, scheme: Scheme, message: bytes, value: bytes, *digests: bytes) -> bool:
    """True when it is an SM2 value over a digest that left the signer's identity out (GB/T 35276 demands Z)."""
    if scheme.family is not Family.SM2:
        return False
    spellings = (value, *(reading for _, reading in _readings(scheme, value)))
    for e in (sm3(message), *(digest for digest in digests if len(digest) == 32)):
        for reading in spellings:
            try:
                verify_digest_sm2(spki, e, reading)
            except BadSignature:
                continue
            return True
    return False


def _readings(scheme: Scheme, value: bytes) -> Iterator[tuple[str, bytes]]:
    """What else the octets could mean, as canonical DER."""
    size = _RAW_SIZES.get(scheme)
    if size is None:
        return
    if len(value) == size:
        r, s = int.from_bytes(value[: size // 2], "big"), int.from_bytes(value[size // 2 :], "big")
        yield RAW, signature_value.write(r, s)
    try:
        parts = der.parse(value).expect(der.SEQUENCE).children(2)
        numbers = [int.from_bytes(part.expect(der.INTEGER).content, "big") for part in parts]
    except DerError:
        return
    if len(numbers) == 2 and len(value) <= 2 * size:
        canonical = signature_value.write(*numbers)
        if canonical != value:
            yield INTEGER, canonical
