"""One page of a document as the seal pages show it (页面视图): its picture, its size, and where the seals will be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seal.dateline import Dated
from seal.drawing.svg import path
from seal.placing import Mark

WIDE, NARROW = 560, 264
"""Pixels across, fixed, so that a click without scripts can be turned into millimetres."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A seal's box on the page in millimetres, and the upright slice of the seal it shows."""

    x: float
    y: float
    width: float
    height: float
    part_left: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One seal on the page: its picture, its size, where it shows, and the date drawn with it."""

    seal: str
    """Address of the seal's picture; empty: the box alone."""
    width: float
    height: float
    spots: tuple[Spot, ...]
    box_width: float
    box_height: float
    """Of the seal and its date together: the middle of this box is what was ordered."""
    date: str = ""
    """Path data of the date."""
    date_left: float = 0.0
    date_top: float = 0.0

    @classmethod
    def of(
        cls, seal: str, size: tuple[float, float], marks: Iterable[Mark], page: int, dated: Dated | None = None
    ) -> Layer:
        width, height = size
        shown = tuple(
            Spot(one.left + one.part_left, one.top, one.part_width, height, one.part_left)
            for one in marks
            if one.page == page
        )
        if dated is None:
            return cls(seal, width, height, shown, width, height)
        drawn = path(dated.contours)
        return cls(seal, width, height, shown, dated.width, dated.height, drawn, -dated.seal_left, -dated.seal_top)


@dataclass(frozen=True, slots=True)
class Sheet:
    number: int
    count: int
    width: float
    height: float
    picture: str
    """Address of the page's picture."""
    layers: tuple[Layer, ...]
    """The seals, in the order they are stamped."""
    movable: bool = False
    """The last is the one being placed."""

    def pixels(self, across: int) -> int:
        """How high the picture is when it is `across` pixels wide."""
        return max(1, round(across * self.height / self.width))

    def point(self, across: int, x: int, y: int) -> tuple[float, float]:
        """Millimetres of a click at these pixels."""
        return round(x * self.width / across, 1), round(y * self.width / across, 1)

    @property
    def near(self) -> list[int]:
        """Pages to offer as links: the first, the last, and those about this one."""
        wanted = {1, self.count, *range(self.number - 2, self.number + 3)}
        return [one for one in sorted(wanted) if 1 <= one <= self.count]
