"""Reading CMS of all sorts: BER as Java writes it, stacked structures, doubled attributes, damage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import der
from foundation.der import DerError
from seal import cms
from seal.ber import to_der
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.test_pdf import seal, signatures


@pytest.fixture(scope="module")
def openssl_cms(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """(DER, BER with indefinite lengths) of signatures made by openssl, with signing time and content."""
    folder: Path = tmp_path_factory.mktemp("cms")
    (folder / "content").write_bytes(b"content to sign" * 1000)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
         "-subj", "/CN=Test", "-days", "2"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    made = []
    for options in ([], ["-stream", "-indef"]):
        subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-nodetach", "-in", "content", "-signer", "cert.pem", "-inkey",
             "key.pem", "-outform", "DER", "-out", "out.der", *options],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        made.append((folder / "out.der").read_bytes())
    return made[0], made[1]


def test_openssl_structures_read_alike_in_der_and_ber(openssl_cms: tuple[bytes, bytes]) -> None:
    plain, streamed = openssl_cms
    assert streamed[1] == 0x80
    one, other = cms.read(plain), cms.read(streamed)
    assert (one.indefinite, other.indefinite) == (False, True)
    assert one.content == other.content == b"content to sign" * 1000
    assert one.certificates == other.certificates
    for data in (one, other):
        signer = data.signers[0]
        assert signer.signing_time is not None
        assert signer.content_type == cms.DATA
        assert signer.signed_octets is not None
        assert signer.signed_octets[0] == der.SET
        assert data.trailing == b""


def test_signed_attributes_keep_their_octets_through_ber(openssl_cms: tuple[bytes, bytes], tmp_path: Path) -> None:
    """The signature over the slice we hand out verifies with openssl's key tool."""
    data = cms.read(openssl_cms[1])
    signer = data.signers[0]
    (tmp_path / "cert.der").write_bytes(data.certificates[0])
    (tmp_path / "signed").write_bytes(signer.signed_octets or b"")
    (tmp_path / "value").write_bytes(signer.signature)
    subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-in", "cert.der", "-noout", "-pubkey", "-out", "key.pem"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    answer = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "value", "signed"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert "Verified OK" in answer.stdout


def test_what_follows_the_structure_is_handed_over(one_region: Region) -> None:
    ((data, _),) = signatures(seal(one_region, papers.pdf()))
    stacked = cms.read(data.raw + data.raw)
    assert stacked.trailing == data.raw
    assert set(data.trailing) <= {0}


def test_a_doubled_attribute_is_refused(one_region: Region) -> None:
    """Two digests would let two readers check different ones."""
    ((data, _),) = signatures(seal(one_region, papers.pdf()))
    signer = data.signers[0]
    digest = signer.signed(cms.MESSAGE_DIGEST)
    assert digest is not None
    twice = cms.SignerInfo(**{slot: getattr(signer, slot) for slot in signer.__slots__} | {
        "signed_attributes": (*signer.signed_attributes, digest)})  # fmt: skip
    with pytest.raises(DerError):
        _ = twice.message_digest


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x80", b"\x30\x80\x00\x00", b"\x30\x03\x02\x01\x01", b"\x00" * 8000, b"\x30\x82\xff\xff"],
)
def test_what_is_no_signed_data_is_refused(data: bytes) -> None:
    with pytest.raises(DerError):
        cms.read(data)


def test_nesting_and_size_are_bounded() -> None:
    with pytest.raises(DerError):
        to_der(b"\x30\x80" * 1000 + b"\x00\x00" * 1000)
    with pytest.raises(DerError):
        to_der(bytes(100), most=10)
    assert to_der(b"\x24\x80\x04\x01a\x04\x02bc\x00\x00") == (b"\x04\x03abc", 11)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damage_raises_one_kind_of_error(openssl_cms: tuple[bytes, bytes], data: st.DataObject) -> None:
    octets = bytearray(openssl_cms[data.draw(st.integers(0, 1))][:4000])
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, min(200, len(octets) - 1)))] = data.draw(st.integers(0, 255))
    with pytest.raises(DerError):
        cms.read(bytes(octets))


def test_a_certificate_hash_names_its_digest(one_region: Region) -> None:
    ((data, _),) = signatures(seal(one_region, papers.pdf()))
    named = data.signers[0].certificate_hash
    assert named is not None
    assert named[0] == "1.2.156.10197.1.401"
