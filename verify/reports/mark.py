"""The mark of the verification service on its reports (核验服务签名标识): blue, square, and in words what it is.

Drawn as outlines, so it needs no font. Never like an official seal (no red, no ring, no star): a report is a signature,
and nobody may take it for the word of a department (国办发〔2025〕33号 names who has seals).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from foundation.fonts import FontName
from foundation.glyphs import face, font_of
from foundation.pdf_file import number
from seal.drawing.pdf import POINTS
from seal.pdf.appearance import Appearance
from seal.pdf.revision import Visible
from verify.reports.pages import HEIGHT, MARGIN, WIDTH
from verify.safe_text import clean

_BLUE = "0.059 0.298 0.506"
_WIDE, _TALL = 186.0, 54.0
_LOGO = 30.0
_TEXT = 48.0
"""Where the words begin."""
_ROOM = _WIDE - _TEXT - 8
RECTANGLE = (WIDTH - MARGIN - _WIDE, HEIGHT - MARGIN - _TALL + 2, WIDTH - MARGIN, HEIGHT - MARGIN + 2)
"""Upper right of the first page, beside the title."""


def visible(service: str, suite: str, at: datetime) -> Visible:
    """`at` in the region's civil time, as the signature says it."""
    lines = (
        (_TALL - 14.5, 9.0, FontName.SERIF_BOLD, "核验报告 已签名  Signed report"),
        (_TALL - 25.0, 7.0, FontName.SANS, clean(service, 60)),
        (_TALL - 35.0, 7.0, FontName.SANS, f"{at:%Y-%m-%d %H:%M:%S} (UTC+8)  {suite.upper()}"),
        (_TALL - 45.5, 6.5, FontName.SANS, "服务签名，不是公章  Not an official seal"),
    )
    drawn = [_frame(), *(_line(_TEXT, y, size, font, text) for y, size, font, text in lines)]
    look = Appearance(_WIDE / POINTS, _TALL / POINTS, zlib.compress("\n".join(drawn).encode("ascii"), 9))
    return Visible(1, RECTANGLE, 0, look)


def _frame() -> str:
    """A thin box with cut corners, and a square at its left: a word in it, for a tick would look like a verdict."""
    left, low, right, top, cut = 1.0, 1.0, _WIDE - 1, _TALL - 1, 6.0
    lower = ((left, low + cut), (left + cut, low), (right - cut, low), (right, low + cut))
    upper = ((right, top - cut), (right - cut, top), (left + cut, top), (left, top - cut))
    box = _path((*lower, *upper))
    x, y = 10.0, (_TALL - _LOGO) / 2
    square = f"{number(x)} {number(y)} {number(_LOGO)} {number(_LOGO)} re"
    word = _line(x + 2, y + 10, 13, FontName.SERIF_BOLD, "核验", "1 1 1")
    return f"q {_BLUE} RG {_BLUE} rg 0.9 w {box} S {square} f Q\n{word}"


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)} {number(y)} {'l' if at else 'm'}" for at, (x, y) in enumerate(points)) + " h"


def _line(x: float, y: float, size: float, font: str, text: str, colour: str = _BLUE) -> str:
    """One line of outlines, drawn smaller where it would leave the box."""
    width = sum(face(font_of(char, font)).advance(char) for char in text) * size / 1000
    size *= min(1.0, _ROOM / width) if width else 1.0
    drawn, at = [f"q {colour} rg"], x
    for char in text:
        known = font_of(char, font)
        scale = size / 1000
        if outline := _outline(known, char):
            drawn.append(f"q {scale:.5f} 0 0 {scale:.5f} {at:.3f} {number(y)} cm {outline} f Q")
        at += face(known).advance(char) * scale
    return "\n".join([*drawn, "Q"])


@lru_cache(maxsize=512)
def _outline(font: str, char: str) -> str:
    operators = {"M": "m", "L": "l", "C": "c", "Z": "h"}
    parts = face(font).outline(char)
    return " ".join(" ".join([*(f"{value:.1f}" for value in part[1:]), operators[part[0]]]) for part in parts)
