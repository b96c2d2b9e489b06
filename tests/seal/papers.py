"""Documents to stamp: small, honest, and made here so that every octet is known."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from reportlab.pdfgen import canvas

from seal.ofd.package import NAMESPACE, write


@cache
def pdf(pages: int = 1, rotation: int = 0, *, newline: bool = True) -> bytes:
    buffer = BytesIO()
    paper = canvas.Canvas(buffer, pagesize=(595.28, 841.89), invariant=1)
    for number in range(pages):
        if rotation:
            paper.setPageRotation(rotation)
        paper.drawString(72, 760, f"Licence, page {number + 1}")
        for line in range(40):
            paper.drawString(72, 720 - 16 * line, f"line {line}: the quick brown fox jumps over the lazy dog")
        paper.showPage()
    paper.save()
    data = buffer.getvalue().rstrip(b"\r\n")
    return data + b"\n" if newline else data


@cache
def ofd(text: str = "GENUINE", extra: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    named = f'xmlns:ofd="{NAMESPACE}"'
    parts = {
        "OFD.xml": f'<ofd:OFD {named} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        "<ofd:DocID>00112233445566778899aabbccddeeff</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {named}><ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f'<ofd:Page {named}><ofd:Content><ofd:Layer ID="2">'
        f'<ofd:TextObject ID="3" Boundary="10 10 100 10" Font="4" Size="5"><ofd:TextCode X="0" Y="5">{text}'
        "</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content></ofd:Page>",
    }
    encoded = {name: ('<?xml version="1.0" encoding="UTF-8"?>\n' + content).encode() for name, content in parts.items()}
    return write({**encoded, **dict(extra)})
