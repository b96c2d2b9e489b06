"""A plain signature's revision written at once (直接写增量): one page, one new field, a file without forms.

Most files that come to be sealed are like that; all others go through pyHanko (`seal.pdf.revision`). What pyHanko read
is copied before it grows, so the reader still holds the approved objects, and comparing needs no second reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from seal.pdf.appearance import Appearance
from seal.pdf.prepared import Hole
from seal.pdf.showing import PRINT_AND_LOCKED, Visible
from seal.pdf.values import written
from seal.pdf.writer import Writer

if TYPE_CHECKING:
    from seal.pdf.revision import Revision

_MANAGED = {"/Size", "/Root", "/Info", "/ID", "/Prev", "/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms"}
_RANGE_ROOM = 60
_CERTIFY = (
    b"/Reference [<</Type /SigRef /TransformMethod /DocMDP "
    b"/TransformParams <</Type /TransformParams /V /1.2 /P %d>>>>]\n"
)


def suits(writer: Writer, revision: Revision, level: int | None) -> bool:
    """Whether this revision is of the plain kind. `level` is that of a certification, None for an open signature."""
    trailer, root = writer.prev.trailer, writer.prev.root
    only_root = writer.objects.keys() <= {(writer.root_ref.generation, writer.root_ref.idnum)}
    plain = revision.shows is None and revision.waiting_field is None and not revision.lock and not writer.in_place
    known = "/AcroForm" in root or ("/Perms" in root and level is not None)
    known = known or writer.prev.last_startxref is None
    return plain and only_root and not known and "/Encrypt" not in trailer and "/XRefStm" not in trailer


def write(writer: Writer, revision: Revision, entries: Mapping[Any, Any], level: int | None, page: Any) -> Hole:
    """The approved octets and the revision behind them; `entries` are those of the signature dictionary."""
    out = _Out(writer)
    form, field, signature = out.new(), out.new(), out.new()
    page_ref = generic.IndirectObject(page.idnum, page.generation, None)
    # 1. what has to grow
    root = generic.DictionaryObject(writer.prev.root)
    root[pdf_name("/AcroForm")] = _reference(form)
    if level is not None:
        root[pdf_name("/Perms")] = generic.DictionaryObject({pdf_name("/DocMDP"): _reference(signature)})
    out.put(writer.root_ref.idnum, writer.root_ref.generation, written(root))
    _annotate(out, page, _reference(field))
    # 2. what is new
    out.put(form, 0, b"<</Fields [%d 0 R] /SigFlags 3>>" % field)
    look = _look(out, revision.visible) if revision.visible is not None else b""
    out.put(field, 0, _field(revision, written(page_ref), signature, look))
    begin = out.put_signature(signature, 2 * revision.reserved, entries, b"" if level is None else _CERTIFY % level)
    # 3. how it is found
    out.finish()
    end = begin + 2 * revision.reserved + 2
    numbers = b"[0 %d %d %d]" % (begin, end, len(out.octets) - end)
    at = out.octets.index(b"/ByteRange ", end) + len(b"/ByteRange ")
    out.octets[at : at + len(numbers)] = numbers
    writer.direct = True
    return Hole(out.octets, begin, end)


def _annotate(out: _Out, page: Any, widget: Any) -> None:
    """The page's own list, or the list it refers to, has one annotation more."""
    node = page.get_object()
    raw = node.raw_get("/Annots") if "/Annots" in node else generic.ArrayObject()
    listed = generic.ArrayObject([*(raw.get_object() if isinstance(raw, generic.IndirectObject) else raw), widget])
    if isinstance(raw, generic.IndirectObject):
        out.put(raw.idnum, raw.generation, written(listed))
        return
    grown = generic.DictionaryObject(node)
    grown[pdf_name("/Annots")] = listed
    out.put(page.idnum, page.generation, written(grown))


