"""Each kind of weak key, made for real, is refused with its own reason; sound keys and foreign kinds pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import Unavailable
from hsm import curves, oids
from hsm.blocklist import Blocklist, debian_digest
from hsm.digests import sha256
from hsm.errors import BadKey
from hsm.sm2 import Sm2PrivateKey
from hsm.weak_keys import WeakKey, Weakness, check_strong, has_close_primes, has_roca_fingerprint
from tests.hsm.weak import (
    close_modulus,
    is_prime,
    next_prime,
    point,
    point_spki,
    roca_modulus,
    rsa_spki,
    small_factor_modulus,
    sound_primes,
)


def weakness(spki: bytes) -> Weakness:
    with pytest.raises(WeakKey) as caught:
        check_strong(spki)
    assert caught.value.code == f"hsm.weak_key.{caught.value.weakness}"
    assert "Generate a new key" in caught.value.detail.en
    return caught.value.weakness


def sound() -> int:
    p, q = sound_primes()
    return p * q


def test_sound_keys_pass() -> None:
    check_strong(rsa_spki(sound()))
    check_strong(Sm2PrivateKey.generate().spki)
    for key in (ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())):
        check_strong(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    check_strong(
        rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def test_a_kind_we_know_nothing_of_is_the_profiles_question() -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    check_strong(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_roca() -> None:
    modulus = roca_modulus()
    assert modulus.bit_length() == 2048
    assert weakness(rsa_spki(modulus)) is Weakness.ROCA
    assert not has_roca_fingerprint(sound())


def test_close_primes_are_factored() -> None:
    assert weakness(rsa_spki(close_modulus())) is Weakness.CLOSE_PRIMES
    p, _ = sound_primes()
    assert has_close_primes(p * p)
    assert not has_close_primes(sound())


def test_fermat_is_bounded() -> None:
    """A key made to need one round more than we spend is not found, and costs no more than the bound."""
    p, _ = sound_primes()
    q = next_prime(p + (1 << 517))  # about 2^7 rounds and more
    assert not has_close_primes(p * q, rounds=2)


@pytest.mark.parametrize("factor", [3, 751, 65521])
def test_small_factors(factor: int) -> None:
    assert weakness(rsa_spki(small_factor_modulus(factor=factor))) is Weakness.SMALL_FACTOR


def test_a_prime_for_a_modulus() -> None:
    prime = (1 << 2048) - 1942289  # the largest prime of 2048 bits
    assert is_prime(prime)
    assert weakness(rsa_spki(prime)) is Weakness.PRIME_MODULUS


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 17, 65535, 65536, 65538, 1 << 256, (1 << 256) + 1, -65537])
def test_bad_exponents(exponent: int) -> None:
    assert weakness(rsa_spki(sound(), exponent)) is Weakness.EXPONENT


def test_large_but_allowed_exponents_pass() -> None:
    check_strong(rsa_spki(sound(), (1 << 32) + 15))


@pytest.mark.parametrize("bits", [512, 1024, 2040])
def test_small_moduli(bits: int) -> None:
    p, q = sound_primes(bits)
    assert weakness(rsa_spki(p * q)) is Weakness.SIZE


@pytest.mark.parametrize("modulus", [0, -5, (1 << 2048) + 1, 1 << 8200, (1 << 2049) - 1])
def test_moduli_of_wrong_size(modulus: int) -> None:
    assert weakness(rsa_spki(modulus)) is Weakness.SIZE


CURVES = [(oids.SM2, curves.SM2), (oids.P256, curves.P256), (oids.P384, curves.P384)]


@pytest.mark.parametrize(("oid", "curve"), CURVES)
def test_points(oid: str, curve: curves.Curve) -> None:
    x, size = curve.base_x, curve.octets
    y = pow(x**3 - 3 * x + curve.b, (curve.prime + 1) // 4, curve.prime)
    assert weakness(point_spki(oid, b"\0")) is Weakness.INFINITY
    assert weakness(point_spki(oid, b"\2" + x.to_bytes(size, "big"))) is Weakness.COMPRESSED
    assert weakness(point_spki(oid, b"\6" + point(curve, x, y)[1:])) is Weakness.COMPRESSED  # hybrid form
    assert weakness(point_spki(oid, b"")) is Weakness.COMPRESSED
    assert weakness(point_spki(oid, point(curve, x, y ^ 1))) is Weakness.NOT_ON_CURVE
    assert weakness(point_spki(oid, point(curve, 0, 0))) is Weakness.NOT_ON_CURVE
    assert weakness(point_spki(oid, point(curve, x, y))) is Weakness.TRIVIAL
    assert weakness(point_spki(oid, point(curve, x, curve.prime - y))) is Weakness.TRIVIAL


def test_a_coordinate_beyond_the_field_is_not_reduced() -> None:
    """X + p fits in 32 octets for a small x; accepting it would give one key two encodings."""
    curve = curves.SM2
    x = next(x for x in range(1, 99) if is_square(x**3 - 3 * x + curve.b, curve.prime))
    y = pow(x**3 - 3 * x + curve.b, (curve.prime + 1) // 4, curve.prime)
    check_strong(point_spki(oids.SM2, point(curve, x, y)))
    assert weakness(point_spki(oids.SM2, point(curve, x + curve.prime, y))) is Weakness.NOT_ON_CURVE


def is_square(n: int, prime: int) -> bool:
    return pow(n, (prime - 1) // 2, prime) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_garbage_is_a_bad_key_and_nothing_else(octets: bytes) -> None:
    try:
        check_strong(octets)
    except (BadKey, WeakKey):
        return


def test_the_example_key_of_the_standard_is_listed() -> None:
    key = bytes.fromhex(
        "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    with pytest.raises(WeakKey) as caught:
        Blocklist.read().check(point_spki(oids.SM2, key))
    assert caught.value.weakness is Weakness.LISTED
    Blocklist.read().check(Sm2PrivateKey.generate().spki)


def test_lists_of_both_kinds(tmp_path: Path) -> None:
    mine, debian = Sm2PrivateKey.generate().spki, rsa_spki(sound())
    file = tmp_path / "weak.txt"
    file.write_text(f"# ours\n{sha256(mine).hex().upper()}  # lost laptop\n\n{debian_digest(sound())}\n", "utf-8")
    listed = Blocklist.read([file])
    for spki in (mine, debian):
        with pytest.raises(WeakKey):
            listed.check(spki)
    listed.check(rsa_spki(close_modulus()))


def test_debians_digest_is_debians(tmp_path: Path) -> None:
    """`openssl rsa -modulus -noout | sha1sum`, last 20 digits: the recipe of openssl-vulnkey."""
    import hashlib
    import subprocess

    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(rsa_spki(sound()))
    pem = tmp_path / "k.pem"
    pem.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    said = subprocess.run(
        ["openssl", "rsa", "-pubin", "-in", str(pem), "-modulus", "-noout"], check=True, capture_output=True
    ).stdout
    assert debian_digest(sound()) == hashlib.sha1(said, usedforsecurity=False).hexdigest()[-20:]


@pytest.mark.parametrize("content", [b"abc\n", b"zz" * 32, b"\xff\xfe", b"ab" * 31 + b"\n"])
def test_a_list_half_understood_stops_everything(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "weak.txt"
    file.write_bytes(content)
    with pytest.raises(Unavailable, match="list of weak keys"):
        Blocklist.read([file])
    with pytest.raises(Unavailable, match="list of weak keys"):
        Blocklist.read([tmp_path / "missing"])
