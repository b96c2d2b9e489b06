"""Fonts of a PDF/A (ISO 19005-2 6.2.11): embedded, whole for what they show, and readable as text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name


def violations(font: Any, *, unicode: bool) -> Iterator[str]:
    name = str(font.get("/BaseFont", ""))
    if font.get("/Subtype") == Name.Type3:
        return
    if unicode and "/ToUnicode" not in font:
        yield f"6.2.11.7.2: {name} has no ToUnicode map"
    if font.get("/Subtype") != Name.Type0:
        yield from _embedded(font.get("/FontDescriptor", Dictionary()), name)
        return
    (inner,) = font.DescendantFonts
    encoding = font.Encoding
    if not isinstance(encoding, Name) or str(encoding) not in ("/Identity-H", "/Identity-V"):
        yield f"6.2.11.3.3: CMap of {name} is neither embedded nor Identity"
    if inner.get("/Subtype") == Name.CIDFontType2 and "/CIDToGIDMap" not in inner:
        yield f"6.2.11.3.2: {name} has no CIDToGIDMap"
    if "/CIDSystemInfo" not in inner:
        yield f"6.2.11.3.1: {name} has no CIDSystemInfo"
    yield from _embedded(inner.get("/FontDescriptor", Dictionary()), name)
    yield from _widths(inner, name)


def _embedded(descriptor: Any, name: str) -> Iterator[str]:
    if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys()):
        yield f"6.2.11.4.1: {name} is not embedded"


def _widths(inner: Any, name: str) -> Iterator[str]:
    """6.2.11.5: the widths the file states are those of the font program, for glyphs numbered like their codes."""
    program = inner.FontDescriptor.get("/FontFile2", inner.FontDescriptor.get("/FontFile3"))
    if program is None or inner.get("/CIDToGIDMap", Name.Identity) != Name.Identity:
        return
    data = bytes(program.read_bytes())
    if data[:4] not in (b"\x00\x01\x00\x00", b"OTTO", b"true"):
        return
    font = TTFont(io.BytesIO(data))
    unit, order = font["head"].unitsPerEm, font.getGlyphOrder()
    stated = dict(_stated(inner.get("/W", Array())))
    default = float(inner.get("/DW", 1000))
    for number, glyph in enumerate(order):
        real = font["hmtx"][glyph][0] * 1000 / unit
        if number and abs(stated.get(number, default) - real) > 1:
            yield f"6.2.11.5: width of glyph {number} of {name}"
            return


def _stated(widths: Any) -> Iterator[tuple[int, float]]:
    values = list(widths)
    at = 0
    while at + 1 < len(values):
        first = int(values[at])
        if isinstance(values[at + 1], Array):
            yield from ((first + step, float(width)) for step, width in enumerate(values[at + 1]))
            at += 2
        else:
            yield from ((code, float(values[at + 2])) for code in range(first, int(values[at + 1]) + 1))
            at += 3
