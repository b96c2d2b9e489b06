"""Finding a keyword among characters (关键字匹配), the same for PDF and OFD. Standard library only.

White space and line ends do not count, and compatibility forms are one (NFKC): （盖章） is (盖章), and the Kangxi
radicals some producers write are the ideographs they stand for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_IGNORED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffe")


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, right, bottom; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def fold(text: str) -> str:
    """What of `text` is compared."""
    return "".join(
        char
        for char in unicodedata.normalize("NFKC", text)
        if not (char.isspace() or char in _IGNORED or unicodedata.category(char) == "Cc")
    )


def occurrences(characters: Sequence[str], keyword: str) -> Iterator[tuple[int, int]]:
    """First and last index (inclusive) of each place where the characters spell `keyword`, without overlaps."""
    wanted = fold(keyword)
    if not wanted:
        return
    folded: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(characters):
        for part in fold(char):
            folded.append(part)
            origin.append(index)
    whole, at = "".join(folded), 0
    while (at := whole.find(wanted, at)) >= 0:
        yield origin[at], origin[at + len(wanted) - 1]
        at += len(wanted)


def last_line(boxes: Sequence[Box]) -> Box:
    """The box round the last line of a match: a keyword broken over lines is sealed where it ends."""
    line = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        if not _neighbours(box, line[-1]):
            break
        line.append(box)
    return Box(
        min(box.left for box in line),
        min(box.top for box in line),
        max(box.right for box in line),
        max(box.bottom for box in line),
    )


def _neighbours(one: Box, other: Box) -> bool:
    """In one row, however turned, or closely above one another, as in upright writing and on turned pages."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    size = max(one.right - one.left, one.bottom - one.top, other.right - other.left, other.bottom - other.top)
    (x0, y0), (x1, y1) = one.centre, other.centre
    row = down > 0.3 * min(one.bottom - one.top, other.bottom - other.top) and abs(x0 - x1) <= 4 * size
    column = across > 0.5 * min(one.right - one.left, other.right - other.left) and abs(y0 - y1) <= 1.3 * size
    return row or column
