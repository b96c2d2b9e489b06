"""Comparing a revision written directly with what was ordered (直接增量复核): one seal, one field, one page.

Stricter than `seal.pdf.added`, for such a revision looks one way only: four new objects, the catalog and the page (or
its list of annotations) grown by them, and nothing else. The approved side is what pyHanko read of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from seal.errors import SealedDiffers
from seal.orders import PdfOrder
from seal.pdf import appended, contents, sealing, values
from seal.pdf.appearance import Appearance
from seal.pdf.appended import Object
from seal.pdf.document import Inspected
from seal.pdf.octets import Octets
from seal.pdf.showing import PRINT_AND_LOCKED, Visible
from seal.pdf.values import NotOurs, reference, written
from seal.placing import Mark

_FINE = 0.0001
"""Points: what is written has four decimals."""
_FIELD = {
    b"/FT": b"/Sig",
    b"/Type": b"/Annot",
    b"/Subtype": b"/Widget",
    b"/F": b"%d" % PRINT_AND_LOCKED,
}
_FIELD_KEYS = {*_FIELD, b"/T", b"/TU", b"/Rect", b"/P", b"/AP", b"/V"}
_SIGNATURE_KEYS = {
    b"/Type", b"/Filter", b"/SubFilter", b"/Contents", b"/ByteRange", b"/M", b"/Name", b"/Reason", b"/Reference",
}  # fmt: skip
_VALUE = b"<</Contents <"


@dataclass(frozen=True, slots=True)
class _Approved:
    """The approved objects that have to grow, cut into entries."""

    root: dict[bytes, bytes]
    page: dict[bytes, bytes]
    annotations: list[bytes]
    listed: generic.Reference | None
    """Where the list of annotations stands, if it is an object of its own."""

    @classmethod
    def of(cls, reader: PdfFileReader, page: generic.DictionaryObject) -> _Approved:
        raw = page.raw_get("/Annots") if "/Annots" in page else None
        listed = raw.reference if isinstance(raw, generic.IndirectObject) else None
        return cls(
            values.dictionary(written(reader.root))[0],
            values.dictionary(written(page))[0],
            values.array(written(raw.get_object())) if raw is not None else [],
            listed,
        )


def check_plain(
    approved: Inspected, sealed: Octets, look: Appearance, order: PdfOrder, marks: tuple[Mark, ...]
) -> None:
    """Raises `SealedDiffers` unless the one revision holds what was ordered."""
    reader = approved.references[0].get_pdf_handler()
    if not isinstance(reader, PdfFileReader) or not isinstance(sealed, bytes) or len(marks) != 1:
        raise SealedDiffers("the way it was read")
    shown = sealing.visible(marks[0], look, approved)
    try:
        before = _Approved.of(reader, approved.nodes[shown.page - 1])
        objects = appended.read(reader, sealed, len(approved.data))
        signature = _check(approved, reader, before, objects, shown, sealing.field_names(order, approved)[0])
        _check_signature(sealed, signature, order)
    except NotOurs as error:
        raise SealedDiffers("the form of what was appended") from error


def _check(
    approved: Inspected,
    reader: PdfFileReader,
    before: _Approved,
    objects: dict[int, Object],
    shown: Visible,
    name: str,
) -> Object:
    """Answers the signature."""
    # 1. the catalog leads to a form with one field, and to its signature when it certifies
    root = _same(before.root, _taken(objects, reader.root_ref).entries(), {b"/AcroForm", b"/Perms"}, "catalog")
    _demand(b"/AcroForm" not in before.root, "form")
    form = reference(root.get(b"/AcroForm", b""))
    fields = _taken(objects, form).entries()
    listed = values.array(fields.get(b"/Fields", b""))
    _demand(len(listed) == 1 and fields == {b"/Fields": fields[b"/Fields"], b"/SigFlags": b"3"}, "fields of the form")
    number = reference(listed[0])
    field = _taken(objects, number).entries()
    signature = reference(field.get(b"/V", b""))
    _check_permissions(before.root.get(b"/Perms"), root.get(b"/Perms"), listed[0], signature)
    # 2. the field shows the mark on its page
    page = approved.references[shown.page - 1]
    look = _check_field(field, shown, name, b"%d %d R" % (page.idnum, page.generation))
    _check_look(*_taken(objects, look).stream(), shown)
    # 3. the page has grown by the field, and every object is explained
    grown = _check_page(approved, before, objects, page, listed[0])
    _demand(set(objects) == {reader.root_ref.idnum, grown, form, number, look, signature}, "objects written anew")
    size = int(reader.trailer["/Size"])
    _demand(len({form, number, look, signature}) == 4 and min(form, number, look, signature) >= size, "objects added")
    return objects[signature]


def _check_permissions(before: bytes | None, after: bytes | None, field: bytes, signature: int) -> None:
    _demand(field != b"%d 0 R" % signature, "signature fields")
    if before is not None or after is None:
        _demand(before == after, "permissions")
        return
    entries, end = values.dictionary(after)
    _demand(end == len(after) and entries == {b"/DocMDP": b"%d 0 R" % signature}, "permissions")


def _check_field(field: dict[bytes, bytes], shown: Visible, name: str, page: bytes) -> int:
    """Answers where its look stands."""
    _demand(set(field) == _FIELD_KEYS and field.items() >= _FIELD.items(), "signature fields")
    _demand(field[b"/T"] == written(generic.pdf_string(name)), "signature fields")
    _demand(field[b"/P"] == page, "page of a mark")
    place = " ".join(f"{value:.4f}" for value in shown.rectangle)
    _demand(field[b"/Rect"] == b"[%s]" % place.encode(), "place of a mark")
    looks, end = values.dictionary(field[b"/AP"])
    _demand(end == len(field[b"/AP"]) and set(looks) == {b"/N"}, "look of a mark")
    return reference(looks[b"/N"])


def _check_look(entries: dict[bytes, bytes], data: bytes, shown: Visible) -> None:
    """The seal's own octets at its own size, in the ink and the turn of this page."""
    box = values.numbers(entries.get(b"/BBox", b""))
    _demand(len(box) == 4 and all(abs(a - b) < _FINE for a, b in zip(box, shown.box, strict=True)), "size of a mark")
    _demand(data == shown.appearance.deflated, "content of a mark")
    _demand(entries == look_entries(shown.appearance, shown.rotation), "look of a mark")


