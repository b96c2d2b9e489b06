"""Showing one signature in several places of a PDF (多处显示): widgets of one field, or slices drawn into pages.

One field, many widget annotations that share its value (ISO 32000-2 12.7.5.1, facts: sealing 1.2). The seal itself is
one form XObject; a slice is a window on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from seal.drawing.pdf import POINTS
from seal.pdf.appearance import Appearance, upright, window
from seal.pdf.pages import entry, inherited
from seal.pdf.problems import damaged

PRINT_AND_LOCKED = 0b10000100
"""/F of our widgets: printed, not to be moved."""
RESOURCE, BEFORE = "/YinxinSeal", b"q\n"


@dataclass(frozen=True, slots=True)
class Visible:
    """Where and how the seal shows; `rectangle` in points. `part`: left and width of a slice, in millimetres."""

    page: int
    rectangle: tuple[float, float, float, float]
    rotation: int
    appearance: Appearance
    part: tuple[float, float] | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """What of the seal's form shows, in points."""
        left, width = self.part or (0.0, self.appearance.width)
        return left * POINTS, 0.0, (left + width) * POINTS, self.appearance.height * POINTS


@dataclass(slots=True)
class Shows:
    """How a signature shows. Exactly one of the three ways is used."""

    pages: Sequence[generic.Reference]
    widgets: tuple[Visible, ...] = ()
    drawn: tuple[Visible, ...] = ()
    existing: bool = False
    """The field is there already, with its widget; `widgets` has one entry: the seal inside it."""
    _forms: dict[object, Any] = field(default_factory=dict)

    def put(self, writer: IncrementalPdfFileWriter, reference: Any) -> None:
        """Give the field `reference` its looks."""
        if self.existing:
            self._fill(writer, reference)
            return
        for visible in self.drawn:
            self._draw(writer, visible)
        if self.widgets:
            self._widgets(writer, reference)

    def _widgets(self, writer: IncrementalPdfFileWriter, reference: Any) -> None:
        """PyHanko made the field with one kid, on the first page we show on; the others join it."""
        kids = reference.get_object()["/Kids"]
        for index, visible in enumerate(self.widgets):
            page, form = self._page(writer, visible.page), self._form(writer, visible, turned=True)
            widget = kids[0].get_object() if index == 0 else generic.DictionaryObject()
            if index == 0 and widget.raw_get("/P").idnum != page.idnum:
                raise damaged()  # two readings of the tree of pages
            widget.update(
                {
                    pdf_name("/Type"): pdf_name("/Annot"),
                    pdf_name("/Subtype"): pdf_name("/Widget"),
                    pdf_name("/F"): generic.NumberObject(PRINT_AND_LOCKED),
                    pdf_name("/Rect"): _numbers(visible.rectangle),
                    pdf_name("/P"): page,
                    pdf_name("/Parent"): reference,
                    pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): form}),
                }
            )
            if index > 0:
                added = writer.add_object(widget)
                kids.append(added)
                writer.register_annotation(page, added)

    def value(self, reference: Any, value: Any) -> None:
        """Every widget names the signature itself: poppler reads /V of a kid without looking at its parent."""
        if self.widgets and not self.existing:
            for kid in reference.get_object()["/Kids"]:
                kid.get_object()[pdf_name("/V")] = value

    def _fill(self, writer: IncrementalPdfFileWriter, reference: Any) -> None:
        """The seal at its own size in the middle of the field's rectangle, which stays as it was."""
        (visible,) = self.widgets
        holder = reference.get_object()
        at = holder.raw_get("/Kids")[0] if "/Kids" in holder else reference
        widget = at.get_object()
        form = window(self._seal(writer, visible), around(visible, widget["/Rect"]), visible.rotation)
        widget[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})
        widget.pop(pdf_name("/MK"), None)
        widget[pdf_name("/F")] = generic.NumberObject(PRINT_AND_LOCKED)
        writer.mark_update(at)

    def _draw(self, writer: IncrementalPdfFileWriter, visible: Visible) -> None:
        """Append to the page: the old content between q and Q, so that whatever state it leaves is gone."""
        reference = self._page(writer, visible.page)
        page = reference.get_object()
        form = self._form(writer, visible, turned=False)
        resources = generic.DictionaryObject(inherited(page, "/Resources") or {})
        objects = generic.DictionaryObject(entry(resources, "/XObject", {}))
        name = RESOURCE
        while name in objects:
            name += "_"
        objects[pdf_name(name)] = form
        resources[pdf_name("/XObject")] = objects
        page[pdf_name("/Resources")] = resources
        before = generic.StreamObject(stream_data=BEFORE)
        after = generic.StreamObject(stream_data=operators(visible, name))
        page[pdf_name("/Contents")] = generic.ArrayObject(
            [writer.add_object(before), *contents(page), writer.add_object(after)]
        )
        writer.mark_update(reference)

    def _form(self, writer: IncrementalPdfFileWriter, visible: Visible, *, turned: bool) -> Any:
        rotation = visible.rotation if turned else 0
        key = (id(visible.appearance), rotation, visible.part)
        if key not in self._forms:
            whole = visible.part is None and turned
            form = visible.appearance.xobject(rotation) if whole else None
            if form is None:
                form = window(self._seal(writer, visible), visible.box, rotation)
            self._forms[key] = writer.add_object(form)
        return self._forms[key]

    def _seal(self, writer: IncrementalPdfFileWriter, visible: Visible) -> Any:
        key = (id(visible.appearance), "seal")
        if key not in self._forms:
            self._forms[key] = writer.add_object(visible.appearance.xobject(0))
        return self._forms[key]

    def _page(self, writer: IncrementalPdfFileWriter, number: int) -> Any:
        reference = self.pages[number - 1]
        return generic.IndirectObject(reference.idnum, reference.generation, writer)


def operators(visible: Visible, name: str) -> bytes:
    """What is appended to the content of a page."""
    matrix = " ".join(f"{number:.4f}" for number in upright(visible.rotation, visible.box, visible.rectangle))
    return f"\nQ q {matrix} cm {name} Do Q\n".encode()


def contents(page: Any) -> list[Any]:
    """The references of a page's content streams."""
    if "/Contents" not in page:
        return []
    value = page["/Contents"]
    return list(value) if isinstance(value, generic.ArrayObject) else [page.raw_get("/Contents")]


def around(visible: Visible, rectangle: Any) -> tuple[float, float, float, float]:
    """The window of the size of a field's `rectangle` with the whole seal in its middle."""
    x0, y0, x1, y1 = sorted_rectangle(rectangle)
    width, height = (y1 - y0, x1 - x0) if visible.rotation % 180 else (x1 - x0, y1 - y0)
    left = (visible.appearance.width * POINTS - width) / 2
    bottom = (visible.appearance.height * POINTS - height) / 2
    return left, bottom, left + width, bottom + height


def sorted_rectangle(rectangle: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in rectangle)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _numbers(values: Sequence[float]) -> generic.ArrayObject:
    return generic.ArrayObject(generic.FloatObject(f"{value:.4f}") for value in values)
