"""A seal as a PDF of its own size (印模 PDF): one page without background, for printers and for looking at."""

from __future__ import annotations

import zlib

from seal.drawing.pdf import POINTS, write
from seal.drawing.shapes import Drawing


def document(drawing: Drawing, title: str) -> bytes:
    """The whole file; the same drawing gives the same octets."""
    content = zlib.compress(write(drawing), 9)
    box = f"[0 0 {drawing.width * POINTS:.3f} {drawing.height * POINTS:.3f}]"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        (
            f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents 4 0 R"
            "/Resources<</ExtGState<</Seal<</Type/ExtGState/BM/Multiply>>>>>>>>"
        ).encode(),
        b"<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(content), content),
        b"<</Title<%b>/Producer(Yinxin)>>" % ("\ufeff" + title).encode("utf-16-be").hex().encode(),
    ]
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 5 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
