"""Published attacks on sealed files, remade on our own (facts: sealing 5.3, security T18 to T20)."""

from __future__ import annotations

import re
import zlib
from io import BytesIO

import pikepdf
import pytest

from ca.suites import Suite
from seal.ofd.package import Package, write
from seal.pdf.appearance import Appearance
from seal.pdf.revision import Closing, Visible
from tests.seal import papers
from tests.verify import pki, sealing
from tests.verify.conftest import Sealed
from tests.verify.test_sealed import told
from verify.report import Verdict
from verify.trust import TrustStore


def increment(data: bytes, objects: dict[int, bytes], root: bytes | None = None, *, honest: bool = True) -> bytes:
    """An incremental update by hand: new objects, cross-reference table, trailer (ISO 32000-2 7.5.6)."""
    previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    size = max([*objects, *(int(n) for n in re.findall(rb"/Size (\d+)", data))]) + 1
    root = root or re.findall(rb"/Root (\d+ 0 R)", data)[-1]
    out, places = bytearray(data if data.endswith(b"\n") else data + b"\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    if not honest:
        return bytes(out)
    table = len(out)
    out += b"xref\n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<</Size %d/Root %s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, previous, table)
    return bytes(out)


def number_of(data: bytes, pattern: bytes) -> int:
    """Number of the last object whose body begins with `pattern`."""
    return int(re.findall(rb"(\d+) 0 obj\s*<<[^>]{0,400}?" + pattern, data)[-1])


def page_content(data: bytes) -> int:
    with pikepdf.open(BytesIO(data)) as document:
        return int(document.pages[0].Contents.objgen[0])


_FORGED = b"BT /F1 40 Tf 72 400 Td (pay one million to somebody else) Tj ET"
STREAM = b"<</Length %d>>\nstream\n%s\nendstream" % (len(_FORGED), _FORGED)


@pytest.mark.parametrize("kind", ["sm2", "dual", "open_sm2"])
def test_isa_page_replaced_in_an_update(sealed: Sealed, kind: str) -> None:
    data = getattr(sealed, kind)
    report = sealed.judge(increment(data, {page_content(data): STREAM}))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.changed_after_sealing"), told(report)
    assert not report.intact


def test_isa_without_cross_reference(sealed: Sealed) -> None:
    """Readers that rebuild a broken table would show the new page."""
    data = sealed.sm2
    report = sealed.judge(increment(data, {page_content(data): STREAM}, honest=False))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.trailing_bytes"), told(report)


@pytest.mark.parametrize(
    "numbers",
    [b"null", b"[0 0 0 0]", b"[0 -1 10 10]", b"[]", b"[0 10 20]", b"[0 99999999 99999999 1]", b"(x)"],
)
def test_usf_byte_range_made_useless(sealed: Sealed, numbers: bytes) -> None:
    data = sealed.sm2
    forged = re.sub(rb"/ByteRange ?\[[^\]]*\]", b"/ByteRange " + numbers, data)
    report = sealed.judge(forged)
    assert report.verdict is Verdict.NOT_GENUINE, told(report)
    assert report.signatures or report.has("file.damaged") or report.has("unsigned")
    assert not report.intact


@pytest.mark.parametrize("contents", [b"<>", b"<00>", b"<" + b"00" * 900 + b">", b"null", b"()"])
def test_usf_contents_made_useless(sealed: Sealed, contents: bytes) -> None:
    report = sealed.judge(re.sub(rb"/Contents <[0-9A-Fa-f]{64,}>", b"/Contents " + contents, sealed.sm2))
    assert report.verdict is Verdict.NOT_GENUINE, told(report)
    assert not report.intact


def test_swa_wider_gap(sealed: Sealed) -> None:
    """Signature wrapping: the second range moved, and something put into the gap."""
    data = sealed.sm2
    match = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\s*\]", data)
    assert match is not None
    first, second, last = (int(group) for group in match.groups())
    extra = b"\n1 0 obj\n<</Evil true>>\nendobj\n"
    moved = data[:second] + extra + data[second:]
    line = b"/ByteRange [0 %d %d %d]" % (first, second + len(extra), last)
    moved = moved.replace(match[0], line.ljust(len(match[0])))
    report = sealed.judge(moved)
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.byte_range"), told(report)