def _field(revision: Revision, page: bytes, signature: int, look: bytes) -> bytes:
    visible = revision.visible
    rectangle = " ".join(f"{value:.4f}" for value in visible.rectangle) if visible is not None else "0 0 0 0"
    return b"<</FT /Sig /T %s /Type /Annot /Subtype /Widget /F %d /Rect [%s] /P %s /TU %s %s/V %d 0 R>>" % (
        written(generic.pdf_string(revision.field)),
        PRINT_AND_LOCKED,
        rectangle.encode(),
        page,
        written(generic.pdf_string(revision.label)),
        look,
        signature,
    )


def _look(out: _Out, visible: Visible) -> bytes:
    number = out.new()
    out.put(number, 0, _form(visible.appearance, visible.rotation))
    return b"/AP <</N %d 0 R>> " % number


@lru_cache(maxsize=64)
def _form(look: Appearance, rotation: int) -> bytes:
    """The same octets in every file a seal is stamped into."""
    return written(look.xobject(rotation))


class _Out:
    """The file as it grows, and where its new objects stand."""

    def __init__(self, writer: Writer) -> None:
        self._prev = writer.prev
        self._id = written(writer._document_id)  # noqa: SLF001 - `Writer` names it
        self.octets = bytearray(writer.input_stream.getvalue())
        self._next = int(self._prev.trailer["/Size"])
        self._places: dict[int, tuple[int, int]] = {}

    def new(self) -> int:
        self._next += 1
        return self._next - 1

    def put(self, number: int, generation: int, body: bytes) -> None:
        self._places[number] = (len(self.octets), generation)
        self.octets += b"%d %d obj\n%s\nendobj\n" % (number, generation, body)

    def put_signature(self, number: int, digits: int, entries: Mapping[Any, Any], more: bytes) -> int:
        """Answers where the hole begins."""
        self._places[number] = (len(self.octets), 0)
        self.octets += b"%d 0 obj\n<</Contents " % number
        begin = len(self.octets)
        said = b"".join(
            b"%s %s\n" % (key.encode(), written(value))
            for key, value in entries.items()
            if key not in ("/Contents", "/ByteRange")
        )
        self.octets += b"<%s>\n/ByteRange %s\n%s%s>>\nendobj\n" % (b"0" * digits, b" " * _RANGE_ROOM, said, more)
        return begin

    def finish(self) -> None:
        """A table after a table, a stream after a stream (ISO 32000-2 7.5.8.4)."""
        start = len(self.octets)
        if self._prev.has_xref_stream:
            self._stream(self.new(), start)
        else:
            self.octets += b"xref\n0 1\n0000000000 65535 f \n"
            for numbers in _runs(self._places):
                self.octets += b"%d %d\n" % (numbers[0], len(numbers))
                self.octets += b"".join(b"%010d %05d n \n" % self._places[number] for number in numbers)
            self.octets += b"trailer\n<<%s>>\n" % self._trailer()
        self.octets += b"startxref\n%d\n%%%%EOF\n" % start

    def _stream(self, number: int, start: int) -> None:
        self._places[number] = (start, 0)
        runs = list(_runs(self._places))
        rows = b"".join(
            b"\x01" + self._places[one][0].to_bytes(5, "big") + self._places[one][1].to_bytes(2, "big")
            for run in runs
            for one in run
        )
        index = b" ".join(b"%d %d" % (run[0], len(run)) for run in runs)
        self.octets += (
            b"%d 0 obj\n<</Type /XRef /W [1 5 2] /Index [%s] /Length %d %s>>\nstream\n%s\nendstream\nendobj\n"
            % (
                number,
                index,
                len(rows),
                self._trailer(),
                rows,
            )
        )

    def _trailer(self) -> bytes:
        before = self._prev.trailer.flatten()
        kept = b" ".join(
            b"%s %s" % (key.encode(), written(before.raw_get(key))) for key in before if key not in _MANAGED
        )
        refs = b" ".join(
            b"%s %s" % (key, written(before.raw_get(key.decode())))
            for key in (b"/Root", b"/Info")
            if key.decode() in before
        )
        last = int(self._prev.last_startxref or 0)
        return b"/Size %d %s /ID %s /Prev %d %s" % (self._next, refs, self._id, last, kept)


def _runs(numbers: Iterable[int]) -> Iterable[list[int]]:
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _reference(number: int) -> generic.IndirectObject:
    return generic.IndirectObject(number, 0, None)
