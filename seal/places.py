"""Where a seal goes (用章位置): at a point, on every page, at a word, over the edges of pages (骑缝章), in a field.

Plain frozen values, as ordered; `seal.placing` finds the exact marks in the document. Millimetres count from the top
left corner of the page as seen, pages from 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeAlias

from hsm.digests import sha256

MOST_PLACES = 20
MOST_KEYWORD = 60


class Edge(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Way(StrEnum):
    """Two ways to a riding seal in a PDF (facts: sealing 1.2). An OFD knows the first only."""

    WIDGETS = "widgets"
    """One signature field shown on every page; also on files that carry signatures already."""
    CONTENT = "content"
    """Slices drawn into the pages before the first signature: for readers that show one picture per signature."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The seal's centre at one point of one page."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class OnPages:
    """The same point on every page from `first` to `last` (None: to the end)."""

    x_mm: float
    y_mm: float
    first: int = 1
    last: int | None = None


@dataclass(frozen=True, slots=True)
class AtKeyword:
    """Centred on a word of the document, moved by `dx_mm` to the right and `dy_mm` down.

    `occurrence` counts from 1 through the pages looked at; None means every one.
    """

    text: str
    occurrence: int | None = 1
    dx_mm: float = 0.0
    dy_mm: float = 0.0
    first: int = 1
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Riding:
    """The seal cut into upright slices, one on the edge of each page; `y_mm` None: the middle of each page.

    Pages are divided evenly into groups of at most `group`; each group shows one whole seal.
    """

    edge: Edge = Edge.RIGHT
    y_mm: float | None = None
    first: int = 1
    last: int | None = None
    group: int = 20
    way: Way = Way.WIDGETS


@dataclass(frozen=True, slots=True)
class InField:
    """In the middle of an empty signature field the document already has (PDF only)."""

    name: str


Place: TypeAlias = Placement | OnPages | AtKeyword | Riding | InField
Places: TypeAlias = Place | tuple[Place, ...]


def listed(places: Places) -> tuple[Place, ...]:
    return places if isinstance(places, tuple) else (places,)


def terms(places: Places) -> list[object]:
    """For the register: all that was ordered, no free text (a keyword may be somebody's name), only its digest.

    A single point keeps the form it always had, so an order recorded by an earlier release is found again.
    """
    if isinstance(places, Placement):
        return [places.page, round(places.x_mm, 3), round(places.y_mm, 3)]
    return [_terms(place) for place in listed(places)]


def _terms(place: Place) -> dict[str, object]:
    told: dict[str, object] = {"by": type(place).__name__}
    for name, value in asdict(place).items():
        if name in ("text", "name"):
            told[f"{name}_sha256"] = sha256(value.encode("utf-8", "surrogatepass")).hex()
        else:
            told[name] = round(value, 3) if isinstance(value, float) else value
    return told
