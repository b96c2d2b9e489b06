"""Delivered keys, judged by openssl: what opens, with which ciphers, and what does not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12

from foundation import der
from foundation.clock import SystemClock
from foundation.errors import InvalidInput
from foundation.ids import SystemIds
from hsm.digests import Digest
from hsm.keys import Algorithm
from hsm.pkcs12 import OneTimeKey, _mac_key, check_password

PASSWORD = "sample-Pass-12"
IDS = SystemIds(SystemClock())
ALGORITHMS = [Algorithm.SM2, Algorithm.RSA_2048, Algorithm.P256]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA made by openssl, which is enough to have certificates to pack."""
    folder = tmp_path_factory.mktemp("issuer")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-subj", "/CN=ca", "-days", "30")  # fmt: skip
    return folder


def openssl(*arguments: str, stdin: bytes | None = None, fails: bool = False) -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    assert (done.returncode != 0) is fails, done.stderr.decode()
    return done.stdout + done.stderr if "-info" in arguments else done.stdout


def certified(issuer: Path, spki: bytes) -> tuple[bytes, bytes]:
    """A certificate for the key, and the CA's own."""
    (issuer / "own.pub").write_bytes(spki)
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            f"{issuer}/other.key", "-subj", "/CN=own", "-out", f"{issuer}/own.csr")  # fmt: skip
    openssl("x509", "-req", "-in", f"{issuer}/own.csr", "-CA", f"{issuer}/ca.pem", "-CAkey", f"{issuer}/ca.key",
            "-force_pubkey", f"{issuer}/own.pub", "-outform", "DER", "-out", f"{issuer}/own.cer", "-days", "9",
            "-CAcreateserial")  # fmt: skip
    above = openssl("x509", "-in", f"{issuer}/ca.pem", "-outform", "DER")
    return (issuer / "own.cer").read_bytes(), above


def packed(issuer: Path, algorithm: Algorithm) -> tuple[bytes, bytes]:
    key = OneTimeKey(algorithm)
    own, above = certified(issuer, key.spki)
    return key.spki, key.pack(own, [above], PASSWORD, name="印信 yinxin-1", ids=IDS, rounds=1000)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_opens_it_and_finds_the_key_of_the_certificate(
    issuer: Path, tmp_path: Path, algorithm: Algorithm
) -> None:
    spki, octets = packed(issuer, algorithm)
    path = tmp_path / "a.p12"
    path.write_bytes(octets)
    shown = openssl("pkcs12", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-nodes", "-info").decode(
        errors="ignore"
    )
    assert shown.count("-----BEGIN CERTIFICATE-----") == 2
    assert "PBES2, PBKDF2, " + ("SM4-CBC" if algorithm is Algorithm.SM2 else "AES-256-CBC") in shown
    assert f"MAC: {'sm3' if algorithm is Algorithm.SM2 else 'sha256'}, Iteration 1000" in shown
    assert openssl("pkey", "-pubout", "-outform", "DER", stdin=shown.encode()) == spki
    openssl("pkcs12", "-in", str(path), "-passin", "pass:sample-Pass-13", "-nodes", fails=True)


@pytest.mark.parametrize("algorithm", [Algorithm.RSA_2048, Algorithm.P256])
def test_cryptography_opens_what_it_can(issuer: Path, algorithm: Algorithm) -> None:
    spki, octets = packed(issuer, algorithm)
    key, certificate, above = pkcs12.load_key_and_certificates(octets, PASSWORD.encode())
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    assert key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki
    assert isinstance(certificate, x509.Certificate)
    assert len(above) == 1


def test_every_changed_octet_of_the_content_breaks_the_seal(issuer: Path, tmp_path: Path) -> None:
    _, octets = packed(issuer, Algorithm.SM2)
    safe = der.parse(octets).children()[1]
    for place in range(safe.body + 30, safe.end, max(1, (safe.end - safe.body) // 12)):
        broken = bytearray(octets)
        broken[place] ^= 1
        path = tmp_path / "b.p12"
        path.write_bytes(broken)
        openssl("pkcs12", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-nodes", fails=True)


def test_nothing_of_the_key_stands_in_clear(issuer: Path) -> None:
    key = OneTimeKey(Algorithm.SM2)
    assert key._key is not None
    scalar = key._key.pkcs8()[-32:]
    own, above = certified(issuer, key.spki)
    octets = key.pack(own, [above], PASSWORD, name="x", ids=IDS, rounds=1000)
    assert own not in octets  # the certificate is sealed too
    assert scalar not in octets
    assert key._key is None
    assert repr(key) == "OneTimeKey(sm2)"


def test_a_key_is_packed_once(issuer: Path) -> None:
    key = OneTimeKey(Algorithm.SM2)
    own, above = certified(issuer, key.spki)
    key.pack(own, [above], PASSWORD, name="x", ids=IDS, rounds=1000)
    with pytest.raises(RuntimeError):
        key.pack(own, [above], PASSWORD, name="x", ids=IDS, rounds=1000)


@pytest.mark.parametrize(
    "wrong", ["", "short-1", "x" * 65, "口令口令口令口令口令口令", "with\nnewline-1", "tab\ttab\ttab"]
)
def test_passwords_others_cannot_type_are_refused_before_the_key_is_spent(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(wrong)
    key = OneTimeKey(Algorithm.SM2)
    with pytest.raises(InvalidInput):
        key.pack(b"", [], wrong, name="x", ids=IDS)
    assert key._key is not None


def test_the_mac_key_is_the_one_of_rfc_7292() -> None:
    """Against the key that openssl's own derivation gives (`openssl kdf PKCS12KDF`)."""
    salt = bytes(range(16))
    secret = (PASSWORD.encode("utf-16-be") + b"\0\0").hex()
    for digest in (Digest.SM3, Digest.SHA256):
        options = (f"digest:{digest.name}", f"hexpass:{secret}", f"hexsalt:{salt.hex()}", "iter:77", "id:3")
        chosen = [word for option in options for word in ("-kdfopt", option)]
        text = openssl("kdf", "-keylen", "32", *chosen, "PKCS12KDF").decode()
        assert _mac_key(PASSWORD, salt, 77, digest) == bytes.fromhex(text.replace(":", "").strip())
