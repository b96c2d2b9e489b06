"""Parts of a report page (报告页组成): the tree of signatures, and pages with numbered boxes as drawings."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from verify.exhibits.shown import Area, Exhibits, Line, SealPicture, Sheet
from verify.report import Indication, Report, Severity, SignatureReport, clean
from verify.sentences import INDICATIONS, KINDS

TONES = {Indication.PASSED: "good", Indication.FAILED: "bad", Indication.INDETERMINATE: "warn"}
MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Node:
    """One signature with its number, and what hangs under it."""

    number: int
    signature: SignatureReport
    anchor: str
    beneath: tuple[Node, ...] = ()
    covers: tuple[int, ...] = ()
    """Numbers of the signatures it was made over."""

    @property
    def indication(self) -> Indication:
        """Never better than it is: what is unsound without a stated reason is not certain."""
        one = self.signature
        sound = one.intact and one.trusted
        return Indication.INDETERMINATE if one.indication is Indication.PASSED and not sound else one.indication

    @property
    def altered(self) -> bool:
        """Something speaks against it, be the signature value as sound as it may."""
        one = self.signature
        return not one.intact and any(item.severity is Severity.ERROR for item in one.findings)

    @property
    def state_tone(self) -> str:
        return TONES[self.indication]

    @property
    def tone(self) -> str:
        """Of its number and its box."""
        return "bad" if self.altered else self.state_tone

    @property
    def digest(self) -> str:
        """Of what was signed, as the signature states it."""
        found = self.signature.material.document if self.signature.material is not None else None
        return f"{found.algorithm.value} {base64.b64decode(found.value).hex()}" if found is not None else ""

    @property
    def kind(self) -> Any:
        return KINDS[self.signature.kind]

    @property
    def state(self) -> Any:
        return INDICATIONS[self.indication]


@dataclass(frozen=True, slots=True)
class Box:
    """A numbered box on a page. `mark` is where its number stands; `seal` the picture a sketch puts into it."""

    number: int
    tone: str
    area: Area
    mark: tuple[float, float]
    seal: SealPicture | None


@dataclass(frozen=True, slots=True)
class SheetView:
    sheet: Sheet
    boxes: tuple[Box, ...]
    unit: float
    """The size a mark has on this sheet."""

    @property
    def lines(self) -> list[Line]:
        return [Line(one.x, one.y, one.size, one.width, clean(one.text, MOST_TEXT)) for one in self.sheet.lines]


def nodes_of(report: Report, number: int) -> tuple[Node, ...]:
    """Every signature, in the order of the report, each with its children. `tree_of` picks the roots."""
    numbered = list(enumerate(report.signatures, 1))
    by_name = {one.name: at for at, one in reversed(numbered)}
    parents = {at: _parent(at, one, by_name) for at, one in numbered}

    def node(at: int, one: SignatureReport) -> Node:
        below = tuple(node(child, other) for child, other in numbered if parents[child] == at)
        covered = tuple(sorted({by_name[name] for name in one.covers if name in by_name} - {at}))
        return Node(at, one, f"r{number}-s{at}", below, covered)

    return tuple(node(at, one) for at, one in numbered)


def _parent(at: int, one: SignatureReport, by_name: dict[str, int]) -> int | None:
    """Only what stands before it: so the tree cannot loop, whatever the file calls its parts."""
    found = by_name.get(one.parent) if one.parent is not None else None
    return found if found is not None and found < at else None


def tree_of(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    below = {child.number for node in nodes for child in node.beneath}
    return tuple(node for node in nodes if node.number not in below)


def sheets_of(exhibits: Exhibits, nodes: tuple[Node, ...]) -> tuple[SheetView, ...]:
    by_name = {node.signature.name: node for node in reversed(nodes)}
    views = []
    for sheet in exhibits.sheets:
        unit = max(sheet.width, sheet.height) / 36
        boxes = []
        for spot in sheet.spots:
            node = by_name.get(spot.name)
            if node is None:
                continue
            seal = exhibits.seals.get(spot.name)
            boxes.append(Box(node.number, node.tone, spot.area, _mark(spot.area, sheet, unit), seal))
        views.append(SheetView(sheet, tuple(boxes), unit))
    return tuple(views)


def _mark(area: Area, sheet: Sheet, unit: float) -> tuple[float, float]:
    """The upper left corner of the box, kept on the sheet."""
    left, top = area[:2]
    return min(max(left, unit), sheet.width - unit), min(max(top, unit), sheet.height - unit)
