"""The date drawn with a seal (成文日期): "2026年11月23日" as glyph outlines, across the seal or under it.

GB/T 9704-2012 7.3.5: Arabic digits without leading zeros; the seal stands upright in the middle of the signature and
date and presses on them, so that they show a little below its centre. Millimetres, y downwards, as all drawings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from foundation.fonts import FontName
from seal.drawing.glyphs import glyph
from seal.drawing.shapes import Affine, Contour

SIZE = 16 * 25.4 / 72
"""No. 3 type (三号字), the size of an official document's text."""
GAP = 2.0
"""Between the seal and a date under it."""
_PRESSED = 0.62
"""Where the middle of a date across the seal lies, of the seal's height from its top."""


class DateWhere(StrEnum):
    ACROSS = "across"
    """压章: the seal presses on the date."""
    UNDER = "under"


@dataclass(frozen=True, slots=True)
class Dated:
    """A box that holds the seal and its date, and where in it each lies."""

    width: float
    height: float
    seal_left: float
    seal_top: float
    contours: tuple[Contour, ...]
    """The date, placed in the box; to be filled in black under the seal."""


def words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def place(day: date, where: DateWhere, seal_width: float, seal_height: float) -> Dated:
    """The date with a seal of this size: centred, across or under it."""
    glyphs = [glyph(char, FontName.SERIF) for char in words(day)]
    length = sum(one.advance for one in glyphs) * SIZE
    width = max(seal_width, length)
    if where is DateWhere.UNDER:
        height, bottom = seal_height + GAP + SIZE, seal_height + GAP + SIZE
    else:
        bottom = seal_height * _PRESSED + SIZE / 2
        height = max(seal_height, bottom)
    contours: list[Contour] = []
    left = (width - length) / 2
    for one in glyphs:
        move = Affine(SIZE, 0, 0, -SIZE, left, bottom)
        contours.extend(move.contour(contour) for contour in one.contours)
        left += one.advance * SIZE
    return Dated(width, height, (width - seal_width) / 2, 0.0, tuple(contours))
