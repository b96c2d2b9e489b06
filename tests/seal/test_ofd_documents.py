"""Packages of several documents, permissions, identifiers, plain signatures, version 5."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from ca.reading import read_certificate
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM
from seal import cms, ses
from seal.make import make_seal
from seal.models import SealOrder
from seal.ofd import document
from seal.ofd.package import Package, PackageError, write
from seal.ofd.signing import referenced
from seal.ofd_forms import OfdForm
from seal.orders import OfdOrder, Placement, SealRequest
from seal.ses import Standard
from seal.several import Further
from seal.several_ofd import stamp_several_ofd
from seal.stamp import stamp_ofd
from tests.seal import oracles, papers
from tests.seal.conftest import Region

PLACE = Placement(1, 150, 240)
ONE, TWO = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"


def stamp(region: Region, octets: bytes, **more: object) -> bytes:
    order = OfdOrder(octets, region.seal_id, PLACE, region.key(), closing=False)
    return stamp_ofd(region.room, region.principal, replace(order, **more)).document  # type: ignore[arg-type]


def two(*, named: bool = False) -> bytes:
    """Two documents in one package; `named`: the second names its list of signatures already."""
    parts = dict(Package.read(papers.ofd()).entries)
    second = {name.replace("Doc_0", "Doc_1"): data for name, data in parts.items() if name.startswith("Doc_0")}
    root = parts["OFD.xml"].decode()
    body = root[root.index("<ofd:DocBody>") : root.index("</ofd:OFD>")]
    other = body.replace("Doc_0", "Doc_1").replace(ONE, TWO)
    if named:
        other = other.replace("</ofd:DocBody>", "<ofd:Signatures>/Doc_1/L.xml</ofd:Signatures></ofd:DocBody>")
        second["Doc_1/L.xml"] = b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"/>'
    return write({**parts, **second, "OFD.xml": root.replace(body, body + other).encode()})


def all_hold(octets: bytes) -> list[int]:
    """Every digest of every signature of every document holds; how many each has."""
    package, counts = Package.read(octets), []
    for body in document.bodies(package):
        assert body.signatures
        items = document.children(package.xml(body.signatures), "Signature")
        for item in items:
            place = package.resolve(item.get("BaseLoc", ""), base=body.signatures)
            for name, value in referenced(package.xml(place)).items():
                assert base64.b64decode(value) == oracles.openssl_sm3(package.file(name[1:])), name
            value = package.file(place.replace("Signature.xml", "SignedValue.dat"))
            assert ses.read_signature(value).data_hash == oracles.openssl_sm3(package.file(place))
        counts.append(len(items))
    return counts


@pytest.mark.parametrize("named", [False, True])
def test_each_document_takes_its_own_seal_and_all_hold(one_region: Region, named: bool) -> None:
    first = stamp(one_region, two(named=named), which="1")
    assert all_hold(first) == [1, 0]
    second = stamp(one_region, first, which=TWO)
    assert all_hold(second) == [1, 1]
    closed = stamp(one_region, second, which="1", closing=True)
    assert all_hold(closed) == [2, 1]
    for which in ("1", "2"):
        with pytest.raises(PackageError, match=r"ofd\.locked"):
            stamp(one_region, closed, which=which)


@pytest.mark.parametrize(
    ("which", "code"),
    [(None, "ofd.several_documents"), ("3", "ofd.no_such_document"), ("a" * 32, "ofd.no_such_document")],
)
def test_which_document_must_be_clear(one_region: Region, which: str | None, code: str) -> None:
    with pytest.raises(PackageError) as caught:
        stamp(one_region, two(), which=which)
    assert caught.value.code == code


@pytest.mark.parametrize("wrong", [(TWO.encode(), ONE.encode()), (b"Doc_1/Document.xml", b"Doc_0/Document.xml")])
def test_documents_that_look_alike_are_refused(one_region: Region, wrong: tuple[bytes, bytes]) -> None:
    parts = dict(Package.read(two()).entries)
    parts["OFD.xml"] = parts["OFD.xml"].replace(*wrong)
    with pytest.raises(PackageError, match=r"ofd\.documents_alike"):
        stamp(one_region, write(parts), which="1")


@pytest.mark.parametrize("which", ["0", "x", "1/2", "..", "1" * 32 + "z"])
def test_a_name_that_is_none_is_refused(one_region: Region, which: str) -> None:
    with pytest.raises(InvalidInput, match=r"seal\.ofd_which"):
        stamp(one_region, two(), which=which)


def test_what_the_author_forbids_is_not_done_and_leaves_no_order(region: Region) -> None:
    parts = dict(Package.read(papers.ofd()).entries)
    name, said = "Doc_0/Document.xml", b"<ofd:Permissions><ofd:Signature>%s</ofd:Signature></ofd:Permissions>"
    key = region.key()
    for value, allowed in ((b"false", False), (b" 0 ", False), (b"true", True)):
        changed = parts[name].replace(b"</ofd:Document>", said % value + b"</ofd:Document>")
        octets = write({**parts, name: changed})
        if allowed:
            assert all_hold(stamp(region, octets, order_key=key)) == [1]
            continue
        with pytest.raises(PackageError, match=r"ofd\.signature_forbidden"):
            stamp(region, octets, order_key=key)
        with region.room.ground.db.read() as session:
            assert not list(session.scalars(select(SealOrder).where(SealOrder.order_key == key)))


def test_an_earlier_signature_over_the_root_is_never_broken(one_region: Region) -> None:
    """A foreign writer sealed document 1, OFD.xml too, and gave document 2 no list: naming one breaks that seal."""
    sealed = dict(Package.read(stamp(one_region, two(), which="1")).entries)
    root = sealed["OFD.xml"]
    cut = root.replace(b"<ofd:Signatures>/Doc_1/Signs/Signatures.xml</ofd:Signatures>", b"")
    assert cut != root
    del sealed["Doc_1/Signs/Signatures.xml"]
    octets = write({**sealed, "OFD.xml": cut})
    with pytest.raises(PackageError, match=r"ofd\.would_break"):
        stamp(one_region, octets, which="2")
    assert "Doc_0/Signs/Sign_1/Signature.xml" in Package.read(stamp(one_region, octets, which="1"))


def test_identifiers_go_on_from_the_highest_ever_given(one_region: Region) -> None:
    """MaxSignId outlives a signature somebody took out again."""
    sealed = dict(Package.read(stamp(one_region, papers.ofd())).entries)
    listed = "Doc_0/Signs/Signatures.xml"
    sealed[listed] = sealed[listed].replace(b"MaxSignId>s001<", b"MaxSignId>s041<")
    root = Package.read(stamp(one_region, write(sealed))).xml(listed)
    assert [item.get("ID") for item in document.children(root, "Signature")] == ["s001", "s042"]
    assert document.text(document.child(root, "MaxSignId")) == "s042"


def test_a_plain_signature_is_a_gm_message_over_the_signature_file(region: Region, tmp_path: Path) -> None:
    package = Package.read(stamp(region, papers.ofd(), form=OfdForm.SIGN, place=(), closing=True))
    item = document.children(package.xml("Doc_0/Signs/Signatures.xml"), "Signature")[0]
    assert item.get("Type") == "Sign"
    info = document.child(package.xml("Doc_0/Signs/Sign_0/Signature.xml"), "SignedInfo")
    assert info is not None
    assert [document.local(one) for one in info] == ["Provider", "SignatureMethod", "SignatureDateTime", "References"]
    assert "Doc_0/Signs/Sign_0/Seal.esl" not in package
    made = cms.read(package.file("Doc_0/Signs/Sign_0/SignedValue.dat"))
    signer = made.signers[0]
    assert (made.dialect, made.content, len(signer.time_stamps)) == ("gm", None, 1)
    assert signer.message_digest == oracles.openssl_sm3(package.file("Doc_0/Signs/Sign_0/Signature.xml"))
    own = next(one for one in made.certificates if read_certificate(one).serial == signer.serial)
    assert oracles.openssl_sm2(tmp_path, own, signer.signed_octets or b"", signer.signature)
    with pytest.raises(PackageError, match=r"ofd\.locked"):
        stamp(region, write(package.entries))
    with pytest.raises(InvalidInput, match=r"seal\.ofd_place"):
        stamp(region, papers.ofd(), form=OfdForm.SIGN)


@pytest.mark.parametrize("time_stamp", [True, False])
def test_version_five_and_the_time_stamp_are_in_the_order(one_region: Region, tmp_path: Path, time_stamp: bool) -> None:
    package = Package.read(stamp(one_region, papers.ofd(), version=5, time_stamp=time_stamp))
    signature = ses.read_signature(package.file("Doc_0/Signs/Sign_0/SignedValue.dat"))
    assert (signature.standard, signature.version) == (Standard.GMT_0031_2025, 5)
    assert (signature.time_stamp is not None) is time_stamp
    assert oracles.openssl_sm2(tmp_path, signature.certificate, signature.signed, signature.signature)
    with pytest.raises(InvalidInput, match=r"seal\.ofd_version"):
        stamp(one_region, papers.ofd(), version=3)


def further(region: Region, x: float) -> tuple[Further, ...]:
    """The office's second seal: its name seal, made when first wanted."""
    request = SealRequest(region.market.department, "印川市市场监督管理局", "21990000000071", "印川市市场监督管理局")
    return (Further(make_seal(region.room, SYSTEM, request).id, Placement(1, x, 60)),)


def test_several_seals_in_one_order_close_with_the_last(region: Region) -> None:
    key = region.key()
    order = OfdOrder(papers.ofd(), region.seal_id, PLACE, key)
    done = stamp_several_ofd(region.room, region.principal, order, further(region, 60))
    assert all_hold(done.document) == [2]
    assert stamp_several_ofd(region.room, region.principal, order, further(region, 60)).document == done.document
    with pytest.raises(PackageError, match=r"ofd\.locked"):
        stamp(region, done.document)
    with region.room.ground.db.read() as session:
        found = list(session.scalars(select(SealOrder).where(SealOrder.order_key.startswith(key))))
    assert {row.order_key for row in found} == {f"{key}#1/2", f"{key}#2/2"}


def test_a_second_seal_that_cannot_lie_there_stops_the_first_too(region: Region) -> None:
    key = region.key()
    order = OfdOrder(papers.ofd(), region.seal_id, PLACE, key)
    with pytest.raises(InvalidInput, match=r"seal\.bad_place"):
        stamp_several_ofd(region.room, region.principal, order, further(region, 1))
    with region.room.ground.db.read() as session:
        assert not list(session.scalars(select(SealOrder).where(SealOrder.order_key.startswith(key))))
