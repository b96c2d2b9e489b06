"""One page of a document as the seal pages show it (页面视图): its picture, its size, and where the seal will be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
class Sheet:
    number: int
    count: int
    width: float
    height: float
    picture: str
    """Address of the page's picture."""
    seal: str
    """Address of the seal's picture; empty: the box alone."""
    seal_width: float
    seal_height: float
    spots: tuple[Spot, ...]

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


def spots(marks: Iterable[Mark], page: int, height: float) -> tuple[Spot, ...]:
    return tuple(
        Spot(one.left + one.part_left, one.top, one.part_width, height, one.part_left)
        for one in marks
        if one.page == page
    )
