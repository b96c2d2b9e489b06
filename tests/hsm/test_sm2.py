"""SM2 signatures: the standard's example, the mandatory ID, and everything that must be refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from foundation import der
from hsm import oids
from hsm.errors import BadKey, BadSignature, EngineFault, Reason
from hsm.known_answers import KNOWN
from hsm.libcrypto import Libcrypto, engine
from hsm.signature_value import SM2_ORDER, from_raw, read_strict, to_raw, write
from hsm.sm2 import (
    DEFAULT_SM2_ID,
    Sm2PrivateKey,
    Sm2PublicKey,
    identity_digest,
    message_digest,
    pkcs8_of_scalar,
    point_of_spki,
    spki_of_point,
)

SPKI = spki_of_point(bytes.fromhex(KNOWN.sm2_public))
VALUE = from_raw(bytes.fromhex(KNOWN.sm2_signature), SM2_ORDER)


def test_example_of_the_standard() -> None:
    assert identity_digest(SPKI, sm2_id=DEFAULT_SM2_ID).hex() == KNOWN.sm2_z
    assert message_digest(SPKI, KNOWN.sm2_message, sm2_id=DEFAULT_SM2_ID).hex() == KNOWN.sm2_e
    key = Sm2PublicKey(SPKI)
    key.verify(KNOWN.sm2_message, VALUE, sm2_id=DEFAULT_SM2_ID)
    key.verify_digest(bytes.fromhex(KNOWN.sm2_e), VALUE)
    with pytest.raises(BadSignature) as caught:
        key.verify(KNOWN.sm2_message + b"!", VALUE, sm2_id=DEFAULT_SM2_ID)
    assert caught.value.reason is Reason.MISMATCH
    assert caught.value.code == "hsm.bad_signature"


def test_another_id_is_another_signature(sm2_key: Sm2PrivateKey) -> None:
    value = sm2_key.sign(b"m", sm2_id=b"TLSv1.3+GM+Cipher+Suite")
    public = Sm2PublicKey(sm2_key.spki)
    public.verify(b"m", value, sm2_id=b"TLSv1.3+GM+Cipher+Suite")
    with pytest.raises(BadSignature):
        public.verify(b"m", value, sm2_id=DEFAULT_SM2_ID)


@pytest.mark.parametrize("absent", [None, b"", "1234567812345678", b"x" * 8192])
def test_absent_id_never_reaches_libcrypto(
    absent: object, sm2_key: Sm2PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    for name in ("EVP_DigestSignInit_ex", "EVP_DigestVerifyInit_ex"):
        monkeypatch.setattr(engine().c, name, lambda *_, name=name: reached.append(name))
    public = Sm2PublicKey(sm2_key.spki)
    with pytest.raises(ValueError, match="signer ID"):
        sm2_key.sign(b"m", sm2_id=absent)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="signer ID"):
        public.verify(b"m", VALUE, sm2_id=absent)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="signer ID"):
        identity_digest(sm2_key.spki, sm2_id=absent)  # type: ignore[arg-type]
    assert reached == []


def test_id_has_no_default(sm2_key: Sm2PrivateKey) -> None:
    with pytest.raises(TypeError, match="sm2_id"):
        sm2_key.sign(b"m")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="sm2_id"):
        Sm2PublicKey(sm2_key.spki).verify(b"m", VALUE)  # type: ignore[call-arg]


def _sequence(*parts: bytes) -> bytes:
    return der.sequence(*parts)


R, S = read_strict(VALUE, SM2_ORDER)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", Reason.MALFORMED),
        (VALUE + b"\0", Reason.MALFORMED),
        (VALUE[:-1], Reason.MALFORMED),
        (b"\x30\x81" + VALUE[1:], Reason.MALFORMED),
        (_sequence(b"\x02\x22\0\0" + R.to_bytes(32, "big"), der.integer(S)), Reason.MALFORMED),
        (_sequence(der.integer(R)), Reason.MALFORMED),
        (_sequence(der.integer(R), der.integer(S), der.integer(1)), Reason.MALFORMED),
        (_sequence(der.integer(R), der.octet_string(S.to_bytes(32, "big"))), Reason.MALFORMED),
        (bytes.fromhex(KNOWN.sm2_signature), Reason.MALFORMED),
        (write(0, S), Reason.OUT_OF_RANGE),
        (write(R, 0), Reason.OUT_OF_RANGE),
        (write(R + SM2_ORDER, S), Reason.OUT_OF_RANGE),
        (write(R, SM2_ORDER), Reason.OUT_OF_RANGE),
        (write(-R, S), Reason.OUT_OF_RANGE),
        (write(S, R), Reason.MISMATCH),
        (write(R, SM2_ORDER - R), Reason.MISMATCH),  # r + s = n, GB/T 32918.2 7.1 B5
    ],
)
def test_signature_values_refused(value: bytes, reason: Reason) -> None:
    for attempt in (
        lambda: Sm2PublicKey(SPKI).verify(KNOWN.sm2_message, value, sm2_id=DEFAULT_SM2_ID),
        lambda: Sm2PublicKey(SPKI).verify_digest(bytes.fromhex(KNOWN.sm2_e), value),
    ):
        with pytest.raises(BadSignature) as caught:
            attempt()
        assert caught.value.reason is reason


def test_raw_values_keep_their_zeros() -> None:
    value = write(5, SM2_ORDER - 1)
    assert from_raw(to_raw(value), SM2_ORDER) == value
    assert len(to_raw(value)) == 64
    with pytest.raises(BadSignature):
        from_raw(bytes(64), SM2_ORDER)
    with pytest.raises(BadSignature):
        from_raw(b"\1" * 63, SM2_ORDER)


def _spki(point: bytes, curve: str = oids.SM2) -> bytes:
    return der.sequence(der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(curve)), der.bit_string(point))


def test_public_keys_refused() -> None:
    point = point_of_spki(SPKI)
    compressed = bytes((2 + (point[-1] & 1),)) + point[1:33]
    hybrid = bytes((6 + (point[-1] & 1),)) + point[1:]
    off_curve = point[:-1] + bytes((point[-1] ^ 1,))
    beyond_field = b"\x04" + b"\xff" * 32 + point[33:]
    for bad in (compressed, hybrid, off_curve, beyond_field, b"\0", b"\x04" + bytes(64), point[1:]):
        with pytest.raises(BadKey):
            Sm2PublicKey(_spki(bad))
    with pytest.raises(BadKey):
        Sm2PublicKey(_spki(point, oids.P256))
    with pytest.raises(BadKey):
        Sm2PublicKey(SPKI + b"\0")


def test_private_key_of_another_kind_is_refused() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    octets = stranger.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(EngineFault, match="not SM2"):
        Sm2PrivateKey.load(octets)
    with pytest.raises(EngineFault):
        Sm2PrivateKey.load(b"\x30\x00")
    with pytest.raises(BadKey):
        Sm2PublicKey(stranger.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def test_private_key_survives_its_encoding(sm2_key: Sm2PrivateKey) -> None:
    again = Sm2PrivateKey.load(sm2_key.pkcs8())
    assert again.spki == sm2_key.spki
    Sm2PublicKey(sm2_key.spki).verify(b"m", again.sign(b"m", sm2_id=DEFAULT_SM2_ID), sm2_id=DEFAULT_SM2_ID)


def test_botan_signatures_on_the_national_curve(vectors: Path) -> None:
    checked = 0
    fields: dict[str, str] = {}
    for line in (vectors / "sm2" / "sm2_sig.vec").read_text(encoding="utf-8").splitlines():
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            continue
        fields[name] = value
        if name != "Signature" or fields["Oid"] != oids.SM2 or fields["Hash"] != "SM3":
            continue
        key = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(fields["x"][2:].rjust(64, "0"))))
        signature = from_raw(bytes.fromhex(value), SM2_ORDER)
        Sm2PublicKey(key.spki).verify(bytes.fromhex(fields["Msg"]), signature, sm2_id=fields["Ident"].encode())
        checked += 1
    assert checked == 1  # the others use example curves nobody offers, or SHA-256


def test_errors_of_one_call_do_not_leak_into_the_next(sm2_key: Sm2PrivateKey) -> None:
    lib = engine()
    with pytest.raises(EngineFault):
        Sm2PrivateKey.load(b"nonsense")
    with pytest.raises(BadSignature):
        Sm2PublicKey(sm2_key.spki).verify(b"m", VALUE, sm2_id=DEFAULT_SM2_ID)
    assert lib.c.ERR_get_error() == 0


def test_missing_library_says_what_to_do() -> None:
    with pytest.raises(EngineFault, match=r"keys\.libcrypto"):
        Libcrypto("/nonexistent/libcrypto.so")


def test_library_without_the_calls_is_refused() -> None:
    with pytest.raises(EngineFault, match="is missing"):
        Libcrypto("libc.so.6")
