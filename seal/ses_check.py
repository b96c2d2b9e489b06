"""Checking our own electronic seals after making them (印章复核): the maker's and the user's signature values.

Trust, validity and revocation are the verifier's business (`verify`); this is the mathematics, over original octets.
"""

from __future__ import annotations

from ca.reading.certificate import read_certificate
from hsm.errors import BadSignature, Reason
from hsm.schemes import Scheme, scheme_of_oid
from hsm.verifying import DEFAULT_SM2_ID, verify, verify_accepting_raw
from seal.ses import Seal, SealSignature


def check_maker(seal: Seal) -> None:
    """Raise `BadSignature` unless the maker (制章者) signed this seal."""
    _check(seal.maker_certificate, seal.algorithm, seal.signed, seal.signature)


def check_user(signature: SealSignature) -> None:
    """Raise `BadSignature` unless the certificate inside signed TBS_Sign."""
    _check(signature.certificate, signature.algorithm, signature.signed, signature.signature)


def _check(certificate: bytes, algorithm: str, signed: bytes, value: bytes) -> None:
    scheme = scheme_of_oid(algorithm)
    if scheme is None:
        raise BadSignature(Reason.KEY, f"algorithm {algorithm}")
    spki = read_certificate(certificate).spki
    if scheme is Scheme.SM2_SM3:
        verify_accepting_raw(spki, scheme, signed, value, sm2_id=DEFAULT_SM2_ID)
    else:
        verify(spki, scheme, signed, value, sm2_id=DEFAULT_SM2_ID)
