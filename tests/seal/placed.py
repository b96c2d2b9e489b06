"""Papers with words to find, stamping them in all places, and looking at what was drawn."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pypdfium2
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from ca.suites import Suite
from seal.ofd.package import NAMESPACE, Package, write
from seal.orders import OfdOrder, PdfOrder
from seal.places import Places
from seal.stamp import stamp_ofd, stamp_pdf
from tests.seal.conftest import Region
from tests.verify.conftest import trust_of
from verify.judge import Context, judge
from verify.report import Report, Verdict

MM = 72 / 25.4
BOTH = (Suite.SM2, Suite.RSA)


def seal(
    region: Region, document: bytes, place: Places, suites: tuple[Suite, ...] = (Suite.SM2,), **more: bool
) -> bytes:
    order = PdfOrder(document, region.seal_id, place, region.key(), suites, closing=more.get("closing", True))
    return stamp_pdf(region.room, region.principal, order).document


def verdict(region: Region, data: bytes) -> Report:
    return judge(data, name=None, context=Context(trust=trust_of(region), clock=region.clock))


def genuine(region: Region, data: bytes) -> bool:
    report = verdict(region, data)
    assert report.verdict is Verdict.GENUINE, [item.text.en for item in report.findings]
    return True


def page_image(data: bytes, page: int, dpi: int = 72) -> Image.Image:
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return document[page - 1].render(scale=dpi / 72, may_draw_forms=True).to_pil().convert("RGB")


def red_box(image: Image.Image, dpi: int = 72) -> tuple[float, float, float, float] | None:
    """Where anything is as red as a seal, in millimetres of the page as seen."""
    mask = Image.eval(image.getchannel("R"), lambda v: 255 if v > 150 else 0)
    for channel in ("G", "B"):
        low = Image.eval(image.getchannel(channel), lambda v: 255 if v < 110 else 0)
        mask = Image.composite(mask, Image.new("L", mask.size, 0), low)
    box = mask.getbbox()
    return None if box is None else tuple(value * 25.4 / dpi for value in box)  # type: ignore[return-value]


def near(box: tuple[float, ...] | None, wanted: tuple[float, ...], tolerance: float = 1.0) -> bool:
    return box is not None and all(abs(a - b) <= tolerance for a, b in zip(box, wanted, strict=True))


def paper(lines: list[list[str]], size: tuple[float, float] = (595.28, 841.89)) -> bytes:
    """Pages of Chinese lines, 30 mm apart, each beginning 40 mm from the left."""
    buffer = BytesIO()
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    sheet = canvas.Canvas(buffer, pagesize=size, invariant=1)
    for page in lines:
        sheet.setFont("STSong-Light", 14)
        for number, line in enumerate(page):
            sheet.drawString(40 * MM, size[1] - (60 + 30 * number) * MM, line)
        sheet.showPage()
    sheet.save()
    return buffer.getvalue()


def changed(document: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(BytesIO(document)) as read:
        change(read)
        out = BytesIO()
        read.save(out)
    return out.getvalue()


def sheets(pages: list[list[str]], deltas: str = "g 30 5") -> bytes:
    """An OFD of A4 pages: lines of 5 mm type, 30 mm apart, the first baseline at 60 mm, from 40 mm on."""
    named = f'xmlns:ofd="{NAMESPACE}"'
    elements = "".join(f'<ofd:Page ID="{100 + n}" BaseLoc="Pages/P{n}/Content.xml"/>' for n in range(len(pages)))
    parts = {
        "OFD.xml": f'<ofd:OFD {named} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>{"0" * 32}'
        "</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {named}><ofd:CommonData><ofd:MaxUnitID>999</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>{elements}"
        "</ofd:Pages></ofd:Document>",
    }
    for number, lines in enumerate(pages):
        texts = "".join(
            f'<ofd:TextObject ID="{1000 * (number + 1) + row}" Boundary="40 {55 + 30 * row} 100 10" Font="4" Size="5">'
            f'<ofd:TextCode X="0" Y="5" DeltaX="{deltas}">{line}</ofd:TextCode></ofd:TextObject>'
            for row, line in enumerate(lines)
        )
        parts[f"Doc_0/Pages/P{number}/Content.xml"] = (
            f'<ofd:Page {named}><ofd:Content><ofd:Layer ID="{500 + number}">{texts}</ofd:Layer></ofd:Content>'
            "</ofd:Page>"
        )
    return write({name: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode() for name, text in parts.items()})


def ofd(region: Region, document: bytes, place: Places) -> bytes:
    order = OfdOrder(document, region.seal_id, place, region.key())
    return stamp_ofd(region.room, region.principal, order).document


def annotations(sealed: bytes) -> list[tuple[str | None, str | None, str | None]]:
    root = Package.read(sealed).xml("Doc_0/Signs/Sign_0/Signature.xml")
    found = [one for one in root.iter() if str(one.tag).endswith("StampAnnot")]
    return [(one.get("PageRef"), one.get("Boundary"), one.get("Clip")) for one in found]
