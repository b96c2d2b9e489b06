"""The geometry of a square name seal (方形名章): two to four characters, the right column first, top to bottom.

印 or 之印 may follow the name; 法定代表人名章 and personal name seals for organisational use are made so
(国办发〔2025〕33号).
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.letters import letter
from seal.drawing.shapes import Affine, Contour, Drawing, bounds, rectangle

BORDER, PADDING, GUTTER = 0.045, 0.045, 0.035
"""Of the side: the frame, the white inside it, the white between characters."""
SUFFIXES = ("", "印", "之印")
_THIN = 0.35
"""Ink thinner than this (一, 丨) is not stretched across its thinness."""
LEAST, MOST = 2, 6
SMALLEST, LARGEST = 10.0, 40.0
_COLUMNS = {2: (1, 1), 3: (1, 2), 4: (2, 2), 5: (2, 3), 6: (3, 3)}
"""Characters per column, from the right: a name of three has the surname alone on the right."""


@dataclass(frozen=True, slots=True)
class SquareSeal:
    name: str
    suffix: str = ""
    side: float = 20.0


def draw(spec: SquareSeal) -> Drawing:
    """The picture of `spec`; raises `InvalidInput` when it does not fit or a character has no glyph."""
    text = spec.name + spec.suffix
    _check(spec, text)
    side, border = spec.side, BORDER * spec.side
    inner = side - 2 * border
    contours: list[Contour] = [
        rectangle(0, 0, side, side),
        rectangle(border, border, inner, inner, clockwise=False),
    ]
    columns = _COLUMNS[len(text)]
    room, gutter = inner - 2 * PADDING * side, GUTTER * side
    width = (room - gutter * (len(columns) - 1)) / len(columns)
    start, index = border + PADDING * side, 0
    for column, count in enumerate(columns):
        height = (room - gutter * (count - 1)) / count
        x = side - start - width - column * (width + gutter)
        for row in range(count):
            contours += _filling(text[index], x, start + row * (height + gutter), width, height)
            index += 1
    return Drawing(side, side, tuple(contours))


def _check(spec: SquareSeal, text: str) -> None:
    if spec.suffix in SUFFIXES and LEAST <= len(text) <= MOST and SMALLEST <= spec.side <= LARGEST:
        return
    raise InvalidInput(
        "seal.does_not_fit",
        Text(
            f"方形名章连同“印”或“之印”须为 {LEAST} 至 {MOST} 字，边长 {SMALLEST:g} 至 {LARGEST:g} 毫米。",
            f"A name seal takes {LEAST} to {MOST} characters with 印 or 之印, {SMALLEST:g} to {LARGEST:g} mm a side.",
        ),
    )


def _filling(char: str, x: float, y: float, width: float, height: float) -> list[Contour]:
    """The ink of `char` stretched to its cell, as seal cutters do; thin ones (一) keep their own proportion."""
    outline = letter(char).contours
    if not outline:
        return []
    left, top, right, bottom = bounds(outline)
    across = min(width / max(right - left, 0.62), width / 0.62)
    down = min(height / max(bottom - top, 0.62), height / 0.62)
    if bottom - top < _THIN:
        down = min(down, across)
    if right - left < _THIN:
        across = min(across, down)
    middle_x, middle_y = x + width / 2, y + height / 2
    move = Affine(across, 0, 0, -down, middle_x - across * (left + right) / 2, middle_y + down * (top + bottom) / 2)
    return [move.contour(contour) for contour in outline]
