"""SM2 encryption: the standard's example and twenty malformed ciphertexts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsm import sm2_cipher
from hsm.errors import BadCiphertext
from hsm.known_answers import KNOWN
from hsm.libcrypto import engine
from hsm.sm2 import Sm2PrivateKey, Sm2PublicKey, pkcs8_of_scalar


def _vectors(path: Path) -> tuple[Sm2PrivateKey, list[tuple[str, bytes]]]:
    key, title, found = None, "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            title = line[2:]
        elif line.startswith("Key"):
            key = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(line.partition("=")[2])))
        elif line.startswith("Ctext"):
            found.append((title, bytes.fromhex(line.partition("=")[2])))
    assert key is not None
    return key, found


def test_example_of_the_standard() -> None:
    key = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(KNOWN.sm2_private)))
    assert sm2_cipher.decrypt(key, bytes.fromhex(KNOWN.sm2_ciphertext)) == KNOWN.sm2_text


def test_malformed_ciphertexts_are_refused(vectors: Path) -> None:
    key, cases = _vectors(vectors / "sm2" / "sm2_invalid.vec")
    assert len(cases) >= 18
    accepted = []
    for title, sealed in cases:
        try:
            sm2_cipher.decrypt(key, sealed)
        except BadCiphertext as error:
            assert error.code == "hsm.bad_ciphertext"  # noqa: PT017 - the loop gathers every failure by title
        else:
            accepted.append(title)
    assert accepted == []
    assert engine().c.ERR_get_error() == 0


def test_the_ciphertext_they_were_made_from_is_good(vectors: Path) -> None:
    """Otherwise the refusals above would prove nothing but a wrong key."""
    key, cases = _vectors(vectors / "sm2" / "sm2_invalid.vec")
    flipped = dict(cases)["C2 last bit flipped"]
    assert sm2_cipher.decrypt(key, flipped[:-1] + bytes((flipped[-1] ^ 1,)))


def test_ciphertexts_on_the_curve_of_the_examples_are_refused(vectors: Path) -> None:
    """`sm2_enc.vec` stands on GB/T 32918's example curve, not on sm2p256v1: a point off our curve never meets a key."""
    text = (vectors / "sm2" / "sm2_enc.vec").read_text(encoding="utf-8")
    fields = [line.partition(" = ")[::2] for line in text.splitlines() if " = " in line]
    assert {value[:18] for name, value in fields if name == "P"} == {"0x8542D69E4C044F18"}
    (scalar,) = (bytes.fromhex(value[2:]) for name, value in fields if name == "x")
    key = Sm2PrivateKey.load(pkcs8_of_scalar(scalar))
    sealed = [bytes.fromhex(value) for name, value in fields if name == "Ciphertext"]
    assert len(sealed) == 5
    for one in sealed:
        with pytest.raises(BadCiphertext):
            sm2_cipher.decrypt(key, one)
    assert engine().c.ERR_get_error() == 0


def test_every_octet_is_protected(sm2_key: Sm2PrivateKey) -> None:
    sealed = sm2_cipher.encrypt(Sm2PublicKey(sm2_key.spki), b"sixteen octets!!")
    assert sm2_cipher.decrypt(sm2_key, sealed) == b"sixteen octets!!"
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 0x01
        with pytest.raises(BadCiphertext):
            sm2_cipher.decrypt(sm2_key, bytes(altered))


def test_single_octets_are_never_sent_in_clear(sm2_key: Sm2PrivateKey) -> None:
    public = Sm2PublicKey(sm2_key.spki)
    for value in range(32):
        text = bytes((value,))
        sealed = sm2_cipher.encrypt(public, text)
        assert sealed[-1:] != text
        assert sm2_cipher.decrypt(sm2_key, sealed) == text


def test_another_key_cannot_decrypt(sm2_key: Sm2PrivateKey) -> None:
    sealed = sm2_cipher.encrypt(Sm2PublicKey(sm2_key.spki), b"secret")
    with pytest.raises(BadCiphertext):
        sm2_cipher.decrypt(Sm2PrivateKey.generate(), sealed)


@pytest.mark.parametrize("text", [b"", bytes((1 << 20) + 1)])
def test_sizes_refused(sm2_key: Sm2PrivateKey, text: bytes) -> None:
    with pytest.raises(ValueError, match="octet"):
        sm2_cipher.encrypt(Sm2PublicKey(sm2_key.spki), text)
