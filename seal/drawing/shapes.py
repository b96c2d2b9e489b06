"""Filled outlines in millimetres (轮廓): what a seal is made of, before any file format.

Origin at the top left of the seal's box, y downwards, as on paper and in SVG and OFD. Every outline is filled by the
non-zero rule; a ring is two circles running opposite ways, so no writer needs a second rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Move: TypeAlias = tuple[Literal["M"], float, float]
Line: TypeAlias = tuple[Literal["L"], float, float]
Curve: TypeAlias = tuple[Literal["C"], float, float, float, float, float, float]
Segment: TypeAlias = Move | Line | Curve
Contour: TypeAlias = tuple[Segment, ...]
"""One closed line; starts with a move, closes by itself."""

_CIRCLE = 4 / 3 * (math.sqrt(2) - 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A seal's picture: its box and all its contours, to be filled together in one colour."""

    width: float
    height: float
    contours: tuple[Contour, ...]


@dataclass(frozen=True, slots=True)
class Affine:
    """(x, y) → (a·x + c·y + e, b·x + d·y + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def contour(self, contour: Contour) -> Contour:
        moved: list[Segment] = []
        for part in contour:
            if part[0] == "C":
                _, x1, y1, x2, y2, x3, y3 = part
                moved.append(("C", *self.point(x1, y1), *self.point(x2, y2), *self.point(x3, y3)))
            elif part[0] == "M":
                moved.append(("M", *self.point(part[1], part[2])))
            else:
                moved.append(("L", *self.point(part[1], part[2])))
        return tuple(moved)


def circle(x: float, y: float, radius: float, *, clockwise: bool = True) -> Contour:
    k, r = _CIRCLE * radius, radius
    s = 1 if clockwise else -1
    return (
        ("M", x + r, y),
        ("C", x + r, y + s * k, x + k, y + s * r, x, y + s * r),
        ("C", x - k, y + s * r, x - r, y + s * k, x - r, y),
        ("C", x - r, y - s * k, x - k, y - s * r, x, y - s * r),
        ("C", x + k, y - s * r, x + r, y - s * k, x + r, y),
    )


def ring(x: float, y: float, outer: float, width: float) -> tuple[Contour, Contour]:
    return circle(x, y, outer), circle(x, y, outer - width, clockwise=False)


def star(x: float, y: float, radius: float, waist: float = 0.382) -> Contour:
    """Five points, the first straight up; `waist` is the inner radius over the outer (0.382 is the regular star)."""
    points = []
    for index in range(10):
        reach = radius if index % 2 == 0 else radius * waist
        angle = math.pi * index / 5
        points.append((x + reach * math.sin(angle), y - reach * math.cos(angle)))
    first, *others = points
    return (("M", *first), *(("L", *point) for point in others))


def ellipse(x: float, y: float, a: float, b: float, *, clockwise: bool = True) -> Contour:
    """Half axes `a` and `b`."""
    return Affine(a, 0, 0, b, x, y).contour(circle(0, 0, 1, clockwise=clockwise))


def rectangle(x: float, y: float, width: float, height: float, *, clockwise: bool = True) -> Contour:
    right, bottom = x + width, y + height
    if clockwise:
        return (("M", x, y), ("L", right, y), ("L", right, bottom), ("L", x, bottom))
    return (("M", x, y), ("L", x, bottom), ("L", right, bottom), ("L", right, y))


def bounds(contours: Iterable[Contour], tolerance: float = 0.002) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the outlines themselves (not of their control points)."""
    points = [point for polygon in flatten(contours, tolerance) for point in polygon]
    across, down = [x for x, _ in points], [y for _, y in points]
    return min(across), min(down), max(across), max(down)


def extent(contours: Iterable[Contour]) -> float:
    """The longer side of the box round all control points; cheap, and never less than the outlines' own."""
    across = [number for contour in contours for part in contour for number in part[1::2]]
    down = [number for contour in contours for part in contour for number in part[2::2]]
    return max(max(across) - min(across), max(down) - min(down)) if across else 0.0


def flatten(contours: Iterable[Contour], tolerance: float) -> list[list[tuple[float, float]]]:
    """Each contour as a polygon no farther than `tolerance` from the curve."""
    polygons = []
    for contour in contours:
        points: list[tuple[float, float]] = []
        for part in contour:
            if part[0] == "C":
                points.extend(_curve_points(points[-1], part, tolerance))
            else:
                points.append((part[1], part[2]))
        polygons.append(points)
    return polygons


def _curve_points(start: tuple[float, float], part: Curve, tolerance: float) -> list[tuple[float, float]]:
    """Equal steps of the parameter; their number follows from the second differences of the control points."""
    x0, y0 = start
    _, x1, y1, x2, y2, x3, y3 = part
    bend = max(math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2), math.hypot(x1 - 2 * x2 + x3, y1 - 2 * y2 + y3))
    steps = max(1, math.ceil(math.sqrt(0.75 * bend / tolerance)))
    points = []
    for index in range(1, steps + 1):
        t = index / steps
        u = 1 - t
        b0, b1, b2, b3 = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        points.append((b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3, b0 * y0 + b1 * y1 + b2 * y2 + b3 * y3))
    return points
