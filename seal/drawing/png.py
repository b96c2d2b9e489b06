"""A seal as PNG (位图印模): exact area coverage per pixel, so edges are smooth at any size.

Palette of one red in 32 transparencies: one octet a pixel, no background, and small, because every sealed OFD carries
the picture twice. The coverage of a pixel is the signed area
the outlines leave in it, summed from the left; it needs no supersampling and gives the same octets everywhere.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections import defaultdict
from functools import lru_cache

from seal.drawing.colour import SEAL_RED
from seal.drawing.shapes import Drawing, flatten

DPI = 600
LEVELS = 32
_Row = defaultdict[int, float]
"""Where the coverage changes along a line of pixels, and by how much: a few dozen places out of a thousand."""


@lru_cache(maxsize=16)  # shown, then made: the same picture again
def write(drawing: Drawing, dpi: int = DPI) -> bytes:
    scale = dpi / 25.4
    width, height = math.ceil(drawing.width * scale), math.ceil(drawing.height * scale)
    return _encode(width, height, coverage(drawing, scale, width, height), round(scale * 1000))


def coverage(drawing: Drawing, scale: float, width: int, height: int) -> list[bytes]:
    """One row of palette indices (0 clear, `LEVELS` - 1 full) per line of pixels."""
    rows: list[_Row] = [defaultdict(float) for _ in range(height)]
    for polygon in flatten(drawing.contours, tolerance=0.08 / scale):
        points = [(x * scale, y * scale) for x, y in polygon]
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            if y0 != y1:
                _edge(rows, x0, y0, x1, y1, width)
    return [_indices(row, width) for row in rows]


def _indices(row: _Row, width: int) -> bytes:
    """The running sum as palette indices: most pixels change nothing, and are filled run by run."""
    top, total, index, begun = LEVELS - 1, 0.0, 0, 0
    line = bytearray(width)
    for pixel, change in sorted(row.items()):
        if pixel >= width:
            break
        if index:
            line[begun:pixel] = bytes((index,)) * (pixel - begun)
        total += change
        index, begun = min(top, round(abs(total) * top)), pixel
    if index:
        line[begun:] = bytes((index,)) * (width - begun)
    return bytes(line)


def _edge(rows: list[_Row], x0: float, y0: float, x1: float, y1: float, width: int) -> None:
    """Add one edge: in each pixel row it crosses, the area to its right, signed by its direction."""
    sign = 1.0 if y0 < y1 else -1.0
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    slope = (x1 - x0) / (y1 - y0)
    top, bottom = max(0, math.floor(y0)), min(len(rows), math.ceil(y1))
    for line in range(top, bottom):
        start, stop = max(y0, line), min(y1, line + 1)
        if stop <= start:
            continue
        xa = min(max(x0 + (start - y0) * slope, 0.0), width)
        xb = min(max(x0 + (stop - y0) * slope, 0.0), width)
        _span(rows[line], min(xa, xb), max(xa, xb), sign * (stop - start))


def _span(row: _Row, left: float, right: float, height: float) -> None:
    """Spread `height` over the pixels between `left` and `right` so that a running sum gives each its area."""
    first, last = int(left), int(right)
    if first == last:
        share = height * (1 - ((left + right) / 2 - first))
        row[first] += share
        row[first + 1] += height - share
        return
    density = height / (right - left)
    covered = 0.0  # what the pixels so far hold, as running sum
    for pixel in range(first, last + 1):
        enter, leave = max(left, pixel), min(right, pixel + 1)
        done = (enter - left) * density
        inside = (leave - enter) * density
        area = done + inside * (1 - ((enter + leave) / 2 - pixel))
        row[pixel] += area - covered
        covered = area
    row[last + 1] += height - covered


def _encode(width: int, height: int, rows: list[bytes], pixels_per_metre: int) -> bytes:
    red = bytes((SEAL_RED.red, SEAL_RED.green, SEAL_RED.blue))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", pixels_per_metre, pixels_per_metre, 1)),
            _chunk(b"PLTE", red * LEVELS),
            _chunk(b"tRNS", bytes(round(255 * level / (LEVELS - 1)) for level in range(LEVELS))),
            _chunk(b"IDAT", zlib.compress(b"".join(b"\x00" + row for row in rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
