"""Comparing what a sealing added to a PDF with what was ordered (增量复核): the marks, and nothing besides.

The approved octets begin the file (`seal.compare`), but a later revision can still redefine any object. So every object
written anew must be one that has to grow (catalog, form, page, its list of annotations), and may have grown by the
fields and marks ordered only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.fields import enumerate_sig_fields

from seal.errors import SealedDiffers
from seal.orders import PdfOrder
from seal.pdf import sealing
from seal.pdf.added_plain import check_plain
from seal.pdf.appearance import Appearance
from seal.pdf.document import Inspected
from seal.pdf.octets import Octets, stream
from seal.pdf.pages import entry, inherited
from seal.pdf.showing import BEFORE, RESOURCE, Visible, around, contents, operators
from seal.pdf.values import written
from seal.placing import Mark

_NEAR = 0.02
"""Points; pyHanko rounds to two decimals."""


@dataclass(frozen=True, slots=True)
class _Views:
    old: PdfHandler
    new: PdfHandler
    overwritten: frozenset[int]


def check_added(
    approved: Inspected,
    sealed: Octets,
    look: Appearance,
    order: PdfOrder,
    marks: tuple[Mark, ...],
    *,
    direct: bool = False,
) -> None:
    """Raises `SealedDiffers` unless only fields, signatures and the marks were added.

    `direct`: nobody has touched what was read of the approved file, so only the revision is read again
    (`seal.pdf.added_plain`).
    """
    if direct:
        check_plain(approved, sealed, look, order, marks)
        return
    views = _views(sealed, len(order.suites))
    shown = tuple(sealing.visible(mark, look, approved) for mark in marks)
    drawn = sealing.drawn(order)
    existing = sealing.existing_field(order.place)
    fields = _new_fields(views, approved, order, existing)
    # 1. the fields show the marks, or nothing
    widgets = _widgets(fields[0])
    if drawn:
        _invisible(widgets)
    else:
        _shows(widgets, shown, existing=existing is not None)
    for other in fields[1:]:
        _invisible(_widgets(other))
    # 2. every object written anew is accounted for
    known = {_root(views), *_form(views, fields, existing)}
    if existing is not None:
        known |= {fields[0].idnum, *(widget.idnum for widget in widgets)}
    added = [] if existing is not None else widgets
    added = [*added, *(widget for other in fields[1:] for widget in _widgets(other))]
    by_page = {visible.page: visible for visible in shown} if drawn else {}
    touched = [number for number in range(len(approved.references)) if _touched(views, approved, number)]
    _demand({page - 1 for page in by_page} <= set(touched), "pages drawn on")
    for number in touched:
        known |= _page(views, approved.references[number].idnum, by_page.get(number + 1))
    _demand(views.overwritten <= known, "objects written anew")
    on_pages = [one for number in touched for one in _gained(views, approved, number)]
    _demand(sorted(on_pages) == sorted(widget.idnum for widget in added), "annotations of the pages")


def _views(sealed: Octets, revisions: int) -> _Views:
    new = PdfFileReader(stream(sealed), strict=True)
    count = int(new.xrefs.total_revisions)
    old = new.get_historical_resolver(count - revisions - 1)
    anew: set[int] = set()
    for number in range(count - revisions, count):
        _demand(not new.xrefs.refs_freed_in_revision(number), "freed objects")
        anew |= {one.idnum for one in new.xrefs.explicit_refs_in_revision(number) if not old.is_ref_unassignable(one)}
    return _Views(old, new, frozenset(anew))


def _new_fields(views: _Views, approved: Inspected, order: PdfOrder, existing: str | None) -> list[Any]:
    """References of the fields this order filled, in its order: the first is the one that shows."""
    found = [(name, value, reference) for name, value, reference in enumerate_sig_fields(views.new)]
    mine = [reference for name, _, reference in found if name == existing]
    mine += [reference for name, _, reference in found if name not in approved.field_names]
    _demand(len(mine) == len(order.suites) and all("/V" in one.get_object() for one in mine), "signature fields")
    return mine


def _widgets(field: Any) -> list[Any]:
    holder = field.get_object()
    return list(holder["/Kids"]) if "/Kids" in holder else [field]


def _invisible(widgets: list[Any]) -> None:
    for widget in widgets:
        rectangle = [float(value) for value in widget.get_object()["/Rect"]]
        _demand(len(set(rectangle)) == 1 and "/AP" not in widget.get_object(), "a mark that was not ordered")


def _shows(widgets: list[Any], shown: tuple[Visible, ...], *, existing: bool) -> None:
    _demand(len(widgets) == len(shown), "number of marks")
    for reference, visible in zip(widgets, shown, strict=True):
        widget = reference.get_object()
        looks = widget["/AP"]
        _demand(list(looks) == ["/N"] and entry(widget, "/Subtype") == "/Widget", "look of a mark")
        if existing:
            _looks(looks["/N"], visible, around(visible, widget["/Rect"]), window=True)
            continue
        near = zip(widget["/Rect"], visible.rectangle, strict=True)
        _demand(all(abs(float(value) - wanted) <= _NEAR for value, wanted in near), "place of a mark")
        _looks(looks["/N"], visible, visible.box, window=visible.part is not None)


def _looks(form: Any, visible: Visible, box: tuple[float, ...], *, window: bool) -> None:
    """The seal's own octets, whole or through a window of the right size."""
    near = zip(form["/BBox"], box, strict=True)
    _demand(all(abs(float(value) - wanted) <= _NEAR for value, wanted in near), "size of a mark")
    if window:
        _demand(form.data == b"/Seal Do", "content of a mark")
        form = form["/Resources"]["/XObject"]["/Seal"]
    _demand(form.encoded_data == visible.appearance.deflated, "content of a mark")


