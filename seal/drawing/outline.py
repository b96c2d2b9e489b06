"""Outlines as they are drawn (轮廓绘制): moves, lines, curves and arcs in, closed contours of lines and cubics out."""

from __future__ import annotations

import math

from seal.drawing.artwork import MOST_SEGMENTS, BadArtwork
from seal.drawing.shapes import Affine, Contour, Segment

Point = tuple[float, float]
FARTHEST = 1e7


class Outline:
    """Collects segments; every sub-path is closed, as filling does."""

    def __init__(self) -> None:
        self.contours: list[Contour] = []
        self.at: Point = (0.0, 0.0)
        self.start: Point = (0.0, 0.0)
        self._open: list[Segment] = []
        self._count = 0

    def move(self, point: Point) -> None:
        self.close()
        self.at = self.start = point

    def line(self, point: Point) -> None:
        self._add(("L", *point))
        self.at = point

    def curve(self, first: Point, second: Point, point: Point) -> None:
        self._add(("C", *first, *second, *point))
        self.at = point

    def quadratic(self, control: Point, point: Point) -> None:
        (x0, y0), (cx, cy), (x, y) = self.at, control, point
        self.curve(
            (x0 + 2 / 3 * (cx - x0), y0 + 2 / 3 * (cy - y0)), (x + 2 / 3 * (cx - x), y + 2 / 3 * (cy - y)), point
        )

    def arc(self, rx: float, ry: float, turn: float, flags: tuple[bool, bool], point: Point) -> None:
        """SVG 1.1 F.6.5: an elliptical arc from here to `point`, as cubics of at most a quarter each.

        `flags` are large-arc and sweep.
        """
        large, sweep = flags
        rx, ry = abs(rx), abs(ry)
        if rx < 1e-9 or ry < 1e-9 or self.at == point:
            self.line(point)
            return
        sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
        half_x, half_y = (self.at[0] - point[0]) / 2, (self.at[1] - point[1]) / 2
        px, py = cosine * half_x + sine * half_y, -sine * half_x + cosine * half_y
        stretch = math.sqrt(max(1.0, (px / rx) ** 2 + (py / ry) ** 2))
        rx, ry = rx * stretch, ry * stretch
        square = (rx * ry) ** 2 / ((rx * py) ** 2 + (ry * px) ** 2) - 1
        factor = math.sqrt(max(0.0, square)) * (-1 if large == sweep else 1)
        cx, cy = factor * rx * py / ry, -factor * ry * px / rx
        first = math.atan2((py - cy) / ry, (px - cx) / rx)
        swing = math.atan2((-py - cy) / ry, (-px - cx) / rx) - first
        if sweep and swing < 0:
            swing += 2 * math.pi
        elif not sweep and swing > 0:
            swing -= 2 * math.pi
        middle_x, middle_y = (self.at[0] + point[0]) / 2, (self.at[1] + point[1]) / 2
        place = Affine(
            cosine * rx, sine * rx, -sine * ry, cosine * ry,
            cosine * cx - sine * cy + middle_x, sine * cx + cosine * cy + middle_y,
        )  # fmt: skip
        pieces = max(1, math.ceil(abs(swing) / (math.pi / 2) - 1e-9))
        step = swing / pieces
        k = 4 / 3 * math.tan(step / 4)
        for index in range(pieces):
            a, b = first + index * step, first + (index + 1) * step
            self.curve(
                place.point(math.cos(a) - k * math.sin(a), math.sin(a) + k * math.cos(a)),
                place.point(math.cos(b) + k * math.sin(b), math.sin(b) - k * math.cos(b)),
                place.point(math.cos(b), math.sin(b)),
            )

    def close(self) -> None:
        if len(self._open) > 2:
            self.contours.append(tuple(self._open))
        self._open = []
        self.at = self.start

    def _add(self, part: Segment) -> None:
        if not all(math.isfinite(number) and abs(number) <= FARTHEST for number in part[1:]):
            raise BadArtwork("坐标超出范围", "a coordinate is out of range")
        self._count += 1
        if self._count > MOST_SEGMENTS:
            raise BadArtwork(f"线段超过 {MOST_SEGMENTS} 条", f"it has more than {MOST_SEGMENTS} segments")
        if not self._open:
            self.start = self.at
            self._open.append(("M", *self.at))
        self._open.append(part)
