"""Looking at two states of a PDF (前后画面比对): asks `verify.pdf.drawing` in a confined process of its own.

Both states are beginnings of the same file, for every revision of a PDF is. PDFium is native code over hostile octets:
it runs apart, and when it fails there is no picture, never a wrong one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from foundation.apart import keeper
from foundation.apart.limits import USUAL
from verify.changes import Box

WORK = "verify.pdf.drawing:work"
MOST_FILE = 64 * 1024 * 1024
MOST_PAGES = 12


@dataclass(frozen=True, slots=True)
class Sight:
    """One page before and after. `boxes`: what looks different, in points; `hidden`: parts of the asked boxes, 0 to 1,
    where something that could be read no longer can.
    """

    page: int
    boxes: tuple[Box, ...]
    hidden: tuple[float, ...] = ()
    before: bytes | None = None
    after: bytes | None = None


def look(
    data: bytes,
    ends: tuple[int, int],
    pages: Sequence[int] = (),
    *,
    covering: Sequence[Box] = (),
    pictures: bool = False,
    wall: float = USUAL.seconds,
) -> tuple[Sight, ...] | None:
    """The pages of `data[:ends[0]]` and `data[:ends[1]]`; all pages when none are named. None when it cannot be said.

    `covering`: boxes on the one page asked for, of which `hidden` speaks. `pictures`: for showing, so that a part of
    the pages is better than none; raises `Unavailable` when too many look already.
    """
    if len(data) > MOST_FILE:
        return None
    if _eyes is not None and not pictures:
        return _eyes(data, ends, pages, covering)
    question = {
        "ends": ends,
        "pages": sorted(set(pages))[:MOST_PAGES],
        "most": MOST_PAGES,
        "covering": covering,
        "pictures": pictures,
    }
    told = keeper.ask(WORK, question, [data[: max(ends)]], replace(USUAL, seconds=min(wall, USUAL.seconds)))
    if not told.whole and not (pictures and told.parts):
        return None
    try:
        sights = tuple(_sight(item) for item in told.parts)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        return None
    if any(len(sight.hidden) != len(covering) for sight in sights) or (covering and len(sights) != len(set(pages))):
        return None
    return sights


Eyes = Callable[[bytes, tuple[int, int], Sequence[int], Sequence[Box]], tuple[Sight, ...] | None]
_eyes: Eyes | None = None


def see_with(eyes: Eyes) -> None:
    """For a process that may start no other (`verify.sandbox.child`): whom to ask for a look."""
    global _eyes  # noqa: PLW0603 - of the process, which judges one file at a time
    _eyes = eyes


def _sight(item: dict[str, object]) -> Sight:
    boxes, hidden, page = item["boxes"], item["hidden"], item["page"]
    if not isinstance(boxes, list) or not isinstance(hidden, list) or not isinstance(page, int):
        raise TypeError
    return Sight(
        page,
        tuple(_box(box) for box in boxes),
        tuple(float(part) for part in hidden),
        _picture(item.get("before")),
        _picture(item.get("after")),
    )


def _box(numbers: Sequence[float]) -> Box:
    left, bottom, right, top = (float(number) for number in numbers)
    return left, bottom, right, top


def _picture(text: object) -> bytes | None:
    return base64.b64decode(text, validate=True) if isinstance(text, str) else None
