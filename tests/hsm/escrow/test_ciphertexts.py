"""SM2 ciphertexts in every order of the field, made by gmssl and by ourselves."""

from __future__ import annotations

import random

import pytest
from gmssl import sm2 as other_sm2

from foundation import der
from hsm import sm2_cipher
from hsm.errors import BadCiphertext
from hsm.escrow.sealing import scalar
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey, point_of_spki
from hsm.sm2_ciphertexts import Order, Sm2Cipher, decrypt_any, read_cipher, readings

KEY = Sm2PrivateKey.generate()
TEXT = b"sixteen octets!!"
SEALED = read_cipher(sm2_cipher.encrypt(Sm2PublicKey(KEY.spki), TEXT))


def compressed(cipher: Sm2Cipher, order: Order) -> bytes:
    tail = cipher.raw(order)[65:]
    return bytes((2 + (cipher.y & 1),)) + cipher.x.to_bytes(32, "big") + tail


FORMS = {
    "asn1": SEALED.der(),
    **{f"{order}-04": SEALED.raw(order) for order in Order},
    **{f"{order}-bare": SEALED.raw(order, prefix=False) for order in Order},
    **{f"{order}-compressed": compressed(SEALED, order) for order in Order},
}


@pytest.mark.parametrize("name", list(FORMS))
def test_every_form_opens(name: str) -> None:
    assert decrypt_any(KEY, FORMS[name]) == TEXT


@pytest.mark.parametrize(("mode", "order"), [(1, Order.C1C3C2), (0, Order.C1C2C3)])
def test_gmssl_writes_both_orders(mode: int, order: Order) -> None:
    judge = other_sm2.CryptSM2(private_key=scalar(KEY).hex(), public_key="", mode=mode)
    judge.public_key = point_of_spki(KEY.spki)[1:].hex()
    random.seed(mode)
    sealed = bytes(judge.encrypt(TEXT))
    assert decrypt_any(KEY, sealed) == TEXT
    assert decrypt_any(KEY, sealed, order) == TEXT
    assert bytes(judge.decrypt(SEALED.raw(order, prefix=False))) == TEXT
    other = Order.C1C2C3 if order is Order.C1C3C2 else Order.C1C3C2
    with pytest.raises(BadCiphertext):
        decrypt_any(KEY, sealed, other)


def test_a_bare_point_beginning_like_asn1_is_still_read() -> None:
    """One point in 256 begins with 0x30, 0x04, 0x02 or 0x03; the first octet alone decides nothing."""
    public, seen = Sm2PublicKey(KEY.spki), set()
    while len(seen) < 2:
        cipher = read_cipher(sm2_cipher.encrypt(public, TEXT))
        first = cipher.x >> 248
        if first in (0x30, 0x04, 0x02, 0x03):
            seen.add(first)
            assert decrypt_any(KEY, cipher.raw(prefix=False)) == TEXT


def test_a_point_off_the_curve_is_not_tried() -> None:
    off = Sm2Cipher(SEALED.x ^ 1, SEALED.y, SEALED.check, SEALED.masked)
    assert list(readings(off.raw(prefix=False))) == []
    with pytest.raises(BadCiphertext):
        decrypt_any(KEY, off.raw(prefix=False))


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x04", bytes(64), bytes(97), SEALED.raw()[:97], SEALED.der()[:-1]],
    ids=["nothing", "prefix", "64-zeros", "97-zeros", "raw-cut", "der-cut"],
)
def test_too_short_or_broken_has_one_error(octets: bytes) -> None:
    with pytest.raises(BadCiphertext):
        decrypt_any(KEY, octets)


def test_non_minimal_der_is_refused() -> None:
    loose = der.sequence(
        der.tlv(der.INTEGER, b"\0\0" + SEALED.x.to_bytes(32, "big")),
        der.integer(SEALED.y),
        der.octet_string(SEALED.check),
        der.octet_string(SEALED.masked),
    )
    with pytest.raises(BadCiphertext):
        decrypt_any(KEY, loose)
