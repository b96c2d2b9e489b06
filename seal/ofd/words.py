"""The characters of an OFD page and where they stand (OFD 文字位置). GB/T 33190-2016 11.3: TextObject, TextCode.

Widths of glyphs are in fonts we do not open: an ideograph is as wide as its size, other characters half of it, or what
the next offset says. That is exact enough for the middle of a word.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from seal.matching import Box
from seal.ofd.document import children, local
from seal.ofd.package import PackageError

ASCENT, DESCENT = 0.88, 0.12
_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Character:
    char: str
    x: float
    y: float
    advance: float
    size: float
    matrix: tuple[float, ...]
    """From the object to the page."""

    @property
    def box(self) -> Box:
        a, b, c, d, e, f = self.matrix
        top, bottom = self.y - ASCENT * self.size, self.y + DESCENT * self.size
        corners = [(x, y) for x in (self.x, self.x + self.advance) for y in (top, bottom)]
        xs = [a * x + c * y + e for x, y in corners]
        ys = [b * x + d * y + f for x, y in corners]
        return Box(min(xs), min(ys), max(xs), max(ys))


def characters(page: etree._Element, most: int) -> list[Character]:
    """Every visible character in the order of the file; raises `PackageError` when there are more than `most`."""
    found: list[Character] = []
    for element in page.iter():
        if local(element) != "TextObject" or element.get("Visible", "true").strip() == "false":
            continue
        found.extend(_of(element))
        if len(found) > most:
            raise PackageError(
                "search_limit",
                "文字过多，无法按关键字查找，请缩小页码范围或改用坐标",
                "it has too much text to look for a keyword; narrow the pages or place by coordinates",
            )
    return found


def _of(element: etree._Element) -> Iterator[Character]:
    left, top, *_ = _floats(element.get("Boundary", ""), 4) or (0.0, 0.0)
    a, b, c, d, e, f = _floats(element.get("CTM", ""), 6) or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    matrix = (a, b, c, d, e + left, f + top)
    (size,) = _floats(element.get("Size", ""), 1) or (0.0,)
    x, y = 0.0, 0.0
    for code in children(element, "TextCode"):
        (x,), (y,) = _floats(code.get("X", ""), 1) or (x,), _floats(code.get("Y", ""), 1) or (y,)
        text = code.text or ""
        across, down = _deltas(code.get("DeltaX", ""), len(text)), _deltas(code.get("DeltaY", ""), len(text))
        at_x, at_y = x, y
        for index, char in enumerate(text):
            wide = size if unicodedata.east_asian_width(char) in "WFA" else size / 2
            step = across[index] if index < len(across) else None
            yield Character(char, at_x, at_y, min(wide, step) if step else wide, size, matrix)
            at_x += step or 0.0
            at_y += down[index] if index < len(down) else 0.0
            if not step and index >= len(down) and not across:
                at_x += wide  # no offsets at all: some writers leave the setting to the reader


def _deltas(text: str, most: int) -> list[float]:
    """Offsets to the next character; `g n d` says n times d."""
    found: list[float] = []
    parts = text.split()
    at = 0
    while at < len(parts) and len(found) < most:
        if parts[at] == "g" and at + 2 < len(parts):
            count = parts[at + 1] if parts[at + 1].isascii() and parts[at + 1].isdigit() else "0"
            # as many as there are characters, whatever is claimed; int() of endless digits is slow
            found.extend([_number(parts[at + 2])] * min(int(count[:9]), most - len(found)))
            at += 3
        else:
            found.append(_number(parts[at]))
            at += 1
    return found


def _floats(text: str, count: int) -> Sequence[float] | None:
    parts = text.split()
    return [_number(part) for part in parts] if len(parts) == count else None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise PackageError("bad_number", "文字位置不是数字", "a position of text is no number") from error
    if not math.isfinite(value) or abs(value) > _FAR:
        raise PackageError("bad_number", "文字位置超出范围", "a position of text is out of range")
    return value
