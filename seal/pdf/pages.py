"""The pages of a PDF (PDF 页面): their order, and where a point as seen lies. ISO 32000-2 7.7.3, 14.11.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic

from seal.pdf.problems import PdfRefused, damaged

MOST_PAGES = 5000
_MM = 72 / 25.4


def entry(holder: Any, key: str, default: Any = None) -> Any:
    """The value itself: pyHanko's `get` hands over an unresolved reference."""
    return holder[key] if key in holder else default  # noqa: SIM401 - only [] resolves


def items(array: Any) -> list[Any]:
    return [item.get_object() for item in array]


@dataclass(frozen=True, slots=True)
class PageBox:
    """What is seen of a page: crop box in points, and the clockwise turn of /Rotate."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @property
    def seen_mm(self) -> tuple[float, float]:
        """Width and height as the reader sees the page."""
        width, height = (self.right - self.left) / _MM, (self.top - self.bottom) / _MM
        return (height, width) if self.rotation % 180 else (width, height)

    def seen_point(self, x: float, y: float) -> tuple[float, float]:
        """Millimetres from the top left corner as seen, of a point of the page."""
        across, down = {
            0: (x - self.left, self.top - y),
            90: (y - self.bottom, x - self.left),
            180: (self.right - x, y - self.bottom),
            270: (self.top - y, self.right - x),
        }[self.rotation]
        return across / _MM, down / _MM

    def rectangle(
        self, x_mm: float, y_mm: float, width_mm: float, height_mm: float
    ) -> tuple[float, float, float, float]:
        """PDF rectangle of a box centred `x_mm`, `y_mm` from the top left corner as seen."""
        x, y, half_w, half_h = x_mm * _MM, y_mm * _MM, width_mm * _MM / 2, height_mm * _MM / 2
        if self.rotation == 0:
            cx, cy = self.left + x, self.top - y
        elif self.rotation == 90:
            cx, cy = self.left + y, self.bottom + x
        elif self.rotation == 180:
            cx, cy = self.right - x, self.bottom + y
        else:
            cx, cy = self.right - y, self.top - x
        if self.rotation % 180:
            half_w, half_h = half_h, half_w
        return cx - half_w, cy - half_h, cx + half_w, cy + half_h


def page_nodes(root: Any, until: int | None = None) -> list[tuple[generic.Reference, Any]]:
    """The page dictionaries in order, with their references; bounded, because /Kids can loop. `until`: no further."""
    pages: list[tuple[generic.Reference, Any]] = []
    waiting = [root.raw_get("/Pages")]
    visited = 0
    while waiting and len(pages) != until:
        item = waiting.pop()
        node = item.get_object()
        visited += 1
        if visited > 2 * MOST_PAGES or len(waiting) > 4 * MOST_PAGES:
            raise PdfRefused("too_many_pages", f"文件超过 {MOST_PAGES} 页。", f"The file has over {MOST_PAGES} pages.")
        if "/Kids" in node:
            waiting.extend(reversed(node["/Kids"]))
        else:
            pages.append((item.reference, node))
    return pages


def page_box(page: Any) -> PageBox:
    """What is seen of this page: the crop box as far as the medium goes."""
    box = inherited(page, "/CropBox") or inherited(page, "/MediaBox")
    media = inherited(page, "/MediaBox")
    x0, y0, x1, y1 = (float(value) for value in box)
    mx0, my0, mx1, my1 = (float(value) for value in media)
    left, right = max(min(x0, x1), min(mx0, mx1)), min(max(x0, x1), max(mx0, mx1))
    bottom, top = max(min(y0, y1), min(my0, my1)), min(max(y0, y1), max(my0, my1))
    rotation = int(inherited(page, "/Rotate") or 0) % 360
    if rotation % 90 or right - left < 1 or top - bottom < 1:
        raise damaged()
    return PageBox(left, bottom, right, top, rotation)


def inherited(page: Any, key: str) -> Any:
    """An attribute of the page or of a node above it; None when there is none."""
    node = page
    for _ in range(64):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise damaged()
