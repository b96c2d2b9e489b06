"""Every seal and OFD of the field reads as its generation, and its signatures hold over the original octets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from ca.reading import read_certificate
from foundation.der import DerError
from hsm.digests import sm3
from hsm.errors import BadSignature
from seal import cms, ses
from seal.ofd import document
from seal.ofd.package import ROOT, Package, write
from seal.ofd.sheets import OfdSheets
from seal.ofd.signing import referenced
from seal.ses import CertificateList, SealSignature, Standard
from seal.ses_check import check_maker, check_user
from tests.conftest import VECTORS
from tests.seal.oracles import gmssl_verifies, openssl_sm2

SEALS = {
    "UserV1.esl": Standard.GMT_0031_2014,
    "UserV4.esl": Standard.GBT_38540_2020,
    "UserV5.esl": Standard.GMT_0031_2025,
    "UserV5_ts.esl": Standard.GMT_0031_2025,
}
SIGNATURES = {"SignedValueV4.dat": Standard.GBT_38540_2020, "SignedValueV5.dat": Standard.GMT_0031_2025}
SEALED_OFDS = {
    # name: (seal name, explicit FALSE in an extension, parts left unprotected)
    "v4signed.ofd": ("测试全国统一发票监制章国家税务总局重庆市税务局", True),
    "999.ofd": ("测试全国统一发票监制章国家税务总局重庆市税务局", True),
    "allprotected.ofd": ("OFD R&W 测试用印章", False),
    "SESV4SignDoc.ofd": ("OFD R&W 测试用印章", False),
    "V4RideRight.ofd": ("OFD R&W 测试用印章", False),
}


@pytest.mark.parametrize(("name", "standard"), SEALS.items())
def test_a_seal_is_told_by_its_shape_and_its_maker_signed_it(name: str, standard: Standard) -> None:
    data = (VECTORS / "seal" / name).read_bytes()
    seal = ses.read_seal(data)
    assert seal.standard is standard
    assert seal.raw == data
    assert seal.list_type is CertificateList.CERTIFICATES
    assert read_certificate(seal.certificates[0]).serial
    assert (seal.picture.type, seal.picture.data[:4], seal.picture.width) == ("PNG", b"\x89PNG", 40)
    assert (seal.time_stamp is not None) == (name == "UserV5_ts.esl")
    check_maker(seal)


@pytest.mark.parametrize("name", SEALS)
def test_a_seal_altered_anywhere_in_its_signed_part_is_refused(name: str) -> None:
    data = (VECTORS / "seal" / name).read_bytes()
    at = data.index(b"OFD")
    with pytest.raises(BadSignature):
        check_maker(ses.read_seal(data[:at] + b"X" + data[at + 1 :]))


@pytest.mark.parametrize("name", ["UserV1.esl", "UserV4.esl"])
def test_only_the_scope_of_the_generation_verifies(name: str) -> None:
    """2014: info, certificate and algorithm; 2020: info alone. Taking the other one must fail."""
    seal = ses.read_seal((VECTORS / "seal" / name).read_bytes())
    assert (seal.signed == seal.info) == (seal.standard is not Standard.GMT_0031_2014)


def test_the_header_number_does_not_decide_the_generation() -> None:
    data = (VECTORS / "seal" / "UserV1.esl").read_bytes()
    lying = data.replace(b"\x16\x02ES\x02\x01\x01", b"\x16\x02ES\x02\x01\x02", 1)
    seal = ses.read_seal(lying)
    assert (seal.standard, seal.deviations) == (Standard.GMT_0031_2014, ("version.header",))


@pytest.mark.parametrize(("name", "standard"), SIGNATURES.items())
def test_a_seal_signature_reads_and_holds(name: str, standard: Standard) -> None:
    data = (VECTORS / "seal" / name).read_bytes()
    signature = ses.read_signature(data)
    assert (signature.standard, signature.raw) == (standard, data)
    assert signature.certificate in signature.seal.certificates
    assert signature.property_info == "/Doc_0/Signs/Sign_0/Signature.xml"
    check_user(signature)
    check_maker(signature.seal)


@pytest.mark.parametrize(("name", "expected"), SEALED_OFDS.items())
def test_a_sealed_ofd_reads_and_all_of_it_holds(name: str, expected: tuple[str, bool]) -> None:
    package = Package.read((VECTORS / "ofd" / name).read_bytes())
    signature, place = _signature(package)
    assert signature.standard is Standard.GBT_38540_2020
    assert signature.seal.name == expected[0]
    assert ("extension.explicit_false" in signature.seal.deviations) is expected[1]
    check_user(signature)
    check_maker(signature.seal)
    assert signature.data_hash == sm3(package.file(place))
    listed = referenced(package.xml(place))
    assert listed
    for reference, value in listed.items():
        assert base64.b64decode(value) == sm3(package.file(package.resolve(reference, base=place)))
    assert ("/" + ROOT in listed) == (name != "999.ofd")


def _signature(package: Package) -> tuple[SealSignature, str]:
    body = document.only_body(package)
    assert body.signatures
    entry = document.children(package.xml(body.signatures), "Signature")[0]
    place = package.resolve(entry.get("BaseLoc", ""), base=body.signatures)
    value = document.text(document.child(package.xml(place), "SignedValue"))
    return ses.read_signature(package.file(package.resolve(value, base=place))), place


@pytest.mark.parametrize("name", [path.name for path in sorted((VECTORS / "ofd").glob("*.ofd"))])
def test_every_ofd_reads_and_writes_back_the_same_files(name: str) -> None:
    package = Package.read((VECTORS / "ofd" / name).read_bytes())
    assert document.bodies(package)
    assert OfdSheets.of(package).page(1).width > 50
    for entry in package:
        if entry.endswith(".xml"):
            package.xml(entry)
    written = write(package.entries)
    assert dict(Package.read(written).entries) == dict(package.entries)
    assert write(package.entries) == written


def test_a_bare_signature_value_is_no_seal() -> None:
    package = Package.read((VECTORS / "ofd" / "DigitalSign.ofd").read_bytes())
    with pytest.raises(DerError):
        ses.read_signature(package.file("Doc_0/Signs/Sign_0/SignedValue.dat"))


def test_the_national_message_syntax_reads() -> None:
    """GM/T 0099 integrity value: GM OIDs, the digest as content, no signed attributes."""
    package = Package.read((VECTORS / "ofd" / "hello-integrity.ofd").read_bytes())
    data = cms.read(package.file("signedvalue.dat"))
    assert (data.dialect, data.content_type, data.trailing) == ("gm", cms.GM_DATA, b"")
    assert data.content == sm3(package.file("OFDEntries.xml"))
    assert data.signers[0].signed_octets is None
    assert len(data.certificates) == 1


def test_two_independent_programs_agree_on_the_maker(tmp_path: Path) -> None:
    """OpenSSL's command and gmssl, over the slice our reader calls signed."""
    seal = ses.read_seal((VECTORS / "seal" / "UserV4.esl").read_bytes())
    assert openssl_sm2(tmp_path, seal.maker_certificate, seal.signed, seal.signature)
    assert not openssl_sm2(tmp_path, seal.maker_certificate, seal.signed + b"x", seal.signature)
    assert gmssl_verifies(seal.maker_certificate, seal.signed, seal.signature)
    assert not gmssl_verifies(seal.maker_certificate, seal.signed + b"x", seal.signature)
