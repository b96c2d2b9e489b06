"""Sealed OFDs before openssl and gmssl; locks, second seals and mutations."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from ca.chain import chain
from ca.reading import read_certificate, read_token
from foundation.der import parse
from seal import ses
from seal.compare_ofd import Ordered, check_ofd
from seal.errors import SealedDiffers
from seal.keeping import held
from seal.ofd import document
from seal.ofd.package import NAMESPACE, Package, PackageError, write
from seal.ofd.signing import referenced
from seal.orders import OfdOrder, Placement
from seal.ses import SealSignature, Standard
from seal.stamp import stamp_ofd
from tests.conftest import VECTORS
from tests.seal import oracles, papers
from tests.seal.conftest import Region

PLACE = Placement(1, 150, 240)


def seal(region: Region, octets: bytes, *, closing: bool = True, place: Placement = PLACE) -> bytes:
    order = OfdOrder(octets, region.seal_id, place, region.key(), closing)
    return stamp_ofd(region.room, region.principal, order).document


def signature_of(package: Package, index: int = 0) -> tuple[SealSignature, str]:
    listed = document.only_body(package).signatures
    assert listed
    item = document.children(package.xml(listed), "Signature")[index]
    place = package.resolve(item.get("BaseLoc", ""), base=listed)
    value = document.text(document.child(package.xml(place), "SignedValue"))
    return ses.read_signature(package.file(package.resolve(value, base=place))), place


def test_openssl_and_gmssl_accept_all_three_signatures(one_region: Region, tmp_path: Path) -> None:
    """User over TBS_Sign, maker over eSealInfo, TSA over its attributes."""
    package = Package.read(seal(one_region, papers.ofd()))
    signature, _ = signature_of(package)
    maker = signature.seal
    token = read_token(signature.time_stamp or b"")
    pairs = [
        (signature.certificate, signature.signed, signature.signature),
        (maker.maker_certificate, maker.signed, maker.signature),
        (
            next(one for one in token.certificates if read_certificate(one).serial == token.signer.serial),
            token.signer.signed_attributes,
            token.signer.signature,
        ),
    ]
    for certificate, message, value in pairs:
        assert oracles.openssl_sm2(tmp_path, certificate, message, value)
        assert not oracles.openssl_sm2(tmp_path, certificate, message + b"x", value)
        assert oracles.gmssl_verifies(certificate, message, value)
    assert token.info.imprint == oracles.openssl_sm3(signature.signature)


def test_every_file_is_protected_and_every_hash_is_right(one_region: Region) -> None:
    extra = (("Doc_0/Attachs/附件 1.xml", b"<a/>"), ("Doc_0/Res/x.png", b"\x89PNG\r\n\x1a\n"))
    package = Package.read(seal(one_region, papers.ofd(extra=extra)))
    signature, place = signature_of(package)
    listed = referenced(package.xml(place))
    unprotected = {name for name in package if f"/{name}" not in listed}
    assert unprotected == {place, place.replace("Signature.xml", "SignedValue.dat")}
    for name, value in listed.items():
        assert base64.b64decode(value) == oracles.openssl_sm3(package.file(name[1:]))
    assert signature.data_hash == oracles.openssl_sm3(package.file(place))
    assert signature.property_info == f"/{place}"
    assert signature.standard is Standard.GBT_38540_2020
    assert signature.deviations == signature.seal.deviations == ()
    assert signature.certificate in signature.seal.certificates
    assert signature.time == one_region.clock.now()


def test_the_signature_file_follows_the_schema_in_order(one_region: Region) -> None:
    package = Package.read(seal(one_region, papers.ofd()))
    _, place = signature_of(package)
    root = package.xml(place)
    assert root.tag == f"{{{NAMESPACE}}}Signature"
    assert [document.local(item) for item in root] == ["SignedInfo", "SignedValue"]
    info = document.child(root, "SignedInfo")
    assert info is not None
    assert [document.local(item) for item in info] == [
        "Provider", "SignatureMethod", "SignatureDateTime", "References", "StampAnnot", "Seal",
    ]  # fmt: skip
    stamp = document.child(info, "StampAnnot")
    assert stamp is not None
    assert (stamp.get("PageRef"), stamp.get("Boundary")) == ("1", "129 219 42 42")
    references = document.child(info, "References")
    assert references is not None
    assert references.get("CheckMethod") == "1.2.156.10197.1.401"
    body = document.children(package.xml("OFD.xml"), "DocBody")[0]
    assert [document.local(item) for item in body] == ["DocInfo", "DocRoot", "Signatures"]


def test_only_the_root_changes(one_region: Region) -> None:
    before, after = Package.read(papers.ofd()), Package.read(seal(one_region, papers.ofd()))
    assert {name for name in before if before.file(name) != after.file(name)} == {"OFD.xml"}


def test_a_closed_file_takes_no_other_seal(one_region: Region) -> None:
    with pytest.raises(PackageError, match=r"ofd\.locked"):
        seal(one_region, seal(one_region, papers.ofd()))


def test_an_open_file_takes_a_second_seal_and_both_hold(one_region: Region) -> None:
    twice = seal(one_region, seal(one_region, papers.ofd(), closing=False), place=Placement(1, 60, 240))
    package = Package.read(twice)
    for index in (0, 1):
        signature, place = signature_of(package, index)
        assert signature.data_hash == oracles.openssl_sm3(package.file(place))
        for name, value in referenced(package.xml(place)).items():
            assert base64.b64decode(value) == oracles.openssl_sm3(package.file(name[1:]))
    with pytest.raises(PackageError, match=r"ofd\.locked"):
        seal(one_region, twice)


@pytest.mark.parametrize("name", ["helloworld.ofd", "SESV4SignDoc.ofd"])
def test_foreign_files_are_sealed_or_refused_as_locked(one_region: Region, name: str) -> None:
    """A signed sample that leaves its list open takes a second seal, and the first still holds."""
    octets = (VECTORS / "ofd" / name).read_bytes()
    package = Package.read(seal(one_region, octets))
    count = len(document.children(package.xml(document.only_body(package).signatures or ""), "Signature"))
    assert count == (1 if name.startswith("hello") else 2)
    for index in range(count):
        signature, place = signature_of(package, index)
        assert signature.data_hash == oracles.openssl_sm3(package.file(place))
        for reference, value in referenced(package.xml(place)).items():
            assert base64.b64decode(value) == oracles.openssl_sm3(package.file(reference[1:]))


def test_a_file_under_gm_integrity_protection_is_refused(one_region: Region) -> None:
    """GM/T 0099 lists every file of the package; one more, and the list is false."""
    with pytest.raises(PackageError, match=r"ofd\.integrity"):
        seal(one_region, (VECTORS / "ofd" / "hello-integrity.ofd").read_bytes())


@pytest.mark.parametrize("name", ["allprotected.ofd", "V4RideRight.ofd"])
def test_a_locked_foreign_file_is_refused(one_region: Region, name: str) -> None:
    with pytest.raises(PackageError, match=r"ofd\.locked"):
        seal(one_region, (VECTORS / "ofd" / name).read_bytes())


def test_a_second_document_or_a_stray_list_is_refused(one_region: Region) -> None:
    parts = dict(Package.read(papers.ofd()).entries)
    root = parts["OFD.xml"].decode()
    body = root[root.index("<ofd:DocBody>") : root.index("</ofd:OFD>")]
    with pytest.raises(PackageError, match=r"ofd\.several_documents"):
        seal(one_region, write({**parts, "OFD.xml": root.replace(body, body + body).encode()}))
    with pytest.raises(PackageError, match=r"ofd\.stray_signatures"):
        seal(one_region, write({**parts, "Doc_0/Signs/Signatures.xml": b"<x/>"}))


def test_a_page_that_is_not_there_is_refused(one_region: Region) -> None:
    with pytest.raises(PackageError, match=r"ofd\.no_such_page"):
        seal(one_region, papers.ofd(), place=Placement(2, 100, 100))


def _mutated(package: Package) -> dict[str, dict[str, bytes]]:
    """The kinds of mutation of T20, each as the entries of a file somebody else made of ours."""
    parts = dict(package.entries)
    page, listed, folder = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0"
    other = bytearray(parts[f"{folder}/SignedValue.dat"])
    other[-3] ^= 1
    return {
        "page changed": {**parts, page: parts[page].replace(b"GENUINE", b"FORGED!")},
        "file added": {**parts, "Doc_0/Res/extra.xml": b"<x/>"},
        "file removed": {name: data for name, data in parts.items() if name != page},
        "root changed": {**parts, "OFD.xml": parts["OFD.xml"].replace(b"00112233", b"99112233")},
        "list changed": {**parts, listed: parts[listed].replace(b"s001", b"s002")},
        "seal swapped": {**parts, f"{folder}/Seal.esl": parts[f"{folder}/Seal.esl"] + b"\x00"},
        "signature changed": {
            **parts,
            f"{folder}/Signature.xml": parts[f"{folder}/Signature.xml"].replace(b"129 219", b"10 10"),
        },
        "value changed": {**parts, f"{folder}/SignedValue.dat": bytes(other)},
    }


@pytest.mark.parametrize("kind", sorted(_mutated(Package({
    "Doc_0/Pages/Page_0/Content.xml": b"", "OFD.xml": b"", "Doc_0/Signs/Signatures.xml": b"",
    "Doc_0/Signs/Sign_0/Seal.esl": b"", "Doc_0/Signs/Sign_0/Signature.xml": b"",
    "Doc_0/Signs/Sign_0/SignedValue.dat": b"12345",
}))))  # fmt: skip
def test_comparing_refuses_every_mutation(one_region: Region, kind: str) -> None:
    from seal.find import row_of

    sealed = seal(one_region, papers.ofd())
    ready = held(one_region.room, row_of(one_region.room, one_region.principal, one_region.seal_id))
    approved, time = Package.read(papers.ofd()), one_region.clock.now()
    check_ofd(approved, Package.read(sealed), ready, Ordered(time, closing=True))
    with pytest.raises((SealedDiffers, PackageError)):
        check_ofd(
            approved, Package.read(write(_mutated(Package.read(sealed))[kind])), ready, Ordered(time, closing=True)
        )


def test_the_chain_ends_at_our_root(one_region: Region) -> None:
    signature, _ = signature_of(Package.read(seal(one_region, papers.ofd())))
    assert len(chain(one_region.room.ca, signature.certificate)) == 2
    assert len(chain(one_region.room.ca, signature.seal.maker_certificate)) == 2
    assert parse(signature.raw).raw == signature.raw
