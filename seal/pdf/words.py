"""Where the words of a PDF stand (PDF 文字定位): asks `seal.pdf.finder` in a confined process of its own.

A hostile file can hang or crash PDFium, not us: that process ends after a few seconds, and what it says is checked
against our own reading of the pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foundation.apart import keeper
from foundation.apart.limits import USUAL, Why
from seal.matching import Box, last_line
from seal.pdf.document import Inspected
from seal.pdf.pages import PageBox
from seal.pdf.problems import PdfRefused, damaged, reading
from seal.placing import Found

WORK = "seal.pdf.finder:work"
LIMITS = USUAL


def find(inspected: Inspected, text: str, first: int, last: int, most: int) -> Sequence[Found]:
    """Up to `most` occurrences on pages `first` to `last`; raises `PdfRefused` when that is too much."""
    if not isinstance(inspected.data, bytes):
        raise _too_much()
    answer = _ask(inspected.data, {"text": text, "first": first, "last": last, "most": most})
    if answer["limit"]:
        raise _too_much()
    if answer["pages"] != inspected.count:
        raise damaged()
    return [_found(inspected.page(item["page"]), item) for item in answer["found"]]


def _found(box: PageBox, item: dict[str, Any]) -> Found:
    """PDFium must see the very page we see, or the seal would go where nobody looked."""
    ours = [side * 72 / 25.4 for side in box.seen_mm]
    if any(abs(mine - theirs) > 1 for mine, theirs in zip(ours, item["size"], strict=True)):
        raise damaged()
    seen = [_seen(box, character) for character in item["boxes"]]
    x, y = last_line(seen).centre
    return Found(item["page"], x, y)


def _seen(box: PageBox, character: Sequence[float]) -> Box:
    left, bottom, right, top = character
    (x0, y0), (x1, y1) = box.seen_point(left, bottom), box.seen_point(right, top)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _ask(data: bytes, question: dict[str, Any]) -> dict[str, Any]:
    told = keeper.ask(WORK, question, [data], LIMITS)
    if told.why in (Why.TIME, Why.MEMORY):
        raise _too_much()
    if not told.whole or len(told.parts) != 1:
        raise damaged()
    with reading():
        answer: dict[str, Any] = told.parts[0]
        if answer.keys() != {"pages", "limit", "found"}:
            raise damaged()
        return answer


def _too_much() -> PdfRefused:
    return PdfRefused(
        "search_limit",
        "文件文字过多或过于复杂，无法按关键字查找。请缩小页码范围，或改用坐标。",
        "There is too much text in this file to look for a keyword. Narrow the pages, or place by coordinates.",
    )
