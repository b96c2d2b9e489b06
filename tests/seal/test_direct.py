"""A revision written directly: like pyHanko's own to other readers, and read again with nothing taken on trust."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from hsm.digests import Digest
from seal.drawing.design import Design, draw
from seal.errors import SealedDiffers
from seal.orders import PdfOrder, Placement
from seal.pdf.added import check_added
from seal.pdf.appearance import Appearance
from seal.pdf.document import Inspected, inspect
from seal.pdf.revision import Closing, CmsTooLargeError, Revision, prepare
from seal.pdf.sealing import visible
from seal.pdf.sheets import PdfSheets
from seal.placing import Mark, resolve
from tests.seal import papers
from tests.seal.oracles import qpdf_clean

PLACE = Placement(1, 100, 100)
LOOK = Appearance.of(draw(Design("印川市市场监督管理局")))


def packed(version: str = "1.7", *, listed: bool = False) -> bytes:
    """Objects in streams; with `listed` the page has a list of annotations that stands elsewhere."""
    out = BytesIO()
    with pikepdf.open(BytesIO(papers.pdf(2))) as document:
        if listed:
            link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[1, 1, 9, 9])
            held = document.make_indirect(pikepdf.Array([document.make_indirect(link)]))
            document.pages[0].Annots = held
        document.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.generate, force_version=version, deterministic_id=True
        )
    return out.getvalue()


PAPERS: dict[str, Callable[[], bytes]] = {
    "table": papers.pdf,
    "streams": packed,
    "old": lambda: packed("1.5"),
    "listed": lambda: packed(listed=True),
}


def written(data: bytes, closing: Closing = Closing.CERTIFY_FINAL) -> tuple[bytes, Inspected, tuple[Mark, ...]]:
    inspected, writer = inspect(data)
    marks = resolve(PLACE, PdfSheets(inspected, writer, LOOK.width, LOOK.height), LOOK.width, LOOK.height)
    prepared = prepare(
        writer,
        Revision(
            "Seal1", "印章", Digest.SM3, closing, datetime(2026, 11, 23, tzinfo=UTC), "市监局 (甲)", None, 600,
            visible=visible(marks[0], LOOK, inspected),
        ),
    )  # fmt: skip
    assert writer.direct
    sealed = prepared.fill_in_memory(b"\x30\x82" + bytes(598))
    assert Digest.SM3.of(prepared.covered) == prepared.digest
    return sealed, inspected, marks


def check(sealed: bytes, inspected: Inspected, marks: tuple[Mark, ...], *, direct: bool = True) -> None:
    order = PdfOrder(bytes(inspected.data[:]), UUID(int=0), PLACE, "")
    check_added(inspected, sealed, LOOK, order, marks, direct=direct)


@pytest.mark.parametrize("kind", PAPERS)
@pytest.mark.parametrize("closing", [Closing.OPEN, Closing.CERTIFY_FINAL, Closing.CERTIFY_FILL])
def test_every_reader_reads_it(kind: str, closing: Closing, tmp_path: Path) -> None:
    sealed, inspected, marks = written(PAPERS[kind](), closing)
    assert sealed.startswith(bytes(inspected.data[:]))
    check(sealed, inspected, marks)
    check(sealed, inspect(inspected.data[:])[0], marks, direct=False)  # pyHanko's reading of the whole file
    assert qpdf_clean(tmp_path, sealed)
    root = PdfFileReader(BytesIO(sealed), strict=True).root
    (field,) = root["/AcroForm"]["/Fields"]
    zero, first, second, last = field.get_object()["/V"]["/ByteRange"]
    assert (zero, second + last, sealed[first], sealed[second - 1]) == (0, len(sealed), ord("<"), ord(">"))
    assert ("/Perms" in root) == (closing is not Closing.OPEN)


def test_the_same_order_gives_the_same_octets_but_for_its_identifier() -> None:
    first, second = (re.sub(rb"/ID \[[^\]]*\]", b"", written(papers.pdf())[0]) for _ in range(2))
    assert first == second


def test_more_than_was_reserved_is_not_written() -> None:
    _, writer = inspect(papers.pdf())
    when = datetime(2026, 11, 23, tzinfo=UTC)
    prepared = prepare(writer, Revision("Seal1", "印", Digest.SM3, Closing.OPEN, when, "甲", None, 10))
    with pytest.raises(CmsTooLargeError):
        prepared.fill(bytes(11))


def swapped(before: bytes, after: bytes) -> Callable[[bytes, int], bytes]:
    def change(sealed: bytes, start: int) -> bytes:
        tail = sealed[start:]
        assert before in tail
        return sealed[:start] + tail.replace(before, after.ljust(len(before)), 1)

    return change


def longer(sealed: bytes, start: int) -> bytes:
    """An object between the others, with every place in the table moved along."""
    more = b"90 0 obj\n(hidden)\nendobj\n"
    at = sealed.index(b"xref\n", start)
    grown = sealed[:at] + more + sealed[at:]
    return grown.replace(b"startxref\n%d\n" % at, b"startxref\n%d\n" % (at + len(more)))


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "another page": swapped(b"/Type /Page\n", b"/Type /Pag\n"),
    "another place": swapped(b"/Rect [2", b"/Rect [3"),
    "another catalog": swapped(b"/Root ", b"/Rooo "),
    "another before": swapped(b"/Prev ", b"/Prev 1"),
    "another size": swapped(b"/Size ", b"/Size 1"),
    "a hybrid": swapped(b"/ID [", b"/XRefStm 9 ["),
    "a freed object": swapped(b" 00000 n \n", b" 00000 f \n"),
    "a moved object": swapped(b"obj\n<</Fields", b"obj\n <</Field"),
    "another form": swapped(b"/SigFlags 3", b"/XFA (x) 3 "),
    "an object more": longer,
    "another name": swapped(b"/T (Seal1)", b"/T (Seal2)"),
    "a kind of field": swapped(b"/FT /Sig", b"/FT /Btn"),
    "a look of another size": swapped(b"/BBox [ 0 0 1", b"/BBox [ 0 0 2"),
    "another ink": swapped(b"/BM /Multiply", b"/BM /Screen"),
    "an action in the field": swapped(b"/F 132 ", b"/A 3 0 R"),
    "another certification": swapped(b"/DocMDP 10 0 R", b"/DocMDP 9 0 R"),
    "another permission": swapped(b"/DocMDP 10 0 R", b"/UR3 10 0 R"),
    "a signature of another kind": swapped(b"/SubFilter /ETSI", b"/SubFilter /ADBE"),
    "an entry twice": swapped(b"/SigFlags 3", b"/Fields [] "),
    "a comment": swapped(b"/SigFlags 3", b"%SigFlags 3"),
    "another hole": swapped(b"/ByteRange [0 1", b"/ByteRange [0 2"),
    "another trailer": swapped(b"/Info 5 0 R", b"/Info 4 0 R"),
    "octets at the end": lambda sealed, _: sealed + b"\n",
    "the end cut off": lambda sealed, _: sealed[:-1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_is_a_difference(change: str) -> None:
    sealed, inspected, marks = written(papers.pdf())
    changed = CHANGES[change](sealed, len(inspected.data))
    assert changed != sealed
    with pytest.raises(SealedDiffers):
        check(changed, inspected, marks)


_SAID = re.compile(
    rb"stream\n.*?\nendstream|/Contents <[0-9A-F]*>|/TU \(.*?\) /AP|/M \(.*?\)\n|/Name \(.*\)\n"
    rb"|/Reference \[.*\]|/ID \[.*?\]|/ByteRange \[[0-9 ]*\] *",
    re.DOTALL,
)
"""Words only the order knows, what `compare_pdf` reads, and the blanks behind the byte range."""


@pytest.mark.parametrize("kind", ["table", "streams", "listed"])
def test_no_octet_of_the_revision_can_be_another(kind: str) -> None:
    sealed, inspected, marks = written(PAPERS[kind]())
    start = len(inspected.data)
    said = {at for found in _SAID.finditer(sealed, start) for at in range(*found.span())}
    read = [at for at in range(start, len(sealed)) if at not in said]
    assert len(read) > 600
    for at in read:
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(SealedDiffers):
            check(changed, inspected, marks)


def test_the_seal_itself_is_compared() -> None:
    sealed, inspected, marks = written(papers.pdf())
    at = sealed.index(LOOK.deflated) + len(LOOK.deflated) // 2
    with pytest.raises(SealedDiffers, match="mark"):
        check(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], inspected, marks)


def test_a_list_of_annotations_that_two_pages_share_shows_the_seal_twice() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(papers.pdf(2))) as document:
        held = document.make_indirect(pikepdf.Array())
        for page in document.pages:
            page.Annots = held
        document.save(out, deterministic_id=True)
    sealed, inspected, marks = written(out.getvalue())
    with pytest.raises(SealedDiffers, match="annotations"):
        check(sealed, inspected, marks)


def test_a_number_pyhanko_would_spell_wrongly_never_leaves() -> None:
    """It writes 0.000000001 as 1E-9, which no PDF knows (ISO 32000-2 7.3.3)."""
    data = papers.pdf()
    tiny = b"/X .000000001"
    sealed, inspected, marks = written(data.replace(b"/Trans <<\n\n>>", tiny, 1))
    with pytest.raises(SealedDiffers):
        check(sealed, inspected, marks)


def test_what_is_not_plain_goes_the_long_way() -> None:
    with pikepdf.open(BytesIO(papers.pdf())) as document:
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array())
        out = BytesIO()
        document.save(out)
    _, writer = inspect(out.getvalue())
    prepare(
        writer, Revision("Seal1", "印", Digest.SM3, Closing.OPEN, datetime(2026, 11, 23, tzinfo=UTC), "甲", None, 10)
    )
    assert not writer.direct
