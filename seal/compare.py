"""Comparing what was sealed with what was approved (用章复核), before anything leaves.

Reads the finished file with its own eyes, not the writer's. `seal.compare_pdf` is the other half.
"""

from __future__ import annotations

from functools import lru_cache

from ca.reading.certificate import Certificate, read_certificate
from ca.reading.stamp import read_token
from ca.signatures import check_token
from ca.suites import Suite
from foundation.errors import InvalidInput
from hsm.just_verified import verify_kept
from hsm.verifying import DEFAULT_SM2_ID
from seal.errors import SealedDiffers


def check_value(spki: bytes, suite: Suite, message: bytes, value: bytes) -> None:
    """The signature value stands; `SealedDiffers` otherwise."""
    try:
        verify_kept(spki, suite.scheme, message, value, sm2_id=DEFAULT_SM2_ID)
    except InvalidInput as error:
        raise SealedDiffers("signature value") from error


def check_time_stamp(token: bytes, suite: Suite, value: bytes) -> None:
    """The token is for this very value, and a certificate inside it signed it."""
    parsed = read_token(token)
    _demand(parsed.info.digest is suite.digest and parsed.info.imprint == suite.digest.of(value), "time stamp")
    signers = [one for one in map(certificate_of, parsed.certificates) if one.serial == parsed.signer.serial]
    _demand(len(signers) == 1, "certificate of the time stamp")
    try:
        check_token(parsed, signers[0], verify_kept)
    except InvalidInput as error:
        raise SealedDiffers("signature of the time stamp") from error


@lru_cache(maxsize=256)
def certificate_of(octets: bytes) -> Certificate:
    """Ours are few and come again with every stamp; the key is the whole certificate."""
    return read_certificate(octets)


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)
