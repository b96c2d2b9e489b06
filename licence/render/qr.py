"""The printed code (二维码) as bars of modules.

QR version at most 14 at level M, so that a 30 mm square has modules of 0.40 mm or more, which is what a 200 dpi window
camera needs (facts/licence.md §2.3). zxing-cpp writes it: 1.1 ms with the mask chosen as ISO/IEC 18004 says, where
segno needs 19 ms, or 4 ms with a fixed mask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import zxingcpp

from foundation.errors import InvalidInput
from foundation.text import Text
from licence.catalogue import LicenceType, fault
from licence.render.layout import CodePlace
from licence.render.model import CodeDrawing

MAX_VERSION = 14
MIN_MODULE = 0.40

_DARK = re.compile(rb"\x00+")
_zxing: Any = zxingcpp  # compiled, without type information


def version_of(text: str) -> int:
    """QR version `text` needs at level M; 41 when no version holds it."""
    return (len(matrix(text)) - 17) // 4 if len(text) <= 3000 else 41


def matrix(text: str) -> tuple[bytes, ...]:
    """Rows of the symbol without quiet zone, one octet a module, 0 dark."""
    try:
        symbol = _zxing.create_barcode(text, _zxing.BarcodeFormat.QRCode, ec_level="M")
    except ValueError as error:  # beyond version 40
        raise _too_long() from error
    image = bytes(memoryview(symbol.to_image(scale=1, add_quiet_zones=False)).cast("B"))
    size = int(len(image) ** 0.5)
    return tuple(image[row * size : (row + 1) * size] for row in range(size))


def draw(text: str, place: CodePlace, kind: LicenceType, values: Mapping[str, str]) -> CodeDrawing:
    """The code at its place; refused when too dense to print, naming the field that takes most room in it."""
    if len(text) > 1000:  # far beyond version 14; spares the encoder
        raise _too_long(kind, values)
    rows = matrix(text)
    size = len(rows)
    module = int(place.size / size * 100 + 1e-6) / 100
    if size > 17 + 4 * MAX_VERSION or module < MIN_MODULE:
        raise _too_long(kind, values)
    bars = tuple((run.start(), y, run.end() - run.start()) for y, row in enumerate(rows) for run in _DARK.finditer(row))
    spare = round((place.size - module * size) / 2, 2)
    return CodeDrawing(place.x + spare, place.y + spare, module, size, bars)


def _too_long(kind: LicenceType | None = None, values: Mapping[str, str] | None = None) -> InvalidInput:
    if kind is None or values is None:
        text = Text("二维码内容过长，无法印制。", "The printed code holds too much to be printed.")
        return InvalidInput("licence.code_too_long", text)
    fields = {spec.key for spec in kind.fields}
    longest = max((key for key in kind.code_fields if key in fields), key=lambda key: len(values.get(key, "")))
    label = kind.label(longest)
    detail = Text(
        f"“{label.zh}”过长，印制的二维码将超过版本 {MAX_VERSION}，无法可靠扫描，请缩短。",
        f"“{label.en}” is too long: the printed code would exceed version {MAX_VERSION} and not scan. Shorten it.",
    )
    return InvalidInput("licence.code_too_long", detail, faults=(fault(longest, detail),))