def test_trailing_and_leading_octets(sealed: Sealed) -> None:
    tail = sealed.sm2[sealed.sm2.rindex(b"startxref") :]  # doubled, it looks like the end of a revision
    for data in (sealed.sm2 + b"garbage", sealed.sm2 + b"\n" * 9, sealed.dual + b"%%EOF\n", sealed.sm2 + tail):
        report = sealed.judge(data)
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
    assert sealed.judge(sealed.sm2 + b"garbage").has("pdf.trailing_bytes")
    before = sealed.judge(b"GIF89a" + sealed.sm2)
    assert before.verdict is Verdict.NOT_GENUINE
    assert before.has("pdf.leading_bytes")


def test_eaa_annotation_over_the_text(sealed: Sealed) -> None:
    data = sealed.open_sm2
    with pikepdf.open(BytesIO(data)) as document:
        page, annotations = document.pages[0].objgen[0], [a.objgen[0] for a in document.pages[0].Annots]
        body = document.pages[0].obj.unparse(resolved=True)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[60 700 400 760]/DA(/Helv 30 Tf)/Contents(VALID UNTIL 2099)>>"
    kids = b" ".join(b"%d 0 R" % number for number in [*annotations, 900])
    changed = re.sub(rb"/Annots\s*(\[[^\]]*\]|\d+ 0 R)", b"/Annots [" + kids + b"]", body)
    report = sealed.judge(increment(data, {page: changed, 900: note}))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.changed_after_sealing"), told(report)


def visible() -> Visible:
    """A white box over the text: what a foreign "signature" can look like."""
    return Visible(1, (60.0, 600.0, 500.0, 780.0), 0, Appearance(150, 60, zlib.compress(b"1 1 1 rg 0 0 500 200 re f")))


def test_ssa_foreign_visible_signature_over_the_text(sealed: Sealed) -> None:
    """PyHanko calls this harmless form filling; it covers what was sealed."""
    stranger = pki.region("stranger")
    chain = (stranger.issuing,)
    covered = sealing.pdf(
        stranger.seal, chain=chain, document=sealed.open_sm2, closing=Closing.OPEN, field="X", visible=visible()
    )
    report = sealed.judge(covered)
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("pdf.changed_after_sealing"), told(report)
    assert not report.signatures[0].intact


def test_a_second_seal_of_a_trusted_department_is_welcome(sealed: Sealed) -> None:
    twice = sealed.stamp(sealed.open_sm2, Suite.SM2)
    report = sealed.judge(twice)
    assert report.verdict is Verdict.GENUINE, told(report)
    assert len(report.signatures) == 2
    assert report.has("pdf.sealed_again")


def test_dual_seal_where_only_one_root_is_known(sealed: Sealed) -> None:
    half = TrustStore(sealed.trust.anchors[:1], sealed.trust.intermediates, crls=sealed.trust.crls)
    report = sealed.judge(sealed.dual, trust=half)
    assert report.verdict is Verdict.CANNOT_TELL, told(report)
    assert report.intact
    assert sorted(signature.trusted for signature in report.signatures) == [False, True]


def test_removing_the_second_seal_leaves_a_valid_first_revision(sealed: Sealed) -> None:
    """Cutting a file back to its first revision is what PDF allows; the first seal alone still stands."""
    end = sealed.dual.index(b"%%EOF", sealed.dual.index(b"/ByteRange")) + 6
    assert sealed.judge(sealed.dual[:end]).intact


def test_signature_hidden_from_the_fields(sealed: Sealed) -> None:
    """A later revision empties the form: nothing is listed, yet the octets carry a seal."""
    data = sealed.open_sm2
    with pikepdf.open(BytesIO(data)) as document:
        root = int(document.Root.objgen[0])
        body = document.Root.unparse(resolved=True)
    emptied = re.sub(rb"/AcroForm\s*(<<.*?>>|\d+ 0 R)", b"", body, flags=re.DOTALL)
    report = sealed.judge(increment(data, {root: emptied}))
    assert report.verdict is Verdict.NOT_GENUINE
    assert not report.has("unsigned")
    assert report.has("pdf.changed_after_sealing"), told(report)


