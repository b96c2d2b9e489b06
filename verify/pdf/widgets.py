"""Where signature fields show on the pages of a PDF (签名域位置): widgets of the last revision. ISO 32000-2 12.5."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from verify.changes import Box
from verify.pdf.structure import MOST_DEPTH, PdfTrouble, Structure, at, reading

MOST_PAGES = 5000
MOST_WIDGETS = 256


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    page: int
    box: Box


def widgets(structure: Structure, names: AbstractSet[str]) -> tuple[Shown, ...]:
    """Of the fields called `names`, in the order of the pages; those without a size show nothing. What was read
    before the file got damaged or too large counts.
    """
    found: list[Shown] = []
    try:
        with reading(), structure.reader.working():
            for number, page in enumerate(_pages(structure.reader.root), 1):
                found += _on(page, number, names)
                if len(found) > MOST_WIDGETS:
                    break
    except PdfTrouble:
        return tuple(found)
    return tuple(found[:MOST_WIDGETS])


def _pages(root: Any) -> Iterator[Any]:
    waiting, seen = [(root["/Pages"], 0)], 0
    while waiting:
        node, depth = waiting.pop()
        if depth > MOST_DEPTH:
            raise PdfTrouble("too deep", limit=True)
        kids = at(node, "/Kids")
        if kids is None:
            seen += 1
            if seen > MOST_PAGES:
                raise PdfTrouble("too many pages", limit=True)
            yield node
        else:
            waiting += [(kid.get_object(), depth + 1) for kid in reversed(kids)]


def _on(page: Any, number: int, names: AbstractSet[str]) -> list[Shown]:
    found = []
    for item in at(page, "/Annots", []):
        widget = item.get_object()
        if at(widget, "/Subtype") != "/Widget" or "/Rect" not in widget:
            continue
        name = _name(widget)
        x0, y0, x1, y1 = (float(value) for value in widget["/Rect"])
        if name in names and x0 != x1 and y0 != y1:
            found.append(Shown(name, number, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))))
    return found


def _name(widget: Any) -> str:
    """Its full name: those of its ancestors before its own."""
    parts: list[str] = []
    node = widget
    for _ in range(MOST_DEPTH):
        if "/T" in node:
            parts.append(str(node["/T"]))
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return ".".join(reversed(parts))
