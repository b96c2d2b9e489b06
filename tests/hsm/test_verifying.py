"""`verify`: foreign keys of every offered kind, reasons, the tolerant reading, the cache."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.errors import BadKey, BadSignature, Reason
from hsm.public_keys import describe, public_key
from hsm.schemes import Scheme, scheme_of_oid
from hsm.signature_value import P256_ORDER, to_raw
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey, message_digest
from hsm.verifying import verify, verify_accepting_raw, verify_digest_sm2

RSA = rsa.generate_private_key(65537, 2048)
P256, P384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())


def _spki(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("scheme", [Scheme.RSA_SHA1, Scheme.RSA_SHA256, Scheme.RSA_SHA384, Scheme.RSA_SHA512], ids=str)
def test_rsa_pkcs1(scheme: Scheme) -> None:
    value = RSA.sign(b"m", padding.PKCS1v15(), scheme.digest.primitive())
    verify(_spki(RSA), scheme, b"m", value, sm2_id=None)
    with pytest.raises(BadSignature) as caught:
        verify(_spki(RSA), scheme, b"n", value, sm2_id=None)
    assert caught.value.reason is Reason.MISMATCH
    with pytest.raises(BadSignature) as caught:
        verify(_spki(RSA), scheme, b"m", value[1:], sm2_id=None)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("scheme", [Scheme.RSA_PSS_SHA256, Scheme.RSA_PSS_SHA384, Scheme.RSA_PSS_SHA512], ids=str)
def test_rsa_pss_and_its_salt(scheme: Scheme) -> None:
    digest = scheme.digest.primitive()
    value = RSA.sign(b"m", padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    verify(_spki(RSA), scheme, b"m", value, sm2_id=None)
    short = RSA.sign(b"m", padding.PSS(padding.MGF1(digest), 20), digest)
    verify(_spki(RSA), scheme, b"m", short, sm2_id=None, pss_salt_length=20)
    with pytest.raises(BadSignature):
        verify(_spki(RSA), scheme, b"m", short, sm2_id=None)


@pytest.mark.parametrize(
    ("key", "scheme"), [(P256, Scheme.ECDSA_SHA256), (P384, Scheme.ECDSA_SHA384)], ids=["p-256", "p-384"]
)
def test_ecdsa(key: ec.EllipticCurvePrivateKey, scheme: Scheme) -> None:
    value = key.sign(b"m", ec.ECDSA(scheme.digest.primitive()))
    verify(_spki(key), scheme, b"m", value, sm2_id=None)
    with pytest.raises(BadSignature):
        verify(_spki(key), scheme, b"n", value, sm2_id=None)


def test_sm2_needs_an_id(sm2_key: Sm2PrivateKey) -> None:
    value = sm2_key.sign(b"m", sm2_id=DEFAULT_SM2_ID)
    verify(sm2_key.spki, Scheme.SM2_SM3, b"m", value, sm2_id=DEFAULT_SM2_ID)
    with pytest.raises(ValueError, match="signer ID"):
        verify(sm2_key.spki, Scheme.SM2_SM3, b"m", value, sm2_id=None)
    with pytest.raises(TypeError, match="sm2_id"):
        verify(sm2_key.spki, Scheme.SM2_SM3, b"m", value)  # type: ignore[call-arg]


def test_sm2_over_a_ready_digest(sm2_key: Sm2PrivateKey) -> None:
    value = sm2_key.sign(b"m", sm2_id=DEFAULT_SM2_ID)
    verify_digest_sm2(sm2_key.spki, message_digest(sm2_key.spki, b"m", sm2_id=DEFAULT_SM2_ID), value)
    with pytest.raises(BadSignature):
        verify_digest_sm2(sm2_key.spki, message_digest(sm2_key.spki, b"n", sm2_id=DEFAULT_SM2_ID), value)
    with pytest.raises(ValueError, match="32 octets"):
        verify_digest_sm2(sm2_key.spki, b"short", value)


def test_key_and_scheme_must_agree(sm2_key: Sm2PrivateKey) -> None:
    value = sm2_key.sign(b"m", sm2_id=DEFAULT_SM2_ID)
    for spki, scheme in (
        (_spki(P256), Scheme.SM2_SM3),
        (sm2_key.spki, Scheme.ECDSA_SHA256),
        (sm2_key.spki, Scheme.RSA_SHA256),
        (_spki(P256), Scheme.RSA_SHA256),
        (_spki(RSA), Scheme.ECDSA_SHA256),
        (_spki(ed25519.Ed25519PrivateKey.generate()), Scheme.ECDSA_SHA256),
        (b"", Scheme.SM2_SM3),
        (b"\x30\x00", Scheme.RSA_SHA256),
    ):
        with pytest.raises(BadSignature) as caught:
            verify(spki, scheme, b"m", value, sm2_id=DEFAULT_SM2_ID)
        assert caught.value.reason is Reason.KEY


def test_raw_values_only_where_asked_for(sm2_key: Sm2PrivateKey) -> None:
    value = sm2_key.sign(b"m", sm2_id=DEFAULT_SM2_ID)
    with pytest.raises(BadSignature):
        verify(sm2_key.spki, Scheme.SM2_SM3, b"m", to_raw(value), sm2_id=DEFAULT_SM2_ID)
    for form in (value, to_raw(value)):
        assert verify_accepting_raw(sm2_key.spki, Scheme.SM2_SM3, b"m", form, sm2_id=DEFAULT_SM2_ID) == value
        with pytest.raises(BadSignature):
            verify_accepting_raw(sm2_key.spki, Scheme.SM2_SM3, b"n", form, sm2_id=DEFAULT_SM2_ID)
    ecdsa = P256.sign(b"m", ec.ECDSA(hashes.SHA256()))
    assert verify_accepting_raw(_spki(P256), Scheme.ECDSA_SHA256, b"m", to_raw(ecdsa), sm2_id=None) == ecdsa
    with pytest.raises(ValueError, match="raw form"):
        verify_accepting_raw(_spki(RSA), Scheme.RSA_SHA256, b"m", b"", sm2_id=None)
    with pytest.raises(BadSignature):
        verify_accepting_raw(sm2_key.spki, Scheme.SM2_SM3, b"m", P256_ORDER.to_bytes(32, "big") * 2, sm2_id=b"x")


def test_foreign_points_must_be_uncompressed() -> None:
    compressed = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    )
    full = _spki(P256)
    head = bytearray(full[:26])
    head[1], head[24] = len(compressed) + 1 + 23, len(compressed) + 1
    with pytest.raises(BadKey):
        public_key(bytes(head) + compressed)


def test_absurd_rsa_keys_are_refused() -> None:
    for numbers in (
        rsa.RSAPublicNumbers(65537, (1 << 9000) + 1),
        rsa.RSAPublicNumbers((1 << 40) + 1, RSA.public_key().public_numbers().n),
    ):
        spki = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(BadKey):
            public_key(spki)


def test_keys_are_parsed_once_and_the_cache_is_bounded(sm2_key: Sm2PrivateKey) -> None:
    assert public_key(sm2_key.spki) is public_key(bytes(bytearray(sm2_key.spki)))
    assert public_key.cache_info().maxsize == 4096
    assert [describe(s) for s in (sm2_key.spki, _spki(RSA), _spki(P256), _spki(P384))] == [
        "SM2", "RSA-2048", "P-256", "P-384",
    ]  # fmt: skip


def test_scheme_identifiers() -> None:
    for scheme in Scheme:
        if not scheme.startswith("rsa-pss"):
            assert scheme_of_oid(scheme.oid) is scheme
    assert scheme_of_oid("1.2.3") is None
    assert [scheme for scheme in Scheme if scheme.weak] == [Scheme.RSA_SHA1]
    assert Scheme.SM2_SM3.algorithm_identifier().hex() == "300a06082a811ccf55018375"
    assert Scheme.RSA_SHA256.algorithm_identifier().hex() == "300d06092a864886f70d01010b0500"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([_spki(RSA), _spki(P256), _spki(P384)]), st.data())
def test_damaged_keys_raise_nothing_else(spki: bytes, data: st.DataObject) -> None:
    damaged = bytearray(spki)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    for octets in (bytes(damaged), cut):
        for scheme in Scheme:
            try:
                verify(octets, scheme, b"m", b"\x30\x06\x02\x01\x01\x02\x01\x01", sm2_id=DEFAULT_SM2_ID)
            except BadSignature as error:
                assert error.reason in Reason  # noqa: PT017 - only this error may come
            else:
                pytest.fail("a made-up signature was accepted")
