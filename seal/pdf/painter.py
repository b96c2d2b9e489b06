"""Painting pages of PDFs (PDF 页面成像), in a process of its own: PDFium is native code.

Started by `seal.pdf.painted` for a few documents. Takes one line of JSON that says how long each document is and which
page is wanted, then the documents; answers one line of JSON each. Bounded in memory, time and pixels.
"""

from __future__ import annotations

import base64
import hashlib
import json
import resource
import struct
import sys
import zlib
from typing import Any

from pypdfium2 import PdfDocument

MEMORY = 1024 * 1024 * 1024
MOST_PIXELS = 16_000_000


def main() -> None:
    question = json.loads(sys.stdin.buffer.readline())
    seconds = int(question["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for job in question["jobs"]:
        data = sys.stdin.buffer.read(int(job["size"]))
        try:
            answer = paint(data, int(job["page"]), int(job["dpi"]), picture=bool(job["picture"]))
        except Exception as error:  # noqa: BLE001 - native code raises anything; the next document is another matter
            answer = {"failed": type(error).__name__}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def paint(data: bytes, number: int, dpi: int, *, picture: bool) -> dict[str, Any]:
    """The page's pixels as RGB: their size, their SHA-256 (`width height` LF, then rows), and a PNG when wanted."""
    document: Any = PdfDocument(data)
    document.init_forms()
    pages = len(document)
    page = document[min(number, pages) - 1]
    width, height = page.get_size()
    scale = min(dpi / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=True)
    rows = _rows(bitmap)
    hashed = hashlib.sha256(f"{bitmap.width} {bitmap.height}\n".encode())
    for row in rows:
        hashed.update(row)
    answer = {"pages": pages, "page": min(number, pages), "width": bitmap.width, "height": bitmap.height}
    png = base64.b64encode(_png(bitmap.width, bitmap.height, rows)).decode() if picture else None
    return {**answer, "sha256": hashed.hexdigest(), "png": png}


def _rows(bitmap: Any) -> list[bytes]:
    octets, channels = bytes(bitmap.buffer), bitmap.n_channels
    rows = []
    for line in range(bitmap.height):
        row = octets[line * bitmap.stride : line * bitmap.stride + bitmap.width * channels]
        if channels == 4:
            row = b"".join(row[at : at + 3] for at in range(0, len(row), 4))
        elif channels == 1:
            row = b"".join(row[at : at + 1] * 3 for at in range(len(row)))
        rows.append(row)
    return rows


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\x00" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
