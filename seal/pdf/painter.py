"""Painting one page of a PDF (PDF 页面成像), in a process of its own: PDFium is native code.

Asked by `seal.pdf.painted` through `foundation.apart`. Rows go straight from PDFium's picture into hash and PNG, so
that the page is in memory once.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from pypdfium2 import PdfDocument

from foundation.apart.child import Tell
from seal.pdf import page_fonts
from seal.pdf.page_pictures import PagePictures

MOST_PIXELS = 16_000_000


def warm() -> None:
    page_fonts.give()


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """`page`, `dpi`, and `picture`: whether a PNG is wanted."""
    PagePictures(documents[0]).check(int(question["page"]))
    tell(paint(documents[0], int(question["page"]), int(question["dpi"]), picture=bool(question["picture"])))


def paint(data: bytes, number: int, dpi: int, *, picture: bool) -> dict[str, Any]:
    """The page's pixels as RGB: their size, their SHA-256 (`width height` LF, then rows), and a PNG when wanted."""
    document: Any = PdfDocument(data)
    document.init_forms()
    pages = len(document)
    page = document[min(number, pages) - 1]
    width, height = (max(1.0, side) for side in page.get_size())
    scale = min(dpi / 72, (MOST_PIXELS / (width * height)) ** 0.5, MOST_PIXELS / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=True)
    hashed = hashlib.sha256(f"{bitmap.width} {bitmap.height}\n".encode())
    packed, body = zlib.compressobj(6), []
    for row in _rows(bitmap):
        hashed.update(row)
        if picture:
            body += [packed.compress(b"\x00"), packed.compress(row)]
    body.append(packed.flush())
    answer = {"pages": pages, "page": min(number, pages), "width": bitmap.width, "height": bitmap.height}
    png = base64.b64encode(_png(bitmap.width, bitmap.height, b"".join(body))).decode() if picture else None
    return {**answer, "sha256": hashed.hexdigest(), "png": png}


def _rows(bitmap: Any) -> Iterator[bytes]:
    octets, channels, width = memoryview(bitmap.buffer).cast("B"), bitmap.n_channels, bitmap.width
    for line in range(bitmap.height):
        start = line * bitmap.stride
        row = bytes(octets[start : start + width * channels])
        if channels == 3:
            yield row
            continue
        mixed = bytearray(3 * width)
        for channel in range(3):
            mixed[channel::3] = row[channel if channels == 4 else 0 :: channels]
        yield bytes(mixed)


def _png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
