"""What a sketch of an OFD page needs (OFD 页面示意): its size, its lines of text, the boxes of its seals.

No rendering: fonts are not opened and drawings are left out, and the page says so. GB/T 33190-2016 7.7, 11.3, 18.2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from foundation.apart.child import Tell
from foundation.der import DerError
from seal import ses
from seal.ofd.document import Body, bodies, child, children
from seal.ofd.package import Package, PackageError
from seal.ofd.sheets import OfdSheets
from seal.ofd.words import Character
from verify.exhibits.seal_pictures import drawn_anew, of_signature
from verify.ofd.listing import Listed, listed_signatures

MOST_SHEETS = 6
MOST_CHARACTERS = 20_000
MOST_LINES = 400
MOST_TEXT = 200


def show(data: bytes, tell: Tell) -> None:
    package = Package.read(data)
    documents = bodies(package)
    listed = listed_signatures(package, documents)
    sheets: list[dict[str, Any]] = []
    pages = 0
    for body in documents:
        mine = [(_name(item, several=len(documents) > 1), item) for item in listed if item.document == body.document]
        told, count = _document(package, body, mine)
        sheets, pages = sheets + told, pages + count
    tell({"pages": pages})
    for sheet in sheets[:MOST_SHEETS]:
        tell({"sheet": sheet})
    tell({"seals": _seals(package, listed, len(documents) > 1)})


def _name(item: Listed, *, several: bool) -> str:
    """As the report names it."""
    name = item.id or item.signature_file
    return f"{item.document}#{name}" if several else name


def _seals(package: Package, listed: list[Listed], several: bool) -> dict[str, Any]:  # noqa: FBT001 - said at both calls
    found = {}
    for item in listed:
        drawn = _picture(package, item)
        if drawn is not None:
            found[_name(item, several=several)] = {"picture": drawn, "cut": False}
    return found


def _picture(package: Package, item: Listed) -> str | None:
    if item.value_file in package:
        drawn = of_signature(package.file(item.value_file))
        if drawn is not None:
            return drawn
    try:
        return drawn_anew(ses.read_seal(package.file(item.seal_file)).picture) if item.seal_file else None
    except (DerError, PackageError):
        return None


def _document(package: Package, body: Body, mine: list[tuple[str, Listed]]) -> tuple[list[dict[str, Any]], int]:
    sheets = OfdSheets.of(package, str(body.number)) if len(bodies(package)) > 1 else OfdSheets.of(package)
    numbers = {element.get("ID", ""): number for number, element in enumerate(sheets.elements, 1)}
    spots: dict[int, list[tuple[str, list[float]]]] = {}
    for name, item in mine:
        for page, area in _stamps(package, item):
            if page in numbers:
                spots.setdefault(numbers[page], []).append((name, area))
    wanted = sorted(spots)[:MOST_SHEETS] or [1][: sheets.count]
    return [_sheet(sheets, body, number, spots.get(number, [])) for number in wanted], sheets.count


def _stamps(package: Package, item: Listed) -> Iterator[tuple[str, list[float]]]:
    info = child(package.xml(item.signature_file), "SignedInfo")
    for stamp in children(info, "StampAnnot")[:64] if info is not None else []:
        area = _numbers(stamp.get("Boundary", ""))
        if area is None or area[2] <= 0 or area[3] <= 0:
            continue
        clip = _numbers(stamp.get("Clip", ""))
        if clip is not None:
            area = [area[0] + clip[0], area[1] + clip[1], clip[2], clip[3]]
        yield stamp.get("PageRef", ""), area


def _sheet(sheets: OfdSheets, body: Body, number: int, spots: list[tuple[str, list[float]]]) -> dict[str, Any]:
    width, height = sheets.size(number)
    if not (0 < width <= 10_000 and 0 < height <= 10_000):
        raise PackageError("page_size", "页面尺寸超出范围", "the size of a page is out of range")
    return {
        "page": number,
        "document": body.number,
        "width": width,
        "height": height,
        "picture": None,
        "lines": _lines(sheets, number, width, height),
        "spots": spots,
    }


def _lines(sheets: OfdSheets, number: int, width: float, height: float) -> list[list[Any]]:
    """Characters on one base line, one after the other, as one text; none when they cannot be placed."""
    try:
        read = sheets.characters(number, MOST_CHARACTERS)
    except PackageError:
        return []
    lines: list[list[Character]] = []
    for before, one in pairwise([None, *read]):
        if one is None:
            continue
        if before is None or not _together(before, one) or len(lines[-1]) >= MOST_TEXT:
            lines.append([])
        lines[-1].append(one)
    told = [_line(line) for line in lines[:MOST_LINES] if any(not one.char.isspace() for one in line)]
    return [one for one in told if -width < one[0] < width and 0 < one[1] < 2 * height and one[2] > 0]


def _together(before: Character, one: Character) -> bool:
    one_line = before.matrix == one.matrix and abs(before.y - one.y) < 0.01 and before.size == one.size
    return one_line and -0.1 * one.size <= one.x - before.x - before.advance <= one.size


def _line(line: list[Character]) -> list[Any]:
    first, last = line[0].box, line[-1].box
    size = first.bottom - first.top
    return [first.left, first.bottom - 0.12 * size, size, last.right - first.left, "".join(one.char for one in line)]


def _numbers(text: str) -> list[float] | None:
    try:
        values = [float(part) for part in text.split()]
    except ValueError:
        return None
    return values if len(values) == 4 and all(abs(value) < 1e5 for value in values) else None
