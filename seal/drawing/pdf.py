"""A seal as PDF operators (PDF 印章外观): the content of a form XObject whose box is the seal in points."""

from __future__ import annotations

from collections.abc import Iterable

from seal.drawing.colour import SEAL_RED
from seal.drawing.shapes import Contour, Drawing

POINTS = 72 / 25.4


def write(drawing: Drawing) -> bytes:
    """Fill everything by the non-zero rule. `/Seal gs` is the caller's blend mode: text below stays legible."""
    return fill(drawing.contours, drawing.height, f"/Seal gs {SEAL_RED.pdf} rg").encode()


def fill(contours: Iterable[Contour], height: float, state: str) -> str:
    """Operators that fill `contours`, millimetres from the top left corner of a box `height` high, under `state`."""
    lines = [f"q {state} {POINTS:.6f} 0 0 {-POINTS:.6f} 0 {height * POINTS:.4f} cm"]
    for contour in contours:
        for part in contour:
            operator = {"M": "m", "L": "l", "C": "c"}[part[0]]
            lines.append(" ".join(f"{number:.3f}" for number in part[1:]) + " " + operator)
        lines.append("h")
    lines.append("f Q")
    return "\n".join(lines)
