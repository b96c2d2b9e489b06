"""Artwork as a list of path operators (路径列表): OFD AbbreviatedData (GB/T 33190-2016 9.1) or PDF path operators.

Operators before their operands are OFD's, after them PDF's, whose y runs upwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from seal.drawing.artwork import BadArtwork
from seal.drawing.artwork_paths import no_path
from seal.drawing.outline import FARTHEST, Outline
from seal.drawing.shapes import Affine, Contour, rectangle
from seal.drawing.winding import even_odd, outward

_OFD = {"M": 2, "S": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_PDF = {"m": 2, "l": 2, "c": 6, "v": 4, "y": 4, "h": 0, "re": 4, "f": 0, "f*": 0, "F": 0}


def read_path_list(data: bytes) -> list[Contour]:
    """Operators before their operands are OFD's, after them PDF's (whose y runs upwards)."""
    words = data.decode("ascii", "replace").replace(",", " ").split()
    if not words:
        raise no_path()
    pdf = words[0] not in _OFD
    outline = Outline()
    rule = ""
    for name, numbers in _pdf_steps(words) if pdf else _ofd_steps(words):
        rule = name if name in ("f*", "f", "F") else rule
        _draw(outline, name, numbers)
    outline.close()
    contours = even_odd(outline.contours) if rule == "f*" else outward(outline.contours)
    flip = Affine(1, 0, 0, -1 if pdf else 1, 0, 0)
    return [flip.contour(contour) for contour in contours]


def _ofd_steps(words: list[str]) -> Iterator[tuple[str, list[float]]]:
    at = 0
    while at < len(words):
        name = words[at]
        if name not in _OFD:
            raise no_path()
        numbers = [_number(word) for word in words[at + 1 : at + 1 + _OFD[name]]]
        if len(numbers) != _OFD[name]:
            raise no_path()
        at += 1 + len(numbers)
        yield {"C": "h", "B": "c", "Q": "q", "A": "a", "S": "m", "M": "m", "L": "l"}[name], numbers


def _pdf_steps(words: list[str]) -> Iterator[tuple[str, list[float]]]:
    numbers: list[float] = []
    for word in words:
        if word in _PDF:
            if len(numbers) != _PDF[word]:
                raise no_path()
            yield word, numbers
            numbers = []
        else:
            numbers.append(_number(word))
            if len(numbers) > 6:
                raise no_path()
    if numbers:
        raise no_path()


def _draw(outline: Outline, name: str, n: list[float]) -> None:
    match name:
        case "m":
            outline.move((n[0], n[1]))
        case "l":
            outline.line((n[0], n[1]))
        case "c":
            outline.curve((n[0], n[1]), (n[2], n[3]), (n[4], n[5]))
        case "v":
            outline.curve(outline.at, (n[0], n[1]), (n[2], n[3]))
        case "y":
            outline.curve((n[0], n[1]), (n[2], n[3]), (n[2], n[3]))
        case "q":
            outline.quadratic((n[0], n[1]), (n[2], n[3]))
        case "a":
            outline.arc(n[0], n[1], n[2], (n[3] != 0, n[4] != 0), (n[5], n[6]))
        case "re":
            outline.close()
            outline.contours.append(rectangle(*n))
        case _:
            outline.close()


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise no_path() from None
    if not math.isfinite(value) or abs(value) > FARTHEST:
        raise BadArtwork("坐标超出范围", "a coordinate is out of range")
    return value
