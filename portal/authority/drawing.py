"""The CA tree as a drawing (证书体系图): boxes and lines with places worked out here, so the page needs no script.

Rows are depths, each leaf takes one column, and a parent stands in the middle above its children.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.overview import Node

BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 232, 84, 20, 56, 8
MOST_CHARACTERS = 15
"""Of a name on one line of a box; the whole name stands in the title."""


@dataclass(frozen=True, slots=True)
class Box:
    node: Node
    x: float
    y: float

    @property
    def lines(self) -> tuple[str, ...]:
        """The name on at most two lines."""
        name = self.node.name
        if len(name) <= MOST_CHARACTERS:
            return (name,)
        rest = name[MOST_CHARACTERS:]
        return name[:MOST_CHARACTERS], rest if len(rest) <= MOST_CHARACTERS else rest[: MOST_CHARACTERS - 1] + "…"


@dataclass(frozen=True, slots=True)
class Stroke:
    """From the foot of a parent to the head of a child."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def path(self) -> str:
        middle = (self.y1 + self.y2) / 2
        return f"M{self.x1:g} {self.y1:g}V{middle:g}H{self.x2:g}V{self.y2:g}"


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    boxes: list[Box]
    strokes: list[Stroke]


def draw(roots: list[Node]) -> Drawing:
    boxes: list[Box] = []
    strokes: list[Stroke] = []
    column = 0.0
    for root in roots:
        _, column = _place(root, 0, column, boxes, strokes)
    depth = max((_depth(root) for root in roots), default=1)
    width = max(column, 1) * (BOX_W + GAP_X) - GAP_X + 2 * EDGE
    return Drawing(width, depth * (BOX_H + GAP_Y) - GAP_Y + 2 * EDGE, boxes, strokes)


def _place(node: Node, depth: int, column: float, boxes: list[Box], strokes: list[Stroke]) -> tuple[Box, float]:
    y = EDGE + depth * (BOX_H + GAP_Y)
    children: list[Box] = []
    after = column
    for child in node.below:
        made, after = _place(child, depth + 1, after, boxes, strokes)
        children.append(made)
    if not children:
        after = column + 1
        x = EDGE + column * (BOX_W + GAP_X)
    else:
        x = (children[0].x + children[-1].x) / 2
    box = Box(node, x, y)
    boxes.append(box)
    foot = (x + BOX_W / 2, y + BOX_H)
    strokes += [Stroke(*foot, child.x + BOX_W / 2, child.y) for child in children]
    return box, after


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.below), default=0)


def flat(roots: list[Node]) -> Iterator[Node]:
    for node in roots:
        yield node
        yield from flat(node.below)
