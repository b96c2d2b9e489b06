"""A plain look at one page of an OFD (test oracle): page words left aside, its annotations' outlines and its seals.

Shares nothing with our drawing: zipfile reads the package, reportlab sets the outlines, PDFium makes the picture.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from xml.etree import ElementTree as ET

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from tests.seal.judges import extract
from tests.seal.placed import MM, page_image

NS = "{http://www.ofdspec.org/2016}"
HEIGHT = 297.0


def look(data: bytes, page_id: str, dpi: int = 72) -> Image.Image:
    """Annotations first, the seals over them; an A4 page."""
    buffer = io.BytesIO()
    sheet = canvas.Canvas(buffer, pagesize=(210 * MM, HEIGHT * MM))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        document = _xml(package, "Doc_0/Document.xml")
        for name in _annotation_files(package, document, page_id):
            for annot in _xml(package, name).iter(f"{NS}Appearance"):
                _outlines(sheet, annot)
        for name in sorted(one for one in package.namelist() if one.endswith("/Signature.xml")):
            value = package.read(posixpath.join(posixpath.dirname(name), "SignedValue.dat"))
            picture = extract.seal_picture(value)
            for mark in _xml(package, name).iter(f"{NS}StampAnnot"):
                if mark.attrib["PageRef"] == page_id:
                    x, y, w, h = map(float, mark.attrib["Boundary"].split())
                    image = ImageReader(io.BytesIO(picture))
                    sheet.drawImage(image, x * MM, (HEIGHT - y - h) * MM, w * MM, h * MM, mask="auto")
    sheet.showPage()
    sheet.save()
    return page_image(buffer.getvalue(), 1, dpi)


def _annotation_files(package: zipfile.ZipFile, document: ET.Element, page_id: str) -> list[str]:
    listed = document.findtext(f"{NS}Annotations")
    if listed is None:
        return []
    pages = _xml(package, listed.lstrip("/")).iter(f"{NS}Page")
    return [str(one.findtext(f"{NS}FileLoc")).lstrip("/") for one in pages if one.attrib["PageID"] == page_id]


def _outlines(sheet: canvas.Canvas, appearance: ET.Element) -> None:
    left, top = map(float, appearance.attrib["Boundary"].split()[:2])
    for item in appearance.iter(f"{NS}PathObject"):
        x0, y0 = map(float, item.attrib["Boundary"].split()[:2])
        path = sheet.beginPath()
        words = str(item.findtext(f"{NS}AbbreviatedData")).split()
        while words:
            name = words.pop(0)
            count = {"M": 2, "L": 2, "B": 6, "C": 0}[name]
            numbers, words = [float(one) for one in words[:count]], words[count:]
            at = [
                value * MM
                for x, y in zip(numbers[::2], numbers[1::2], strict=True)
                for value in (left + x0 + x, HEIGHT - top - y0 - y)
            ]
            {"M": path.moveTo, "L": path.lineTo, "B": path.curveTo, "C": path.close}[name](*at)
        sheet.drawPath(path, stroke=0, fill=1, fillMode=1)


def _xml(package: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(package.read(name))  # noqa: S314 - of our own making
