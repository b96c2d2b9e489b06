"""A seal as SVG (矢量印模): one path, no background, no text, no script."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from seal.drawing.colour import SEAL_RED
from seal.drawing.shapes import Contour, Drawing


def write(drawing: Drawing, title: str) -> str:
    """A standalone SVG document in millimetres; `title` is read out by screen readers."""
    data = path(drawing.contours)
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" role="img"><title>{escape(title)}</title>'
        f'<path fill="{SEAL_RED.hex}" fill-rule="nonzero" d="{data}"/></svg>\n'
    )


def path(contours: Iterable[Contour]) -> str:
    """The data of one path, in millimetres."""
    return "".join(
        "".join(part[0] + " ".join(f"{number:.3f}" for number in part[1:]) for part in contour) + "Z"
        for contour in contours
    )
