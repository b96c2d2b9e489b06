"""The page model (版面模型): what stands where, in millimetres from the top-left corner, before any file format.

Both writers draw exactly this, so a licence's PDF and OFD cannot differ in what they show.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.glyphs import Segment

__all__ = ["CodeDrawing", "Colour", "Line", "Matrix", "Page", "Path", "Run", "Segment", "Shape"]

Path = tuple[Segment, ...]

Colour = tuple[int, int, int]

Matrix = tuple[float, float, float, float, float, float]
"""x' = a x + c y + e, y' = b x + d y + f, as PDF and OFD write it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled or stroked path, drawn once for each of its copies."""

    path: Path
    fill: Colour | None = None
    stroke: Colour | None = None
    width: float = 0.0
    copies: tuple[Matrix, ...] = ()
    """Where the path goes; empty means: once, where it stands."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one font."""

    font: str
    text: str
    advances: tuple[int, ...]
    """Advance of each character in thousandths of an em."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `spacing` is added after each character."""

    x: float
    baseline: float
    size: float
    runs: tuple[Run, ...]
    colour: Colour
    width: float
    spacing: float = 0.0

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class CodeDrawing:
    """The printed code: dark modules as horizontal bars (column, row, length), `module` mm each."""

    x: float
    y: float
    module: float
    size: int
    bars: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Page:
    width: float
    height: float
    decoration: tuple[Shape, ...]
    """Background and border; the same object for every licence of a type, so writers may cache what they make of it."""
    lines: tuple[Line, ...]
    code: CodeDrawing
