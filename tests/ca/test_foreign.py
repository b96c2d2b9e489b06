"""Foreign certificates and lists: the national SM2 roots parse and verify; garbage is refused with reasons."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ca.reading import KeyUsage, Reason, read_certificate, read_certificates, read_crl, read_ocsp_response, read_token
from ca.reading.csr import read_request
from ca.signatures import check_certificate, check_crl
from foundation.der import DerError
from hsm.errors import BadSignature
from hsm.schemes import Scheme

PAIRS = [("ROOTCA.pem", "ROOTCA.crl", 18), ("device-root.pem", "device-root.crl", 1)]


@pytest.mark.parametrize(("pem", "crl", "entries"), PAIRS)
def test_national_roots_and_their_lists_verify(vectors: Path, pem: str, crl: str, entries: int) -> None:
    (root,) = read_certificates((vectors / "gm-pki" / pem).read_bytes())
    assert root.is_ca
    assert root.self_issued
    assert root.key_usage == {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}
    assert check_certificate(root, root.spki) is Scheme.SM2_SM3
    revocations = read_crl((vectors / "gm-pki" / crl).read_bytes())
    assert check_crl(revocations, root.spki) is Scheme.SM2_SM3
    assert len(revocations) == entries
    first = next(revocations.entries())
    assert revocations.find(first.serial) == first
    assert revocations.find(first.serial + 1) is None


def test_the_reasons_of_a_real_list(vectors: Path) -> None:
    revocations = read_crl((vectors / "gm-pki" / "ROOTCA.crl").read_bytes())
    assert {entry.reason for entry in revocations.entries()} <= set(Reason)


def test_a_list_under_another_key_is_refused(vectors: Path) -> None:
    (device,) = read_certificates((vectors / "gm-pki" / "device-root.pem").read_bytes())
    revocations = read_crl((vectors / "gm-pki" / "ROOTCA.crl").read_bytes())
    with pytest.raises(BadSignature):
        check_crl(revocations, device.spki)


def test_sm2_parameters_may_be_null(vectors: Path) -> None:
    (root,) = read_certificates((vectors / "gm-pki" / "ROOTCA.pem").read_bytes())
    assert root.deviations == ("sm2-parameters-present",)


@pytest.mark.parametrize("read", [read_certificate, read_crl, read_ocsp_response, read_token, read_request])
@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x03\x02\x01",
        b"\x30\x00",
        b"hello",
        b"\x30\x06\x30\x00\x30\x00\x30\x00",
    ],
)
def test_garbage_is_refused_with_a_reason(read: object, garbage: bytes) -> None:
    with pytest.raises(DerError) as caught:
        read(garbage)  # type: ignore[operator]
    assert caught.value.detail.zh


@pytest.mark.parametrize("read", [read_certificate, read_crl, read_ocsp_response, read_token, read_request])
def test_altered_octets_never_raise_anything_else(vectors: Path, read: object) -> None:
    """Cut, flipped and spliced: a refusal or a parse, never a crash of ours."""
    noise = random.Random(20518)  # noqa: S311 - repeatable noise
    sources = [read_certificates((vectors / "gm-pki" / "ROOTCA.pem").read_bytes())[0].der]
    sources += [(vectors / "gm-pki" / "ROOTCA.crl").read_bytes()]
    refused = 0
    for source in sources:
        for _ in range(600):
            data = bytearray(source)
            for _ in range(noise.randrange(1, 4)):
                data[noise.randrange(len(data))] = noise.randrange(256)
            if noise.random() < 0.3:
                del data[noise.randrange(len(data)) :]
            try:
                read(bytes(data))  # type: ignore[operator]
            except DerError:
                refused += 1
    assert refused > 300


def test_a_huge_certificate_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(DerError, match="64 KiB"):
        read_certificate(b"\x30" + b"\x00" * 70_000)
