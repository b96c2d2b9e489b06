"""Letters in their places (印文排字): how wide a character stands, and its outline put where the seal wants it.

Han characters take a full square each. Punctuation, Latin letters and digits take what their ink needs, so that
（）、 leave no holes in a ring and ABC does not look spaced out.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from seal.drawing.glyphs import glyph
from seal.drawing.shapes import Affine, Contour, bounds

_SIDE = 0.07
"""Room left and right of the ink of a narrow character, in em."""
_SPACE = 0.45


@dataclass(frozen=True, slots=True)
class Letter:
    """Outline in em, y upwards, its middle at x = 0 and the em box from y = 0 to 1."""

    width: float
    contours: tuple[Contour, ...]


@lru_cache(maxsize=4096)
def letter(char: str) -> Letter:
    """One character ready to be set; raises `InvalidInput` naming it when no font has it."""
    if char.isspace():
        return Letter(_SPACE, ())
    shape = glyph(char)
    category = unicodedata.category(char)
    if category == "Lo" or not shape.contours:
        width, middle = 1.0, shape.advance / 2
    elif category == "Nd" and char.isascii():
        width, middle = glyph("0").advance + _SIDE, shape.advance / 2  # one width for all, so that codes stay even
    else:
        left, _, right, _ = bounds(shape.contours)
        width, middle = right - left + 2 * _SIDE, (left + right) / 2
    move = Affine(1, 0, 0, 1, -middle, 0)
    return Letter(width, tuple(move.contour(contour) for contour in shape.contours))


def letters(text: str) -> list[Letter]:
    return [letter(char) for char in text]


def places(found: list[Letter]) -> list[float]:
    """The middles of the letters on a line that starts at 0, in em; their total is the sum of the widths."""
    at, middles = 0.0, []
    for one in found:
        middles.append(at + one.width / 2)
        at += one.width
    return middles


def stand(one: Letter, x: float, y: float, turn: float, width: float, height: float) -> list[Contour]:
    """`one` with an em box of `width` × `height` centred at (x, y), its head turned clockwise by `turn` radians."""
    sine, cosine = math.sin(turn), math.cos(turn)
    a, d = width, height
    # em box, y up → centred, y down → turned → moved
    matrix = Affine(a * cosine, a * sine, d * sine, -d * cosine, x - d * sine / 2, y + d * cosine / 2)
    return [matrix.contour(contour) for contour in one.contours]


def line(text: str, x: float, y: float, height: float, widest: float, gap: float = 0.08) -> list[Contour]:
    """`text` on a straight line centred at (x, y), squeezed to `widest`; `gap` in em stands between characters."""
    found = letters(text)
    total = sum(one.width for one in found) + gap * (len(found) - 1)
    em = min(height, widest / total)
    contours: list[Contour] = []
    start = x - em * total / 2
    for index, (one, middle) in enumerate(zip(found, places(found), strict=True)):
        contours += stand(one, start + em * (middle + index * gap), y, 0.0, em, height)
    return contours
