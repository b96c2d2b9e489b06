"""From what was ordered to exact marks (印章定位), before anything is recorded: pure arithmetic over the pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text
from seal.errors import BadPlace
from seal.places import MOST_PLACES, AtKeyword, InField, OnPages, Place, Placement, Places, Riding, listed

MOST_MARKS = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """The seal's box on one page (its left top corner; a riding seal's lies partly off the page), and what of it shows.

    `part_left` and `part_width` are an upright slice, in millimetres of the seal.
    """

    page: int
    left: float
    top: float
    part_left: float
    part_width: float


@dataclass(frozen=True, slots=True)
class Found:
    """The middle of a keyword, in millimetres of the page as seen."""

    page: int
    x_mm: float
    y_mm: float


class Sheets(Protocol):
    """A document as far as placing goes; numbers from 1."""

    @property
    def count(self) -> int: ...

    def size(self, page: int) -> tuple[float, float]:
        """Millimetres as seen; raises the format's own "no such page"."""

    def find(self, text: str, first: int, last: int, most: int) -> Sequence[Found]:
        """At most `most` occurrences, in reading order of the file."""

    def field(self, name: str) -> Found:
        """The middle of an empty signature field."""


def resolve(places: Places, sheets: Sheets, width: float, height: float) -> tuple[Mark, ...]:
    """Every mark of a seal of this size; raises `InvalidInput` when one would not lie right."""
    wanted = listed(places)
    if not 0 < len(wanted) <= MOST_PLACES:
        raise InvalidInput(
            "seal.places",
            Text(f"用章位置须为 1 至 {MOST_PLACES} 处。", f"An order takes 1 to {MOST_PLACES} places."),
        )
    if len(wanted) > 1 and any(isinstance(place, InField) for place in wanted):
        raise InvalidInput(
            "seal.field_alone",
            Text(
                "在已有签名域中用章时，不能再指定其他位置。",
                "A seal in an existing signature field takes no further places in the same order.",
            ),
        )
    marks: list[Mark] = []
    for index, place in enumerate(wanted):
        for mark in _marks(index, place, sheets, width, height):
            marks.append(mark)
            if len(marks) > MOST_MARKS:
                raise InvalidInput(
                    "seal.too_many_marks",
                    Text(
                        f"一次用章最多盖 {MOST_MARKS} 处，请缩小页码范围或指定第几处关键字。",
                        f"One order shows at most {MOST_MARKS} seals. Narrow the pages, or name one occurrence.",
                    ),
                )
    return tuple(marks)


def _marks(index: int, place: Place, sheets: Sheets, width: float, height: float) -> Iterator[Mark]:
    if isinstance(place, Riding):
        yield from _riding(place, sheets, width, height)
        return
    for page, x, y in _centres(index, place, sheets):
        seen_w, seen_h = sheets.size(page)
        inside = width / 2 <= x <= seen_w - width / 2 and height / 2 <= y <= seen_h - height / 2
        if not inside:  # also for NaN
            raise BadPlace(seen_w, seen_h, page)
        yield Mark(page, x - width / 2, y - height / 2, 0, width)


def _centres(
    index: int, place: Placement | OnPages | AtKeyword | InField, sheets: Sheets
) -> Iterator[tuple[int, float, float]]:
    if isinstance(place, Placement):
        yield place.page, place.x_mm, place.y_mm
    elif isinstance(place, OnPages):
        for page in _span(place.first, place.last, sheets):
            yield page, place.x_mm, place.y_mm
    elif isinstance(place, InField):
        found = sheets.field(place.name)
        yield found.page, found.x_mm, found.y_mm
    else:
        for found in _keyword(index, place, sheets):
            yield found.page, found.x_mm + place.dx_mm, found.y_mm + place.dy_mm


def _span(first: int, last: int | None, sheets: Sheets) -> range:
    """The pages named; a page beyond the end is the format's own error."""
    sheets.size(first)
    end = sheets.count if last is None else last
    sheets.size(end)
    if end < first:
        raise InvalidInput(
            "seal.pages", Text("页码范围的终止页不能小于起始页。", "The last page must not come before the first.")
        )
    return range(first, end + 1)


def _keyword(index: int, place: AtKeyword, sheets: Sheets) -> Sequence[Found]:
    pages = _span(place.first, place.last, sheets)
    most = MOST_MARKS + 1 if place.occurrence is None else place.occurrence
    found = sheets.find(place.text, pages[0], pages[-1], most)
    if place.occurrence is None and found:
        return found
    if place.occurrence is not None and len(found) >= place.occurrence:
        return found[place.occurrence - 1 : place.occurrence]
    which_zh, which_en = "", ""
    if found:
        which_zh, which_en = f"，没有第 {place.occurrence} 处", f", there is no occurrence {place.occurrence}"
    looked = Text(
        f"在第 {pages[0]} 至 {pages[-1]} 页中找到关键字 {len(found)} 处{which_zh}",
        f"Pages {pages[0]} to {pages[-1]} were looked at; the keyword was found {len(found)} times{which_en}",
    )
    raise InvalidInput(
        "seal.keyword_not_found",
        Text(
            f"{looked.zh}。请核对文字，或改用坐标；扫描图像中的文字无法查找。",
            f"{looked.en}. Check the text, or place by coordinates; words inside scanned pictures are not found.",
        ),
        faults=(FieldFault(f"/places/{index}/text", looked, "form"),),
    )


def _riding(place: Riding, sheets: Sheets, width: float, height: float) -> Iterator[Mark]:
    """Fan the pages out and stamp across: the top page shows the slice farthest from its own side of the fan."""
    pages = _span(place.first, place.last, sheets)
    groups = math.ceil(len(pages) / place.group) if place.group > 0 else len(pages)
    size, extra = divmod(len(pages), groups)
    if size < 2:
        raise InvalidInput(
            "seal.riding_pages",
            Text(
                "骑缝章至少需要两页；按当前每组页数分组后有一页落单，请增大每组页数。",
                "A riding seal needs two pages or more; with groups of this size one is left alone. Allow larger ones.",
            ),
        )
    start = 0
    for group in range(groups):
        members = pages[start : start + size + (group < extra)]
        start += len(members)
        slice_width = width / len(members)
        for position, page in enumerate(members):
            seen_w, seen_h = sheets.size(page)
            middle = seen_h / 2 if place.y_mm is None else place.y_mm
            if not (height / 2 <= middle <= seen_h - height / 2 and slice_width < seen_w):
                raise BadPlace(seen_w, seen_h, page)
            if place.edge == "right":
                part_left = position * slice_width
                left = seen_w - slice_width - part_left
            else:
                part_left = (len(members) - 1 - position) * slice_width
                left = -part_left
            yield Mark(page, left, middle - height / 2, part_left, slice_width)
