"""Pictures for the page of a report (核验图示), asked of `verify.exhibits.child`, a confined process for each file.

At most two files are drawn at a time: a verdict never waits for pictures, and the public page cannot fill the machine.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from foundation.apart import keeper
from foundation.errors import Unavailable
from verify.pdf.pictures import signed_end
from verify.report import Report

WORK = "verify.exhibits.child:work"
WAIT_SECONDS = 10
MOST_FILE = 64 * 1024 * 1024
AT_ONCE = 2
_room = threading.BoundedSemaphore(AT_ONCE)

Area = tuple[float, float, float, float]
"""Left, top, width, height, in the units of its sheet."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the signature of this name stands on a sheet."""

    name: str
    area: Area


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text of an OFD page: its left end on the base line, and how wide it runs."""

    x: float
    y: float
    size: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: of a PDF its picture, of an OFD (`picture` None) what a sketch needs."""

    page: int
    width: float
    height: float
    spots: tuple[Spot, ...] = ()
    picture: str | None = None
    """A `data:` address."""
    lines: tuple[Line, ...] = ()
    document: int = 1


@dataclass(frozen=True, slots=True)
class SealPicture:
    picture: str
    """A `data:` address."""
    cut: bool
    """Cut out of the page's picture, for the file holds no seal picture of its own."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One page as it was signed and as it is now; either is missing when the page is."""

    page: int
    width: float
    height: float
    areas: tuple[Area, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Exhibits:
    pages: int = 0
    """How many the file has; not all are shown."""
    sheets: tuple[Sheet, ...] = ()
    seals: Mapping[str, SealPicture] = field(default_factory=dict)
    """By the signature's name."""
    compared: tuple[Compared, ...] = ()
    failed: bool = False
    """Pictures were wanted and could not be made, or not all of them."""


def gather(data: bytes, report: Report) -> Exhibits:
    """What can be shown of the file `report` is about."""
    if report.kind not in ("pdf", "ofd", "seal") or not report.signatures:
        return Exhibits()
    if len(data) > MOST_FILE or not _room.acquire(timeout=WAIT_SECONDS):
        return Exhibits(failed=True)
    try:
        return _ask(data, _question(data, report))
    finally:
        _room.release()


def _question(data: bytes, report: Report) -> dict[str, Any]:
    spoiled = [one for one in report.signatures if any(not change.allowed for change in one.changes)]
    end = signed_end(data, spoiled[0]) if spoiled else None
    changes = spoiled[0].changes if spoiled else ()
    pages = [change.page for change in changes if change.page is not None and not change.allowed]
    return {
        "kind": report.kind,
        "names": [one.name for one in report.signatures],
        "compare": {"end": end, "pages": sorted(set(pages))} if end is not None and end < len(data) else None,
    }


def _ask(data: bytes, question: Mapping[str, Any]) -> Exhibits:
    try:
        told = keeper.ask(WORK, question, [data])
        return _read(told.parts, failed=not told.whole)
    except (Unavailable, ValueError, TypeError, KeyError, AttributeError, StopIteration, binascii.Error):
        return Exhibits(failed=True)


def _read(parts: Sequence[Any], *, failed: bool) -> Exhibits:
    pages = 0
    seals: dict[str, SealPicture] = {}
    sheets: list[Sheet] = []
    compared: list[Compared] = []
    for part in parts:
        match part:
            case {"pages": int(pages)}:
                pass
            case {"sheet": one}:
                sheets.append(_sheet(one))
            case {"compared": one}:
                compared.append(_compared(one))
            case {"seals": found}:
                seals |= {
                    str(name): SealPicture(_image(one["picture"]), bool(one["cut"])) for name, one in found.items()
                }
            case _:
                failed = True
    return Exhibits(pages, tuple(sheets), seals, tuple(compared), failed)


def _compared(one: Mapping[str, Any]) -> Compared:
    return Compared(
        int(one["page"]),
        float(one["width"]),
        float(one["height"]),
        tuple(_area(area) for area in one["areas"]),
        _image(one["before"]) if one["before"] else None,
        _image(one["after"]) if one["after"] else None,
    )


def _sheet(one: Mapping[str, Any]) -> Sheet:
    return Sheet(
        int(one["page"]),
        float(one["width"]),
        float(one["height"]),
        tuple(Spot(str(name), _area(area)) for name, area in one["spots"]),
        _image(one["picture"]) if one["picture"] else None,
        tuple(Line(float(x), float(y), float(size), float(wide), str(text)) for x, y, size, wide, text in one["lines"]),
        int(one["document"]),
    )


def _area(numbers: Sequence[float]) -> Area:
    left, top, width, height = (float(number) for number in numbers)
    return left, top, width, height


_MEDIA = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def _image(text: str) -> str:
    """Only what is a PNG or a JPEG of our own making becomes an address."""
    octets = base64.b64decode(text, validate=True)
    media = next(media for start, media in _MEDIA.items() if octets.startswith(start))
    return f"data:{media};base64,{text}"
