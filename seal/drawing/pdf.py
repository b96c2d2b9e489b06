"""A seal as PDF operators (PDF 印章外观): the content of a form XObject whose box is the seal in points."""

from __future__ import annotations

from seal.drawing.colour import SEAL_RED
from seal.drawing.shapes import Drawing

POINTS = 72 / 25.4


def write(drawing: Drawing) -> bytes:
    """Fill everything by the non-zero rule. `/Seal gs` is the caller's blend mode: text below stays legible."""
    lines = [f"q /Seal gs {SEAL_RED.pdf} rg {POINTS:.6f} 0 0 {-POINTS:.6f} 0 {drawing.height * POINTS:.4f} cm"]
    for contour in drawing.contours:
        for part in contour:
            operator = {"M": "m", "L": "l", "C": "c"}[part[0]]
            lines.append(" ".join(f"{number:.3f}" for number in part[1:]) + " " + operator)
        lines.append("h")
    lines.append("f Q")
    return "\n".join(lines).encode()
