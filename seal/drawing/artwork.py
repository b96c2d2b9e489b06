"""The emblem slot (徽图案): one-colour vector artwork given as a file by the customer, kept as bare outlines.

Yinxin ships no emblem. What comes in is foreign bytes: a bounded subset of SVG, or a list of path operators as OFD and
PDF write them. Only coordinates survive the reading, so nothing of the file itself ever reaches a seal.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.shapes import Affine, Contour, Segment, bounds, extent, flatten

MOST_OCTETS = 512 * 1024
MOST_SEGMENTS = 20_000
MOST_LENGTH = 400
"""All outlines together, in lengths of the longer side: painting costs what is drawn, not what is written."""
SCALE = 1000
"""Outlines are kept in thousandths of the longer side: whole numbers, the same text everywhere."""
_ARITY = {"M": 2, "L": 2, "C": 6}


class BadArtwork(InvalidInput):
    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(
            "seal.artwork",
            Text(
                f"徽图案文件不可用：{zh}。请提供单色、只含填充路径的 SVG 或路径文件。",
                f"The artwork cannot be used: {en}. Give a one-colour SVG of filled paths, or a path list.",
            ),
        )


def too_much() -> BadArtwork:
    return BadArtwork(f"文件超过 {MOST_OCTETS // 1024} KB", f"the file exceeds {MOST_OCTETS // 1024} KB")


@dataclass(frozen=True, slots=True)
class Artwork:
    """Outlines inside a box `width` × `height` (the longer side is `SCALE`), y downwards."""

    width: float
    height: float
    contours: tuple[Contour, ...]

    @classmethod
    def of(cls, contours: list[Contour]) -> Artwork:
        """Moved to the origin, scaled to `SCALE` and rounded; raises `BadArtwork` when there is nothing to see."""
        if sum(len(contour) for contour in contours) > MOST_SEGMENTS:
            raise BadArtwork(f"线段超过 {MOST_SEGMENTS} 条", f"it has more than {MOST_SEGMENTS} segments")
        if not contours:
            raise BadArtwork("其中没有填充图形", "nothing in it is filled")
        left, top, right, bottom = bounds(contours, tolerance=max(extent(contours) / 300, 1e-9))
        longer = max(right - left, bottom - top)
        if min(right - left, bottom - top) <= longer / 100 or longer > 1e7:
            raise BadArtwork("图形为空或比例失常", "the drawing is empty or out of proportion")
        scale = SCALE / longer
        move = Affine(scale, 0, 0, scale, -left * scale, -top * scale)
        rounded = tuple(_rounded(move.contour(contour)) for contour in contours)
        if sum(map(_length, rounded)) > MOST_LENGTH * SCALE:
            raise BadArtwork("线条过于繁密", "its outlines are too dense")
        return cls(round((right - left) * scale, 1), round((bottom - top) * scale, 1), rounded)

    def placed(self, x: float, y: float, side: float, reach: float) -> list[Contour]:
        """Fitted into a slot centred at (x, y), proportion kept: at most `side` either way, no ink beyond `reach`."""
        middle_x, middle_y = self.width / 2, self.height / 2
        farthest = max(
            math.hypot(px - middle_x, py - middle_y) for polygon in flatten(self.contours, 4.0) for px, py in polygon
        )
        scale = min(side / max(self.width, self.height), reach / farthest)
        move = Affine(scale, 0, 0, scale, x - scale * middle_x, y - scale * middle_y)
        return [move.contour(contour) for contour in self.contours]

    def text(self) -> str:
        """Canonical, for the record: JSON of box and path."""
        path = [[part[0], *part[1:]] for contour in self.contours for part in contour]
        return json.dumps({"box": [self.width, self.height], "path": path}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Artwork:
        """What `text` wrote (our own record, never a customer's file)."""
        data = json.loads(text)
        contours: list[Contour] = []
        current: list[Segment] = []
        for name, *numbers in data["path"]:
            if name == "M" and current:
                contours.append(tuple(current))
                current = []
            current.append((name, *numbers))
        contours.append(tuple(current))
        return cls(data["box"][0], data["box"][1], tuple(contours))


def _length(contour: Contour) -> float:
    """Of the polygon through all control points: never less than the outline's own."""
    points = [(float(part[at]), float(part[at + 1])) for part in contour for at in range(1, len(part), 2)]
    return math.fsum(math.dist(one, other) for one, other in zip(points, [*points[1:], points[0]], strict=True))


def _rounded(contour: Contour) -> Contour:
    return tuple((part[0], *(round(number, 1) for number in part[1:])) for part in contour)  # type: ignore[misc]
