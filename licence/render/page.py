"""One licence's page (照面): decoration, text in its boxes, printed code. Pure: the same face gives the same page."""

from __future__ import annotations

from collections import defaultdict

from foundation.glyphs import Subset, subset
from licence.face import LicenceFace
from licence.render import qr
from licence.render.compose import compose
from licence.render.model import Line, Page
from licence.render.ornament import THEMES, decoration


def lay_out(face: LicenceFace) -> Page:
    """The page of `face`, or `InvalidInput` naming the field that does not fit the page or the printed code."""
    layout = face.type.layout
    palette = THEMES[layout.theme].palette
    lines: list[Line] = []
    for item in layout.printed:
        lines += compose(item, face.values, face.type, palette)
    code = qr.draw(face.code_text, layout.code, face.type, face.values)
    return Page(layout.width, layout.height, decoration(layout), tuple(lines), code)


def cut_fonts(lines: tuple[Line, ...]) -> dict[str, Subset]:
    """The fonts the lines use, cut to what they use, in a fixed order."""
    used: defaultdict[str, set[str]] = defaultdict(set)
    for line in lines:
        for run in line.runs:
            used[run.font].update(run.text)
    return {font: subset(font, frozenset(chars)) for font, chars in sorted(used.items())}
