"""OFD packages: what is left open is named, what two readers could read in two ways is refused (T20)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from foundation.clock import FixedClock
from seal.ofd.package import NAMESPACE, Package, PackageError, write
from tests.verify import odd_packages as odd
from tests.verify import odd_seals, pki
from tests.verify.odd_packages import Entry, Signing
from tests.verify.pki import NOW, Region
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

NAMED = f'xmlns:ofd="{NAMESPACE}"'


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("packages")


@pytest.fixture(scope="module")
def trust(region: Region) -> TrustStore:
    return TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())


@pytest.fixture(scope="module")
def ask(trust: TrustStore) -> Callable[[bytes], Report]:
    return lambda data: judge(data, name="paper.ofd", context=Context(trust, FixedClock(NOW)))


Ask = Callable[[bytes], Report]


def codes(report: Report) -> set[str]:
    return {item.code for item in report.findings}


def test_a_good_package(region: Region, ask: Ask) -> None:
    report = ask(write(odd.sealed(region)))
    assert (report.verdict, report.intact) == (Verdict.GENUINE, True), report.findings
    assert report.signatures[0].unprotected == ("Doc_0/Signs/Signatures.xml",)
    assert report.has("ofd.unprotected")


# --- what is left open -----------------------------------------------------------------------------------------------

DOCUMENT = (
    f"<ofd:Document {NAMED}><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
    "</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
    '<ofd:TemplatePage ID="5" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages>'
    '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages><ofd:Annotations>Annots/Annotations.xml'
    "</ofd:Annotations><ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>"
).encode()
RICH = {
    "Doc_0/Document.xml": DOCUMENT,
    "Doc_0/PublicRes.xml": f'<ofd:Res {NAMED} BaseLoc="Res"><ofd:Fonts><ofd:Font ID="4" FontName="x"><ofd:FontFile>'
    "f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts></ofd:Res>".encode(),
    "Doc_0/Res/f.ttf": b"font",
    "Doc_0/Tpls/Tpl_0/Content.xml": f"<ofd:Page {NAMED}/>".encode(),
    "Doc_0/Annots/Annotations.xml": f'<ofd:Annotations {NAMED}><ofd:Page PageID="1"><ofd:FileLoc>Page_0/Annotation.xml'
    "</ofd:FileLoc></ofd:Page></ofd:Annotations>".encode(),
    "Doc_0/Annots/Page_0/Annotation.xml": f"<ofd:PageAnnot {NAMED}/>".encode(),
    "Doc_0/Attachs/Attachments.xml": f'<ofd:Attachments {NAMED}><ofd:Attachment ID="a"><ofd:FileLoc>data.xml'
    "</ofd:FileLoc></ofd:Attachment></ofd:Attachments>".encode(),
    "Doc_0/Attachs/data.xml": b"<data/>",
    "Doc_0/leaflet.txt": b"read me",
}


@pytest.mark.parametrize(
    ("left", "code"),
    [
        ("Doc_0/Pages/Page_0/Content.xml", "ofd.open_page"),
        ("Doc_0/Tpls/Tpl_0/Content.xml", "ofd.open_template"),
        ("Doc_0/Annots/Annotations.xml", "ofd.open_annotation"),
        ("Doc_0/Annots/Page_0/Annotation.xml", "ofd.open_annotation"),
        ("Doc_0/Attachs/data.xml", "ofd.open_attachment"),
        ("Doc_0/Res/f.ttf", "ofd.open_resource"),
        ("Doc_0/leaflet.txt", "ofd.open_unused"),
    ],
)
def test_each_open_part_is_named(region: Region, ask: Ask, left: str, code: str) -> None:
    assert ask(write(odd.sealed(region, RICH))).verdict is Verdict.GENUINE
    report = ask(write(odd.sealed(region, RICH, leave=[left])))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False)
    assert {code, "ofd.unlisted"} <= codes(report)
    [named] = [item for item in report.findings if item.code == code]
    assert left in named.text.zh
    assert left in report.signatures[0].unprotected


def test_an_open_root_is_told_and_not_refused(region: Region, ask: Ask) -> None:
    report = ask(write(odd.sealed(region, leave=["OFD.xml"])))
    assert report.verdict is Verdict.GENUINE
    assert "OFD.xml" in report.signatures[0].unprotected


# --- lists and references --------------------------------------------------------------------------------------------


def test_the_same_reference_twice(region: Region, ask: Ask) -> None:
    for second in ("/Doc_0/Document.xml", "../../Document.xml", "Doc_0/Document.xml"):
        files = odd.with_lists(odd.parts(), "Doc_0")
        made = odd.sign(region, files, files, again=[(second, files["Doc_0/Document.xml"])])
        files |= {**made, "Doc_0/Signs/Signatures.xml": odd.listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml"))}
        assert ask(write(files)).verdict is Verdict.NOT_GENUINE, second
    assert ask(write(files)).has("ofd.reference_twice")


@pytest.mark.parametrize("place", ["/../etc/passwd", "/Doc_0\\Document.xml", "C:/x", "/Doc_0//Document.xml", ""])
def test_a_reference_outside(region: Region, ask: Ask, place: str) -> None:
    files = odd.with_lists(odd.parts(), "Doc_0")
    made = odd.sign(region, files, files, again=[(place, b"x")])
    files |= {**made, "Doc_0/Signs/Signatures.xml": odd.listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml"))}
    report = ask(write(files))
    assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False)


def test_a_case_variant_of_a_reference_is_another_file(region: Region, ask: Ask) -> None:
    files = odd.with_lists(odd.parts(), "Doc_0")
    covered = [name for name in files if name != "Doc_0/Document.xml"]
    made = odd.sign(region, files, covered, again=[("/doc_0/document.XML", files["Doc_0/Document.xml"])])
    files |= {**made, "Doc_0/Signs/Signatures.xml": odd.listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml"))}
    assert ask(write(files)).has("ofd.reference")


def test_a_swapped_list(region: Region, ask: Ask) -> None:
    """The second seal taken off the list, put on it twice, or lent another number."""
    files = odd.sealed(region)
    second = Signing(folder="Doc_0/Signs/Sign_1")
    files |= odd.sign(region, files, [name for name in files if "Signatures.xml" not in name], second)
    first, other = "/Doc_0/Signs/Sign_0/Signature.xml", "/Doc_0/Signs/Sign_1/Signature.xml"

    def listed(*entries: tuple[str, str]) -> Report:
        return ask(write({**files, "Doc_0/Signs/Signatures.xml": odd.listing(*entries)}))

    assert listed(("s001", first), ("s002", other)).verdict is Verdict.GENUINE
    dropped = listed(("s001", first))
    assert (dropped.verdict, dropped.has("ofd.unlisted")) == (Verdict.NOT_GENUINE, True)
    doubled = listed(("s001", first), ("s002", other), ("s003", other))
    assert (doubled.verdict, doubled.intact, doubled.has("ofd.signature_twice")) == (Verdict.NOT_GENUINE, False, True)
    assert listed(("s001", first), ("s001", other)).has("ofd.id_twice")
    assert listed().has("unsigned")


def test_elements_that_stand_twice(region: Region, ask: Ask) -> None:
    files = odd.sealed(region, leave=["OFD.xml"])
    root = files["OFD.xml"].decode()
    named = "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    for second in (named, "<Signatures>/Doc_0/Other.xml</Signatures>", "<ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>"):
        report = ask(write({**files, "OFD.xml": root.replace(named, named + second).encode()}))
        assert (report.verdict, report.has("file.damaged")) == (Verdict.NOT_GENUINE, True), second


# --- several documents -----------------------------------------------------------------------------------------------


def two_documents() -> dict[str, bytes]:
    files = odd.parts()
    body = files["OFD.xml"].decode()
    start, end = body.index("<ofd:DocBody>"), body.index("</ofd:OFD>")
    other = body[start:end].replace("Doc_0/", "Doc_1/").replace("00112233", "99112233")
    files["OFD.xml"] = (body[:end] + other + body[end:]).encode()
    return files | {name.replace("Doc_0/", "Doc_1/"): data for name, data in files.items() if name.startswith("Doc_0/")}


def test_each_document_needs_its_own_seal(region: Region, ask: Ask) -> None:
    files = odd.with_lists(two_documents(), "Doc_0", "Doc_1")
    lists = {
        f"Doc_{n}/Signs/Signatures.xml": odd.listing(("s001", f"/Doc_{n}/Signs/Sign_0/Signature.xml")) for n in (0, 1)
    }
    of = {n: [name for name in files if name.startswith(f"Doc_{n}/")] for n in (0, 1)}
    made = {n: odd.sign(region, files, of[n], Signing(folder=f"Doc_{n}/Signs/Sign_0")) for n in (0, 1)}
    both = ask(write({**files, **lists, **made[0], **made[1]}))
    assert (both.verdict, len(both.signatures)) == (Verdict.GENUINE, 2), both.findings
    assert both.has("ofd.several_documents")
    assert both.signatures[1].name == "Doc_1/Document.xml#s001"
    # the seal of the first covers the octets of the second, and is still not the second's own
    lent = odd.sign(region, files, [*of[0], *of[1]], Signing(folder="Doc_0/Signs/Sign_0"))
    empty = {**lists, "Doc_1/Signs/Signatures.xml": odd.listing()}
    report = ask(write({**files, **empty, **lent}))
    assert (report.verdict, report.has("ofd.unsealed_document")) == (Verdict.NOT_GENUINE, True)
    # one list for both shows the first one's seal on the second
    shared = files["OFD.xml"].replace(b"/Doc_1/Signs/Signatures.xml", b"/Doc_0/Signs/Signatures.xml")
    assert ask(write({**files, **lists, **made[0], "OFD.xml": shared})).has("file.damaged")


# --- archives --------------------------------------------------------------------------------------------------------


def crc(data: bytes) -> int:
    return zlib.crc32(data)


def _faults(files: dict[str, bytes]) -> dict[str, bytes]:
    good = odd.packed(files)
    page = next(entry for entry in good if entry.name.endswith("Content.xml"))
    at = good.index(page)

    def with_page(**more: object) -> list[Entry]:
        return [*good[:at], replace(page, **more), *good[at + 1 :]]  # type: ignore[arg-type]

    true = (crc(page.data), len(page.data), len(page.data))
    unicode_path = b"\x75\x70" + (5 + 8).to_bytes(2, "little") + b"\x01" + bytes(4) + b"evil.xml"
    return {
        "duplicate": odd.archive([*good, Entry(page.name, b"<other/>")]),
        "case variant": odd.archive([*good, Entry(page.name.upper(), b"<other/>")]),
        "decomposed variant": odd.archive([*good, Entry("Doc_0/é", b"1"), Entry("Doc_0/e\u0301", b"2")]),
        "file and folder": odd.archive([*good, Entry("Doc_0/Document.xml/x", b"1")]),
        "trailing dot": odd.archive([*good, Entry("OFD.xml.", b"<other/>")]),
        "climbing": odd.archive([*good, Entry("../OFD.xml", b"x")]),
        "absolute": odd.archive([*good, Entry("/OFD.xml", b"x")]),
        "backslash": odd.archive([*good, Entry("Doc_0\\Document.xml", b"x")]),
        "drive": odd.archive([*good, Entry("C:/OFD.xml", b"x")]),
        "second root": odd.archive([*good, Entry("Doc_0/OFD.xml", files["OFD.xml"])]),
        "second root, case": odd.archive([*good, Entry("Doc_0/ofd.XML", files["OFD.xml"])]),
        "local name": odd.archive(with_page(local_name="Doc_0/Pages/Page_0/Content.xmL")),
        "local size": odd.archive(with_page(local_size=3)),
        "second name": odd.archive(with_page(extra=unicode_path)),
        "lying descriptor": odd.archive(with_page(descriptor=(true[0] ^ 1, *true[1:]))),
        "lying descriptor size": odd.archive(with_page(descriptor=(true[0], true[1] + 1, true[2]))),
        "octets between": odd.archive(with_page(gap=b"PK\x03\x04 hidden")),
        "overlap": odd.archive([*good, Entry("Doc_0/x", page.data, at=0)]),
        "before": odd.archive(good, prefix=b"#!/bin/sh\n"),
        "before, shifted": b"#!/bin/sh\n" + odd.archive(good),
        "after": odd.archive(good, suffix=b"more"),
        "second archive": odd.archive(good) + odd.archive([Entry("OFD.xml", b"<other/>")]),
        "fewer counted": odd.archive(good, count=len(good) - 1),
        "more counted": odd.archive(good, count=len(good) + 1),
    }


NAMES = (
    "duplicate", "case variant", "decomposed variant", "file and folder", "trailing dot", "climbing", "absolute",
    "backslash", "drive", "second root", "second root, case", "local name", "local size", "second name",
    "lying descriptor", "lying descriptor size", "octets between", "overlap", "before", "before, shifted", "after",
    "second archive", "fewer counted", "more counted",
)  # fmt: skip


@pytest.fixture(scope="module")
def faults(region: Region) -> dict[str, bytes]:
    return _faults(odd.sealed(region))


@pytest.mark.parametrize("name", NAMES)
def test_an_ambiguous_archive_is_refused(faults: dict[str, bytes], ask: Ask, name: str) -> None:
    assert set(faults) == set(NAMES)
    report = ask(faults[name])
    assert (report.verdict, report.intact, report.has("file.damaged")) == (Verdict.NOT_GENUINE, False, True)


def test_an_honest_archive_with_descriptors(region: Region, ask: Ask) -> None:
    """As every Java writer makes them."""
    files = odd.sealed(region)
    entries = [Entry(name, data, descriptor=(crc(data), len(data), len(data))) for name, data in files.items()]
    assert ask(odd.archive(entries)).verdict is Verdict.GENUINE


def test_a_path_with_two_readings() -> None:
    """Without a slash in front, readers differ in where they start."""
    package = Package({"OFD.xml": b"", "a.xml": b"", "Doc_0/a.xml": b"", "Doc_0/b.xml": b"", "c.xml": b""})
    with pytest.raises(PackageError, match=r"ofd\.ambiguous_path"):
        package.resolve("a.xml", base="Doc_0/Document.xml")
    assert package.resolve("./a.xml", base="Doc_0/Document.xml") == "Doc_0/a.xml"
    assert package.resolve("b.xml", base="Doc_0/Document.xml") == "Doc_0/b.xml"
    assert package.resolve("c.xml", base="Doc_0/Document.xml") == "c.xml"
    assert package.resolve("/a.xml", base="Doc_0/Document.xml") == "a.xml"


# --- times, digests, older and other protocols -----------------------------------------------------------------------


def signed_with(region: Region, how: Signing) -> bytes:
    files = odd.with_lists(odd.parts(), "Doc_0")
    made = odd.sign(region, files, files, how)
    listed = odd.listing(("s001", "/Doc_0/Signs/Sign_0/Signature.xml"))
    return write({**files, **made, "Doc_0/Signs/Signatures.xml": listed})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("20261122100000Z", "deviation.fake_z"),
        ("20261122100000.302Z", "deviation.fake_z"),
        ("2026-11-22 10:00:00", None),
        ("20261122100000", None),
        ("20261122020003Z", None),
        ("20261121020003Z", "ofd.time_differs"),
        ("yesterday", None),
    ],
)
def test_times_beside_the_signed_one(region: Region, ask: Ask, text: str, code: str | None) -> None:
    report = ask(signed_with(region, Signing(time=text)))
    assert report.verdict is Verdict.GENUINE
    assert report.signatures[0].time == NOW
    assert {item for item in codes(report) if item in ("deviation.fake_z", "ofd.time_differs")} == {code} - {None}


@pytest.mark.parametrize(
    ("method", "code", "verdict"),
    [
        ("1.2.156.10197.1.401", None, Verdict.GENUINE),
        ("sm3", None, Verdict.GENUINE),
        ("1.2.156.10197.1.401.2", "ofd.digest_keyed", Verdict.NOT_GENUINE),
        ("CRC32", "ofd.digest_unknown", Verdict.CANNOT_TELL),
    ],
)
def test_digest_names(region: Region, ask: Ask, method: str, code: str | None, verdict: Verdict) -> None:
    report = ask(signed_with(region, Signing(method=method)))
    assert report.verdict is verdict
    assert code is None or report.has(code)


@pytest.mark.parametrize("over_digest", [False, True])
def test_a_bare_value_is_judged_when_its_certificate_is_found(
    region: Region, trust: TrustStore, over_digest: bool
) -> None:
    data = write(odd.bare(region.seal, odd.parts(), over_digest=over_digest))
    nobody = judge(data, name=None, context=Context(trust, FixedClock(NOW)))
    assert (nobody.verdict, nobody.has("ofd.bare_value")) == (Verdict.CANNOT_TELL, True)
    known = TrustStore.build(
        [region.root.certificate],
        intermediates=[region.issuing.certificate],
        leaves=[region.code.certificate, region.seal.certificate],
        crls=region.crls(),
    )
    found = judge(data, name=None, context=Context(known, FixedClock(NOW)))
    assert (found.verdict, found.intact, found.has("deviation.bare_value")) == (Verdict.GENUINE, True, True)
    assert found.signatures[0].signer == "印川市市场监督管理局"
    strict = judge(data, name=None, context=Context(known, FixedClock(NOW), strict=True))
    assert strict.verdict is Verdict.NOT_GENUINE
    page = write({**odd.bare(region.seal, odd.parts(), over_digest=over_digest), "Doc_0/Document.xml": b"<x/>"})
    assert judge(page, name=None, context=Context(known, FixedClock(NOW))).verdict is Verdict.NOT_GENUINE


def with_integrity(files: dict[str, bytes], signer: pki.Entity, names: list[str] | None = None) -> dict[str, bytes]:
    """GM/T 0099: the names of all files, signed (a bare value here; `hello-integrity.ofd` has a container)."""
    listed = "".join(f'<ofd:File ID="{n}" FileLoc="/{name}"/>' for n, name in enumerate(names or files))
    entries = (
        f"<ofd:DocEntries {NAMED}><ofd:SignedValueLoc>/signedvalue.dat</ofd:SignedValueLoc>"
        f"<ofd:FileList>{listed}</ofd:FileList></ofd:DocEntries>"
    ).encode()
    return {**files, "OFDEntries.xml": entries, "signedvalue.dat": signer.sign(entries)}


def test_the_integrity_protocol(region: Region, trust: TrustStore) -> None:
    known = replace(trust, leaves=TrustStore.build([region.seal.certificate]).anchors)
    context = Context(known, FixedClock(NOW))

    def verdict(files: dict[str, bytes]) -> Report:
        return judge(write(files), name=None, context=context)

    alone = verdict(with_integrity(odd.parts(), region.seal))
    assert (alone.verdict, alone.intact) == (Verdict.CANNOT_TELL, False)
    assert alone.signatures[0].intact
    assert alone.has("ofd.integrity_names_only")
    both = verdict(with_integrity(odd.sealed(region), region.seal))
    assert (both.verdict, both.has("ofd.integrity_list")) == (Verdict.GENUINE, True), both.findings
    sealed = odd.sealed(region)
    more = verdict({**with_integrity(sealed, region.seal), "smuggled.xml": b"<x/>"})
    assert (more.verdict, more.has("ofd.integrity_extra")) == (Verdict.NOT_GENUINE, True)
    assert verdict(with_integrity(sealed, region.seal, [*sealed, "gone.xml"])).has("ofd.integrity_missing")
    assert verdict(with_integrity(sealed, region.seal, [*sealed, "OFD.xml"])).has("ofd.integrity_twice")
    altered = with_integrity(sealed, region.seal)
    altered["OFDEntries.xml"] += b"\n"
    assert verdict(altered).verdict is not Verdict.GENUINE


def test_encrypted_packages_are_called_so(region: Region, ask: Ask) -> None:
    report = ask(write({"OFD.xml": b"\x00\x01\x02", "Encryptions.xml": b"<x/>", "Doc_0/a.dat": b"\x03"}))
    assert (report.verdict, codes(report)) == (Verdict.CANNOT_TELL, {"ofd.encrypted"})
    data = bytearray(write(odd.sealed(region)))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 1)
    assert codes(ask(bytes(data))) == {"ofd.encrypted"}


def test_the_seal_beside_is_the_seal_inside(region: Region, ask: Ask) -> None:
    files = odd.sealed(region)
    other = odd_seals.seal(region.maker, region.seal)
    assert ask(write({**files, "Doc_0/Signs/Sign_0/Seal.esl": other})).verdict is Verdict.NOT_GENUINE
