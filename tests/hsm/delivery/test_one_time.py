"""One-time keys: packed once, by whoever has the handle, for the key's own certificate; gone after ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, pkcs12
from cryptography.x509.oid import NameOID

from foundation.clock import FixedClock
from foundation.ids import SystemIds
from hsm.delivery.keys import MOST, KeyForgotten, LocalOneTimeKeys, OneTime
from hsm.keys import Algorithm
from tests.conftest import START

PASSWORD = "a password of the holder"


@pytest.fixture
def keys(clock: FixedClock) -> LocalOneTimeKeys:
    return LocalOneTimeKeys(clock, SystemIds(clock))


def certificate(spki: bytes) -> bytes:
    """Any certificate with that key."""
    issuer, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    public = load_der_public_key(spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    builder = x509.CertificateBuilder(name, name, public, 1, START, START + timedelta(days=1))
    return builder.sign(issuer, hashes.SHA256()).public_bytes(Encoding.DER)


def pack(keys: LocalOneTimeKeys, one: OneTime, octets: bytes) -> bytes:
    return keys.pack(one.handle, octets, (), PASSWORD, name="yinxin", rounds=2)


def test_the_file_holds_the_key_and_leaves_once(keys: LocalOneTimeKeys) -> None:
    made = keys.make(Algorithm.P256)
    octets = certificate(made.spki)
    key, _, _ = pkcs12.load_key_and_certificates(pack(keys, made, octets), PASSWORD.encode())
    assert key is not None
    assert key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == made.spki
    with pytest.raises(KeyForgotten):
        pack(keys, made, octets)


def test_a_certificate_of_another_key_is_refused(keys: LocalOneTimeKeys) -> None:
    one, other = keys.make(Algorithm.P256), keys.make(Algorithm.P256)
    with pytest.raises(KeyForgotten):
        pack(keys, one, certificate(other.spki))
    with pytest.raises(KeyForgotten):
        pack(keys, other, b"no certificate")


def test_a_guessed_handle_opens_nothing(keys: LocalOneTimeKeys) -> None:
    made = keys.make(Algorithm.P256)
    with pytest.raises(KeyForgotten):
        pack(keys, OneTime("guess", made.spki), certificate(made.spki))


def test_it_waits_for_ten_minutes_and_no_longer(keys: LocalOneTimeKeys, clock: FixedClock) -> None:
    made = keys.make(Algorithm.P256)
    clock.advance(minutes=10)
    with pytest.raises(KeyForgotten):
        pack(keys, made, certificate(made.spki))


def test_few_wait_at_once(keys: LocalOneTimeKeys) -> None:
    first = keys.make(Algorithm.P256)
    for _ in range(MOST):
        keys.make(Algorithm.P256)
    with pytest.raises(KeyForgotten):
        pack(keys, first, certificate(first.spki))
