"""Letters as outlines (字形轮廓): nothing is embedded, nothing can be copied as text, PDF/A has no font to miss.

A character no font of the chain holds is refused by name: an official seal never shows a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import uharfbuzz

from foundation import fonts
from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.shapes import Contour, Segment

_harfbuzz: Any = uharfbuzz  # a compiled module: its classes cannot be seen by mypy
_DESCENT = -0.12
"""Lower edge of the ideographic em box in Noto's CJK fonts, in em."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """Outline in em, y upwards, the em box's lower left corner at the origin."""

    advance: float
    contours: tuple[Contour, ...]


def glyph(char: str, first: str = fonts.FontName.SERIF_BOLD) -> Glyph:
    """The outline of `char` from the first font of the chain that has it; raises `InvalidInput` naming it otherwise."""
    for path in fonts.chain(first):
        if ord(char) in fonts.coverage(path):
            return _outline(path, ord(char))
    raise InvalidInput(
        "seal.missing_glyph",
        Text(
            f"印章字库中没有字符 {fonts.spell_out(char)}，请核对印文，或补充字库后再制作。",
            f"The seal fonts have no character {fonts.spell_out(char)}. Check the text, or add a font that has it.",
        ),
    )


@cache
def _font(path: Path) -> Any:
    return _harfbuzz.Font(_harfbuzz.Face(_harfbuzz.Blob.from_file_path(str(path))))


@cache
def _outline(path: Path, code: int) -> Glyph:
    font = _font(path)
    pen = _Pen(1 / font.face.upem)
    index = font.get_nominal_glyph(code)
    font.draw_glyph_with_pen(index, pen)
    return Glyph(font.get_glyph_h_advance(index) / font.face.upem, tuple(pen.contours))


class _Pen:
    """A fontTools segment pen that keeps cubic segments only."""

    def __init__(self, scale: float) -> None:
        self.contours: list[Contour] = []
        self._scale = scale
        self._open: list[Segment] = []
        self._last = (0.0, 0.0)

    def _scaled(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * self._scale, point[1] * self._scale - _DESCENT

    def moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the pen protocol's name
        self._last = self._scaled(point)
        self._open = [("M", *self._last)]

    def lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._last = self._scaled(point)
        self._open.append(("L", *self._last))

    def curveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        first, second, last = (self._scaled(point) for point in points)
        self._open.append(("C", *first, *second, *last))
        self._last = last

    def qCurveTo(self, *points: tuple[float, float]) -> None:  # noqa: N802
        """HarfBuzz hands over one control point and one end at a time."""
        (cx, cy), (x, y) = (self._scaled(point) for point in points)
        x0, y0 = self._last
        self._open.append(
            ("C", x0 + 2 / 3 * (cx - x0), y0 + 2 / 3 * (cy - y0), x + 2 / 3 * (cx - x), y + 2 / 3 * (cy - y), x, y)
        )
        self._last = (x, y)

    def closePath(self) -> None:  # noqa: N802
        if len(self._open) > 2:
            self.contours.append(tuple(self._open))
        self._open = []

    endPath = closePath  # noqa: N815
