"""A PDF as placing sees it (PDF 定位): sizes of pages, words, and empty signature fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import enumerate_sig_fields

from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text
from seal.drawing.pdf import POINTS
from seal.pdf import words
from seal.pdf.document import Inspected
from seal.pdf.pages import entry, items
from seal.pdf.problems import PdfRefused, damaged, reading
from seal.pdf.showing import sorted_rectangle
from seal.placing import Found

WANTED = ("/Filter", "/SubFilter", "/DigestMethod", "/Reasons", "/MDP", "/Cert", "/LegalAttestation", "/LockDocument")


@dataclass(frozen=True, slots=True)
class PdfSheets:
    """`width` and `height` of the seal in millimetres: a field must have room for it."""

    inspected: Inspected
    writer: IncrementalPdfFileWriter
    width: float
    height: float

    @property
    def count(self) -> int:
        return self.inspected.count

    def size(self, page: int) -> tuple[float, float]:
        return self.inspected.page(page).seen_mm

    def find(self, text: str, first: int, last: int, most: int) -> Sequence[Found]:
        return words.find(self.inspected, text, first, last, most)

    def field(self, name: str) -> Found:
        with reading():
            widget = _widget(self._field(name))
            page = self._page(widget)
            rectangle = sorted_rectangle(widget["/Rect"])
        box = self.inspected.page(page)
        (x0, y0), (x1, y1) = box.seen_point(*rectangle[:2]), box.seen_point(*rectangle[2:])
        room = 0.5 / POINTS
        if abs(x1 - x0) + room < self.width or abs(y1 - y0) + room < self.height:
            raise _small(abs(x1 - x0), abs(y1 - y0), self.width, self.height)
        return Found(page, (x0 + x1) / 2, (y0 + y1) / 2)

    def _field(self, name: str) -> Any:
        for found, value, reference in enumerate_sig_fields(self.writer.prev):
            if found != name:
                continue
            if value is not None:
                raise PdfRefused(
                    "field_signed", "这个签名域已经签过，请换一个。", "This field is signed already. Use another one."
                )
            field = reference.get_object()
            demands = entry(field, "/SV", {})
            if any(key in demands for key in WANTED):
                raise PdfRefused(
                    "field_demands",
                    "这个签名域规定了签名方式（种子值），无法照办，请联系制作者去掉限制。",
                    "This field prescribes how it is signed (seed values), which is not supported. Ask its author to "
                    "remove that.",
                )
            return field
        told = Text("文件中没有这个名称的签名域", "the document has no signature field of this name")
        raise InvalidInput(
            "seal.field_not_found",
            Text(
                "文件中没有这个名称的签名域，请核对名称。", "The document has no such signature field. Check the name."
            ),
            faults=(FieldFault("/places/0/name", told, "form"),),
        )

    def _page(self, widget: Any) -> int:
        """By the annotations of the pages; /P of the widget is optional and could say anything."""
        found = [
            number
            for number, page in enumerate(self.inspected.nodes, 1)
            if any(one is widget for one in items(entry(page, "/Annots", [])))
        ]
        if len(found) != 1:
            raise damaged()
        return found[0]


def _widget(field: Any) -> Any:
    kids = items(entry(field, "/Kids", []))
    if len(kids) > 1:
        raise PdfRefused(
            "field_several",
            "这个签名域在多处显示，请改用坐标用章。",
            "This field shows in several places. Place by coordinates instead.",
        )
    return kids[0] if kids else field


def _small(field_w: float, field_h: float, seal_w: float, seal_h: float) -> PdfRefused:
    """A seal's size is laid down for its owner's rank; a shrunk one is another seal."""
    return PdfRefused(
        "field_small",
        f"签名域为 {field_w:.0f} × {field_h:.0f} 毫米，放不下 {seal_w:.0f} × {seal_h:.0f} 毫米的印章；"
        "印章不缩小，请放大签名域。",
        f"The field is {field_w:.0f} by {field_h:.0f} mm, too small for a seal of {seal_w:.0f} by {seal_h:.0f} mm. "
        "Seals are never shrunk: make the field larger.",
    )
