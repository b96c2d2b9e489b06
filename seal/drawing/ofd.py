"""A seal as OFD path data (OFD 印章图元): AbbreviatedData of a PathObject, GB/T 33190-2016 9.1."""

from __future__ import annotations

from seal.drawing.shapes import Drawing

_OPERATORS = {"M": "M", "L": "L", "C": "B"}


def write(drawing: Drawing) -> str:
    """M, L, B (cubic) and C (close), in millimetres from the object's own corner; to be filled NonZero."""
    parts: list[str] = []
    for contour in drawing.contours:
        for part in contour:
            parts.append(_OPERATORS[part[0]])
            parts.extend(f"{number:.3f}" for number in part[1:])
        parts.append("C")
    return " ".join(parts)
