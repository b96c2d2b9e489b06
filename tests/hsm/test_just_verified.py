"""What was verified a moment ago is not verified again: for the same octets, once, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hsm import just_verified, private_keys
from hsm.errors import BadSignature
from hsm.just_verified import MOST, MOST_OCTETS, keep, verify_kept
from hsm.keys import Algorithm
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID

SM2 = Scheme.SM2_SM3


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    just_verified._kept.clear()
    yield
    just_verified._kept.clear()


def said(message: bytes, signature: bytes, spki: bytes = b"key", sm2_id: bytes = DEFAULT_SM2_ID) -> bool:
    """Whether it is answered without mathematics: these are no key and no signature."""
    try:
        verify_kept(spki, SM2, message, signature, sm2_id=sm2_id)
    except BadSignature:
        return False
    return True


def test_the_same_octets_are_answered_once() -> None:
    keep(b"key", SM2, b"message", b"value", sm2_id=DEFAULT_SM2_ID)
    assert said(b"message", b"value")
    assert not said(b"message", b"value"), "taken"


@pytest.mark.parametrize(
    ("message", "signature", "spki", "sm2_id"),
    [
        (b"messagE", b"value", b"key", DEFAULT_SM2_ID),
        (b"message", b"valuE", b"key", DEFAULT_SM2_ID),
        (b"message", b"value", b"keY", DEFAULT_SM2_ID),
        (b"message", b"value", b"key", b"another"),
    ],
)
def test_any_other_octet_is_verified(message: bytes, signature: bytes, spki: bytes, sm2_id: bytes) -> None:
    keep(b"key", SM2, b"message", b"value", sm2_id=DEFAULT_SM2_ID)
    assert not said(message, signature, spki, sm2_id)
    assert said(b"message", b"value")


def test_what_is_not_kept_is_verified() -> None:
    key = private_keys.generate(Algorithm.SM2)
    value = private_keys.sign(key, b"message")
    verify_kept(key.spki, SM2, b"message", value, sm2_id=DEFAULT_SM2_ID)
    with pytest.raises(BadSignature):
        verify_kept(key.spki, SM2, b"messagE", value, sm2_id=DEFAULT_SM2_ID)


def test_little_is_kept() -> None:
    keep(b"key", SM2, bytes(MOST_OCTETS + 1), b"value", sm2_id=DEFAULT_SM2_ID)
    assert not said(bytes(MOST_OCTETS + 1), b"value")
    for number in range(MOST + 1):
        keep(b"key", SM2, b"%d" % number, b"value", sm2_id=DEFAULT_SM2_ID)
    assert not said(b"0", b"value")
    assert said(b"1", b"value")
    assert said(b"%d" % MOST, b"value")