def _root(views: _Views) -> int:
    _same(views.old.root, views.new.root, {"/AcroForm", "/Perms", "/Version"}, "catalog")
    before = {key: written(value) for key, value in entry(views.old.root, "/Perms", {}).items()}
    after = {key: written(value) for key, value in entry(views.new.root, "/Perms", {}).items()}
    _demand(after.keys() - before.keys() <= {"/DocMDP"} and before.items() <= after.items(), "permissions")
    return int(views.new.root_ref.idnum)


def _form(views: _Views, fields: list[Any], existing: str | None) -> set[int]:
    """The form has grown by our fields only."""
    old, new = entry(views.old.root, "/AcroForm", {}), views.new.root["/AcroForm"]
    _same(old, new, {"/Fields", "/SigFlags", "/NeedAppearances"}, "form")
    mine = fields if existing is None else fields[1:]
    wanted = [*(one.idnum for one in entry(old, "/Fields", [])), *(one.idnum for one in mine)]
    _demand([one.idnum for one in new["/Fields"]] == wanted, "fields of the form")
    holders = (views.new.root.raw_get("/AcroForm"), new.raw_get("/Fields"))
    return {one.idnum for one in holders if isinstance(one, generic.IndirectObject)}


def _touched(views: _Views, approved: Inspected, index: int) -> bool:
    """Whether the page or its list of annotations was written anew; a page that was not is still what was inspected."""
    node = approved.nodes[index]
    holder = node.raw_get("/Annots") if "/Annots" in node else None
    return approved.references[index].idnum in views.overwritten or getattr(holder, "idnum", 0) in views.overwritten


def _page(views: _Views, number: int, drawn: Visible | None) -> set[int]:
    """A page written anew differs by annotations, and by our drawing if one was ordered. Answers what is explained."""
    reference = generic.Reference(number, 0)
    known: set[int] = set()
    new = views.new.get_object(reference)
    annotations = new.raw_get("/Annots") if "/Annots" in new else None
    if isinstance(annotations, generic.IndirectObject):
        known.add(annotations.idnum)
    if number in views.overwritten:
        old = views.old.get_object(reference)
        _same(old, new, {"/Annots", *(("/Contents", "/Resources") if drawn else ())}, "page")
        known.add(number)
    if drawn is not None:
        _drawn(views.old.get_object(reference), new, drawn)
    return known


def _drawn(old: Any, new: Any, visible: Visible) -> None:
    first, *middle, last = contents(new)
    _demand([one.idnum for one in middle] == [one.idnum for one in contents(old)], "content of a page")
    name = RESOURCE
    while name in entry(_resources(old), "/XObject", {}):
        name += "_"
    _demand(first.get_object().data == BEFORE, "content of a page")
    _demand(last.get_object().data == operators(visible, name), "content of a page")
    before, after = _resources(old), new["/Resources"]
    _same(before, after, {"/XObject"}, "resources of a page")
    _same(entry(before, "/XObject", {}), after["/XObject"], {name}, "resources of a page")
    _looks(after["/XObject"][name], visible, visible.box, window=True)


def _resources(page: Any) -> Any:
    return inherited(page, "/Resources") or {}


def _gained(views: _Views, approved: Inspected, index: int) -> Iterable[int]:
    """Numbers of annotations a page has now and had not; those it had must be there still, in their order."""
    number = approved.references[index].idnum
    reference = generic.Reference(number, 0)
    new = views.new.get_object(reference)
    holder = new.raw_get("/Annots") if "/Annots" in new else None
    changed = number in views.overwritten or getattr(holder, "idnum", 0) in views.overwritten
    if holder is None or not changed:
        return []
    before = [written(one) for one in entry(views.old.get_object(reference), "/Annots", [])]
    after = list(views.new.get_object(holder.reference) if isinstance(holder, generic.IndirectObject) else holder)
    _demand([written(one) for one in after[: len(before)]] == before, "annotations of a page")
    return [one.idnum for one in after[len(before) :]]


def _same(old: Any, new: Any, but: set[str], what: str) -> None:
    keys = (old.keys() | new.keys()) - but
    _demand(
        all(key in old and key in new and written(old.raw_get(key)) == written(new.raw_get(key)) for key in keys), what
    )


def _demand(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise SealedDiffers(what)
