"""A page of an OFD as a drawing (OFD 页面示意): its words, lines and areas as SVG, to find one's way on.

Not a renderer: pictures, shadings, clips and embedded fonts are left out, and pages that show it say so (GB/T
33190-2016 clauses 9 and 11). Everything is written anew from parsed numbers and escaped text.
"""

from __future__ import annotations

from html import escape

from lxml import etree

from seal.ofd.document import child, local
from seal.ofd.document import text as text_of
from seal.ofd.sheets import OfdSheets
from seal.ofd.words import Character

MOST_CHARACTERS, MOST_PATHS = 20_000, 5_000
_TAKES = {"M": 2, "S": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_SVG = {"M": "M", "S": "M", "L": "L", "Q": "Q", "B": "C", "A": "A", "C": "Z"}


def svg(sheets: OfdSheets, number: int) -> bytes:
    """Page `number`; raises the package's own errors."""
    width, height = sheets.size(number)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}mm" '
    parts = [head + f'height="{height:g}mm"><rect width="{width:g}" height="{height:g}" fill="#fff"/>']
    paths = [one for one in _content(sheets, number).iter() if local(one) == "PathObject"]
    parts.extend(_path(one) for one in paths[:MOST_PATHS])
    parts.append('<g fill="#111" font-family="Noto Serif CJK SC, SimSun, serif">')
    parts.extend(_word(one) for one in sheets.characters(number, MOST_CHARACTERS) if not one.char.isspace())
    parts.append("</g></svg>")
    return "".join(parts).encode()


def _content(sheets: OfdSheets, number: int) -> etree._Element:
    location = sheets.elements[number - 1].get("BaseLoc", "")
    return sheets.package.xml(sheets.package.resolve(location, base=sheets.body.document))


def _word(one: Character) -> str:
    a, b, c, d, e, f = one.matrix
    x, y = a * one.x + c * one.y + e, b * one.x + d * one.y + f
    return (
        f'<text transform="matrix({a:.5g} {b:.5g} {c:.5g} {d:.5g} {x:.5g} {y:.5g})" font-size="{one.size:.5g}">'
        f"{escape(one.char)}</text>"
    )


def _path(element: etree._Element) -> str:
    drawing = _data(text_of(child(element, "AbbreviatedData")))
    box, turn = _numbers(element.get("Boundary", ""), 4), _numbers(element.get("CTM", ""), 6)
    if not drawing or box is None or element.get("Visible", "true").strip() == "false":
        return ""
    a, b, c, d, e, f = turn or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    move = f"matrix({a:.5g} {b:.5g} {c:.5g} {d:.5g} {e + box[0]:.5g} {f + box[1]:.5g})"
    stroke = element.get("Stroke", "true").strip() != "false"
    fill = element.get("Fill", "false").strip() == "true"
    line = _numbers(element.get("LineWidth", ""), 1)
    ink = _colour(child(element, "StrokeColor")) if stroke else "none"
    area = _colour(child(element, "FillColor")) if fill else "none"
    wide = line[0] if line else 0.353
    return f'<path transform="{move}" d="{drawing}" stroke="{ink}" fill="{area}" stroke-width="{wide:.5g}"/>'


def _data(text: str) -> str:
    """AbbreviatedData as an SVG path; empty where it is not understood."""
    words, out, at = text.split(), [], 0
    while at < len(words):
        takes = _TAKES.get(words[at])
        if takes is None:
            return ""
        values = _numbers(" ".join(words[at + 1 : at + 1 + takes]), takes)
        if values is None:
            return ""
        out.append(_SVG[words[at]] + " ".join(f"{value:.6g}" for value in values))
        at += 1 + takes
    return " ".join(out) if out and out[0].startswith("M") else ""


def _colour(element: etree._Element | None) -> str:
    """An RGB or grey value; black where it is anything else."""
    value = element.get("Value", "") if element is not None else ""
    for count in (3, 1):
        numbers = _numbers(value, count)
        if numbers is not None and all(0 <= one <= 255 for one in numbers):
            red, green, blue = (int(one) for one in (numbers if count == 3 else numbers * 3))
            return f"#{red:02x}{green:02x}{blue:02x}"
    return "#000"


def _numbers(text: str, count: int) -> list[float] | None:
    parts = text.split()
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    return values if len(values) == count and all(abs(one) < 1e6 for one in values) else None
