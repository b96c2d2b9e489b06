"""Text round a seal (环形印文): equal lengths of arc along a line inside the border of a circle or an ellipse.

The line runs at one distance from the border everywhere (a true parallel of the ellipse), so that every character has
the same room above its head. 国发〔1999〕25号: the text runs from left to right round the seal.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from seal.drawing.letters import letters, places, stand
from seal.drawing.shapes import Contour

WIDEST, NARROWEST = 0.98, 0.62
"""Width of a ring character over its height: from nearly square to clearly tall; beyond that the height gives way."""
STEP_SHARE, FOOT = 0.93, 0.35
"""How much of its arc a character may fill, measured towards its feet, where the arcs are shorter."""
_STEPS = 360


@dataclass(frozen=True, slots=True)
class Border:
    """The outer edge of a seal: half axes and centre in millimetres."""

    x: float
    y: float
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Path:
    """The parallel of a border, `inside` millimetres from it: where the middles of characters stand."""

    border: Border
    inside: float
    lengths: tuple[float, ...]
    """Arc length from the top for each of `_STEPS` equal steps of the parameter down the right half."""

    @classmethod
    def of(cls, border: Border, inside: float) -> Path:
        if border.a == border.b:
            step = math.pi * (border.a - inside) / _STEPS
            return cls(border, inside, tuple(step * index for index in range(_STEPS + 1)))
        lengths, before = [0.0], _point(border, inside, 0.0)
        for index in range(1, _STEPS + 1):
            now = _point(border, inside, math.pi * index / _STEPS)
            lengths.append(lengths[-1] + math.dist(before[:2], now[:2]))
            before = now
        return cls(border, inside, tuple(lengths))

    @property
    def whole(self) -> float:
        return 2 * self.lengths[-1]

    @property
    def tightest(self) -> float:
        """The smallest radius of curvature: at the ends of the long axis."""
        return max(self.border.b**2 / self.border.a - self.inside, 0.1)

    def at(self, length: float) -> tuple[float, float, float]:
        """(x, y, turn) at `length` clockwise from the top; `turn` is the way out, clockwise from straight up."""
        far = min(abs(length), self.lengths[-1])
        index = min(max(bisect_left(self.lengths, far), 1), _STEPS)
        low, high = self.lengths[index - 1], self.lengths[index]
        t = math.pi * (index - 1 + (far - low) / (high - low)) / _STEPS
        return _point(self.border, self.inside, t if length >= 0 else -t)


def _point(border: Border, inside: float, t: float) -> tuple[float, float, float]:
    sine, cosine = math.sin(t), math.cos(t)
    turn = math.atan2(sine / border.a, cosine / border.b)
    x = border.x + border.a * sine - inside * math.sin(turn)
    y = border.y - border.b * cosine + inside * math.cos(turn)
    return x, y, turn


def over(text: str, border: Border, gap: float, height: float, span: float, largest_step: float) -> list[Contour]:
    """`text` over the top, heads outwards, `gap` inside the border, centred.

    It takes at most `span` degrees (of a circle; the same share of an ellipse), and a character at most
    `largest_step`. Too little room makes the characters narrower first and then smaller.
    """
    found = letters(text)
    middles = places(found)
    reach = middles[-1] - middles[0]  # from the first middle to the last, in widths of one Han character
    width, path = 0.0, Path.of(border, gap + height / 2)
    for _ in range(40):
        path = Path.of(border, gap + height / 2)
        step = min(largest_step, span / reach) / 360 * path.whole
        width = min(WIDEST * height, STEP_SHARE * step * (1 - FOOT * height / path.tightest))
        if width >= NARROWEST * height:
            break
        height *= 0.96
    contours: list[Contour] = []
    centre = (middles[0] + middles[-1]) / 2
    step = min(largest_step, span / reach) / 360 * path.whole
    for one, middle in zip(found, middles, strict=True):
        x, y, turn = path.at(step * (middle - centre))
        contours += stand(one, x, y, turn, width, height)
    return contours


def under(text: str, border: Border, gap: float, height: float, pitch: float, most: float = 150.0) -> list[Contour]:
    """`text` along the bottom, read from left to right, heads to the middle; `pitch` is one em's step over height."""
    path = Path.of(border, gap + height / 2)
    found = letters(text)
    total = sum(one.width for one in found)
    em = min(height * pitch, most / 360 * path.whole / total)
    contours: list[Contour] = []
    half = path.whole / 2
    for one, middle in zip(found, places(found), strict=True):
        right = em * (middle - total / 2)
        x, y, turn = path.at(half - right if right >= 0 else -(half + right))
        contours += stand(one, x, y, turn + math.pi, min(em, height * 0.9), height)
    return contours