@lru_cache(maxsize=64)
def look_entries(look: Appearance, rotation: int) -> dict[bytes, bytes]:
    return values.stream(written(look.xobject(rotation)))[0]


def _check_page(
    approved: Inspected, before: _Approved, objects: dict[int, Object], page: generic.Reference, field: bytes
) -> int:
    """Answers which object has grown: the page, or its list where that stands by itself and shows on no other page."""
    if before.listed is not None:
        holder = before.listed
        after = values.array(_taken(objects, holder).octets)
        raws = [node.raw_get("/Annots") for node in approved.nodes if "/Annots" in node]
        sharing = [one for one in raws if getattr(one, "idnum", 0) == holder.idnum]
    else:
        holder = page
        entries = _same(before.page, _taken(objects, holder).entries(), {b"/Annots"}, "page")
        after = values.array(entries.get(b"/Annots", b""))
        sharing = [one for one in approved.references if one.idnum == page.idnum]
    _demand(len(sharing) == 1 and after == [*before.annotations, field], "annotations of the pages")
    return holder.idnum


def _check_signature(sealed: bytes, signature: Object, order: PdfOrder) -> None:
    """The field's signature is the one whose hole the byte range leaves out (`seal.compare_pdf` reads that)."""
    entries = signature.entries()
    form = contents.form_of(order, order.suites[0])
    said = {b"/Type": b"/Sig", b"/Filter": form.filter.encode(), b"/SubFilter": form.subfilter.encode()}
    if order.reason is not None:
        said[b"/Reason"] = written(generic.pdf_string(order.reason))
    _demand(set(entries) <= _SIGNATURE_KEYS and entries.items() >= said.items(), "signature")
    _demand((b"/Reason" in entries) == (b"/Reason" in said), "signature")
    begin = signature.place + len(_VALUE) - 1
    end = begin + len(entries.get(b"/Contents", b""))
    wanted = [0, begin, end, len(sealed) - end]
    _demand(signature.octets.startswith(_VALUE) and values.numbers(entries.get(b"/ByteRange", b"")) == wanted, "hole")


def _taken(objects: dict[int, Object], wanted: int | generic.Reference) -> Object:
    number, generation = (wanted, 0) if isinstance(wanted, int) else (wanted.idnum, wanted.generation)
    found = objects.get(number)
    if found is None or found.generation != generation:
        raise SealedDiffers("objects written anew")
    return found


def _same(old: dict[bytes, bytes], new: dict[bytes, bytes], but: set[bytes], what: str) -> dict[bytes, bytes]:
    left = {key: value for key, value in old.items() if key not in but}
    _demand(left == {key: value for key, value in new.items() if key not in but}, what)
    return new


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)