def test_a_copied_seal_picture_is_not_a_seal(sealed: Sealed) -> None:
    """The picture of the seal, drawn into an unsealed file."""
    with pikepdf.open(BytesIO(sealed.sm2)) as source, pikepdf.open(BytesIO(papers.pdf())) as target:
        picture = source.pages[0].Annots[0].AP.N
        page = target.pages[0]
        page.Resources.XObject = pikepdf.Dictionary(Seal=target.copy_foreign(picture))
        page.contents_add(b"q 1 0 0 1 300 200 cm /Seal Do Q")
        out = BytesIO()
        target.save(out)
    report = sealed.judge(out.getvalue())
    assert report.verdict is Verdict.NOT_GENUINE
    assert [finding.code for finding in report.findings] == ["unsigned"]


def test_national_subfilters_are_never_called_unsigned(sealed: Sealed) -> None:
    """A library that skips what it does not know would find nothing here."""
    for name in (b"/GM.sm2seal.v2", b"/PBAD.PAdES"):
        renamed = sealed.sm2.replace(b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter " + name.ljust(20))
        report = sealed.judge(renamed)
        assert report.signatures
        assert not report.has("unsigned")
        assert report.verdict is not Verdict.GENUINE


# --- OFD -------------------------------------------------------------------------------------------------------------


CONTENT = "Doc_0/Pages/Page_0/Content.xml"


@pytest.mark.parametrize("kind", ["ofd", "open_ofd"])
def test_ofd_changed_page(sealed: Sealed, kind: str) -> None:
    data = getattr(sealed, kind)
    page = Package.read(data).file(CONTENT).replace(b"GENUINE", b"FORGERY")
    report = sealed.judge(write({**Package.read(data).entries, CONTENT: page}))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("ofd.reference"), told(report)
    assert not report.intact


def test_ofd_added_file_is_refused(sealed: Sealed) -> None:
    report = sealed.judge(write({**Package.read(sealed.open_ofd).entries, "Doc_0/Annots/Annotations.xml": b"<x/>"}))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("ofd.unlisted"), told(report)


def test_ofd_second_document_body(sealed: Sealed) -> None:
    entries = dict(Package.read(sealed.open_ofd).entries)
    second = b"<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    entries["OFD.xml"] = entries["OFD.xml"].replace(b"</ofd:OFD>", second)
    entries["Doc_1/Document.xml"] = entries["Doc_0/Document.xml"]
    report = sealed.judge(write(entries))
    assert report.verdict is Verdict.NOT_GENUINE


def test_ofd_list_emptied(sealed: Sealed) -> None:
    """Signatures.xml stands outside an open signature; without its entry the seal's files are unprotected parts."""
    entries = dict(Package.read(sealed.open_ofd).entries)
    name = next(n for n in entries if n.endswith("Signatures.xml"))
    entries[name] = re.sub(rb"<ofd:Signature .*?/>", b"", entries[name])
    report = sealed.judge(write(entries))
    assert report.verdict is Verdict.NOT_GENUINE


def test_ofd_seal_of_another_file(sealed: Sealed) -> None:
    """The signed value of one file put into another: the hash of its Signature.xml does not fit."""
    ours, theirs = dict(Package.read(sealed.open_ofd).entries), Package.read(sealed.ofd).entries
    value = next(n for n in ours if n.endswith("SignedValue.dat"))
    ours[value] = theirs[value]
    report = sealed.judge(write(ours))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("signature.hash"), told(report)


def test_ofd_seal_file_swapped(sealed: Sealed) -> None:
    entries = dict(Package.read(sealed.open_ofd).entries)
    name = next(n for n in entries if n.endswith("Seal.esl"))
    entries[name] = entries[name][:-1] + bytes([entries[name][-1] ^ 1])
    report = sealed.judge(write(entries))
    assert report.verdict is Verdict.NOT_GENUINE
    assert report.has("ofd.seal_differs"), told(report)


def test_ofd_other_zip_of_the_same_files_is_noticed(sealed: Sealed) -> None:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in Package.read(sealed.ofd).entries.items():
            archive.writestr(name, content)
    report = sealed.judge(out.getvalue())
    assert report.has("ofd.container")
    assert report.verdict is Verdict.NOT_GENUINE
