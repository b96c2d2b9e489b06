"""Pages of a PDF with the boxes of its signatures (PDF 签章位置图), and pages before and after a change.

Drawn by PDFium from the file as it is now; the boxes are those of the widgets of its last revision.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image
from pypdfium2 import PdfDocument, PdfiumError

from foundation.apart.child import Tell
from seal.pdf.page_pictures import PagePictures
from verify.exhibits.seal_pictures import encoded, of_signature, small
from verify.pdf.found import Found, collect, cover
from verify.pdf.pixels import Pixels, differing
from verify.pdf.structure import PdfTrouble, Structure, read_structure
from verify.pdf.widgets import Shown, widgets

MOST_SHEETS = 6
MOST_COMPARED = 4
SIDE = 1100
FINE, MOST_PIXELS = 3.0, 12_000_000
LARGE_PNG = 400_000
COMPARE_SIDE = 1000


@dataclass(frozen=True, slots=True)
class Drawn:
    place: Any
    """PDFium's way between points and pixels, whichever way the page is turned and cropped."""
    picture: Image.Image

    def pixels(self, box: tuple[float, ...]) -> Pixels | None:
        """None for a box that shows nothing on this page."""
        (x0, y0), (x1, y1) = (self.place.to_bitmap(*corner) for corner in (box[:2], box[2:]))
        width, height = self.picture.size
        left, right = max(0, min(x0, x1)), min(width, max(x0, x1))
        top, bottom = max(0, min(y0, y1)), min(height, max(y0, y1))
        return (left, top, right, bottom) if right - left > 1 and bottom - top > 1 else None


def show(data: bytes, question: dict[str, Any], tell: Tell) -> None:
    structure = _structure(data)
    found = _covered(data, structure)
    shown = widgets(structure, set(question["names"])) if structure is not None else ()
    seals = {item.signature.field: drawn for item in found if (drawn := _own_picture(item)) is not None}
    tell({"seals": {name: {"picture": drawn, "cut": False} for name, drawn in seals.items()}})
    try:
        document = _open(data)
        pictures = PagePictures(data) if structure is not None else None
        _sheets(document, shown, set(seals), pictures, tell)
        if question["compare"] is not None:
            _compared(data, document, question["compare"], tell)
    except PdfiumError:
        tell({"failed": True})


def _structure(data: bytes) -> Structure | None:
    try:
        return read_structure(data)
    except PdfTrouble:
        return None


def _covered(data: bytes, structure: Structure | None) -> list[Found]:
    found = collect(data, structure)
    for item in found:
        cover(item, data, structure)
    return found


def _own_picture(item: Found) -> str | None:
    return of_signature(item.coverage.contents) if item.coverage is not None else None


def _sheets(
    document: Any, shown: tuple[Shown, ...], known: set[str], pictures: PagePictures | None, tell: Tell
) -> None:
    count = len(document)
    tell({"pages": count})
    for number in sorted({one.page for one in shown if one.page <= count})[:MOST_SHEETS] or [1]:
        if pictures is not None:
            pictures.check(number)
        here = [one for one in shown if one.page == number]
        drawn = _draw(document, number, FINE if here else 1.5)
        boxes = [(one.name, pixels) for one in here if (pixels := drawn.pixels(one.box)) is not None]
        for name, pixels in boxes:
            if name not in known:
                known.add(name)
                tell({"seals": {name: {"picture": small(drawn.picture.crop(pixels)), "cut": True}}})
        tell({"sheet": _sheet(number, drawn.picture, boxes)})
        drawn.place.page.close()  # with its unpacked pictures


def _sheet(number: int, picture: Image.Image, boxes: list[tuple[str, Pixels]]) -> dict[str, Any]:
    scale = min(1.0, SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    shown = picture.resize(size, Image.Resampling.LANCZOS) if scale < 1 else picture
    return {
        "page": number,
        "document": 1,
        "width": size[0],
        "height": size[1],
        "picture": _encoded(shown),
        "lines": [],
        "spots": [(name, _area(pixels, scale)) for name, pixels in boxes],
    }


def _area(pixels: Pixels, scale: float) -> list[float]:
    left, top, right, bottom = (round(value * scale, 1) for value in pixels)
    return [left, top, round(right - left, 1), round(bottom - top, 1)]


def _encoded(picture: Image.Image) -> str:
    """A PNG; a photograph of a page, which would be large as one, as a JPEG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii") if out.tell() <= LARGE_PNG else encoded(picture, "JPEG")


def _open(data: bytes) -> Any:
    document: Any = PdfDocument(data)
    document.init_forms()
    return document


def _draw(document: Any, number: int, most: float) -> Drawn:
    page = document[number - 1]
    width, height = (max(1.0, side) for side in page.get_size())
    bitmap = page.render(scale=min(most, (MOST_PIXELS / (width * height)) ** 0.5), may_draw_forms=True)
    return Drawn(bitmap.get_posconv(page), bitmap.to_pil().convert("RGB"))


def _compared(data: bytes, last: Any, wanted: dict[str, Any], tell: Tell) -> None:
    states = [PagePictures(data[: wanted["end"]]), PagePictures(data)]
    first = _open(data[: wanted["end"]])
    every = range(1, min(MOST_COMPARED, max(len(first), len(last))) + 1)
    for number in (wanted["pages"] or every)[:MOST_COMPARED]:
        for state in states:
            state.check(number)
        before, after = (_small_page(document, number) for document in (first, last))
        size = (after or before or Image.new("RGB", (1, 1))).size
        areas: list[Pixels] = [(0, 0, *size)]
        if before is not None and after is not None and before.size == after.size:
            areas = differing(before, after)
        if areas or wanted["pages"]:
            page = {"page": number, "width": size[0], "height": size[1], "areas": [_area(area, 1) for area in areas]}
            pictures = {
                name: _encoded(one) if one is not None else None for name, one in (("before", before), ("after", after))
            }
            tell({"compared": {**page, **pictures}})


def _small_page(document: Any, number: int) -> Image.Image | None:
    if not 1 <= number <= len(document):
        return None
    drawn = _draw(document, number, COMPARE_SIDE / max(1.0, *document[number - 1].get_size()))
    drawn.place.page.close()
    return drawn.picture
