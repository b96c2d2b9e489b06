"""The same mathematics by others: `openssl pkeyutl` and gmssl, both ways."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from gmssl import sm2 as other_sm2
from gmssl import sm3 as other_sm3
from gmssl import sm4 as other_sm4
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import der
from hsm import sm2_cipher
from hsm.digests import sm3
from hsm.errors import BadSignature
from hsm.known_answers import KNOWN
from hsm.signature_value import SM2_ORDER, from_raw, to_raw
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey, Sm2PublicKey, pkcs8_of_scalar
from hsm.sm4 import encrypt_block

KEY = Sm2PrivateKey.load(pkcs8_of_scalar(bytes.fromhex(KNOWN.sm2_private)))
PUBLIC = Sm2PublicKey(KEY.spki)
MESSAGES = (b"", b"m", "印川市市场监督管理局".encode(), bytes(range(256)) * 40)


def _gmssl() -> other_sm2.CryptSM2:
    return other_sm2.CryptSM2(private_key=KNOWN.sm2_private, public_key=KNOWN.sm2_public[2:], mode=1)


@pytest.mark.parametrize("message", MESSAGES[1:])
def test_gmssl_verifies_ours_and_we_gmssl(message: bytes) -> None:
    value = KEY.sign(message, sm2_id=DEFAULT_SM2_ID)
    assert _gmssl().verify_with_sm3(to_raw(value).hex(), message)
    random.seed(len(message))  # gmssl draws its nonces here, one reason why it never signs for us
    theirs = from_raw(bytes.fromhex(_gmssl().sign_with_sm3(message)), SM2_ORDER)
    PUBLIC.verify(message, theirs, sm2_id=DEFAULT_SM2_ID)
    with pytest.raises(BadSignature):
        PUBLIC.verify(message + b"!", theirs, sm2_id=DEFAULT_SM2_ID)


@pytest.mark.parametrize("text", [b"k" * 16, b"k" * 32, "证照".encode() * 20])
def test_gmssl_decrypts_ours_and_we_gmssl(text: bytes) -> None:
    parts = der.parse(sm2_cipher.encrypt(PUBLIC, text)).children()
    x, y = (part.as_integer().to_bytes(32, "big") for part in parts[:2])
    assert _gmssl().decrypt(x + y + parts[2].as_octets() + parts[3].as_octets()) == text
    random.seed(len(text))
    raw = _gmssl().encrypt(text)
    theirs = der.sequence(
        der.integer(int.from_bytes(raw[:32], "big")),
        der.integer(int.from_bytes(raw[32:64], "big")),
        der.octet_string(raw[64:96]),
        der.octet_string(raw[96:]),
    )
    assert sm2_cipher.decrypt(KEY, theirs) == text


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300))
def test_sm3_agrees_with_gmssl(data: bytes) -> None:
    assert sm3(data).hex() == other_sm3.sm3_hash(list(data))


@settings(max_examples=10, deadline=None)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_sm4_agrees_with_gmssl(key: bytes, block: bytes) -> None:
    theirs = other_sm4.CryptSM4()
    theirs.set_key(key, other_sm4.SM4_ENCRYPT)
    assert encrypt_block(key, block) == bytes(theirs.one_round(theirs.sk, list(block)))


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "key.der").write_bytes(KEY.pkcs8())
    (tmp_path / "public.der").write_bytes(KEY.spki)
    return tmp_path


SIGN = ("-rawin", "-digest", "sm3", "-pkeyopt")


@pytest.mark.parametrize("identity", [DEFAULT_SM2_ID, b"ALICE123@YAHOO.COM"])
@pytest.mark.parametrize("message", MESSAGES[1:])
def test_openssl_verifies_ours_and_we_openssl(files: Path, message: bytes, identity: bytes) -> None:
    (files / "message").write_bytes(message)
    (files / "ours").write_bytes(KEY.sign(message, sm2_id=identity))
    option = f"distid:{identity.decode()}"
    public = ("-pubin", "-inkey", files / "public.der", "-keyform", "DER")
    checked = _openssl(
        "pkeyutl", "-verify", *public, *SIGN, option, "-in", files / "message", "-sigfile", files / "ours"
    )
    assert b"Verified Successfully" in checked.stdout
    wrong = _openssl(
        "pkeyutl", "-verify", *public, *SIGN, "distid:other", "-in", files / "message", "-sigfile", files / "ours"
    )
    assert wrong.returncode != 0
    private = ("-inkey", files / "key.der", "-keyform", "DER")
    made = _openssl("pkeyutl", "-sign", *private, *SIGN, option, "-in", files / "message", "-out", files / "theirs")
    assert made.returncode == 0, made.stderr
    PUBLIC.verify(message, (files / "theirs").read_bytes(), sm2_id=identity)


def test_openssl_decrypts_ours_and_we_openssl(files: Path) -> None:
    text = "印信".encode() * 5
    (files / "sealed").write_bytes(sm2_cipher.encrypt(PUBLIC, text))
    private = ("-inkey", files / "key.der", "-keyform", "DER")
    assert _openssl("pkeyutl", "-decrypt", *private, "-in", files / "sealed").stdout == text
    (files / "text").write_bytes(text)
    public = ("-pubin", "-inkey", files / "public.der", "-keyform", "DER")
    sealed = _openssl("pkeyutl", "-encrypt", *public, "-in", files / "text").stdout
    assert sm2_cipher.decrypt(KEY, sealed) == text
