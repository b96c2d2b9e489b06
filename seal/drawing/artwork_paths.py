"""The path data of SVG (SVG 路径数据) in artwork: every operator of SVG 1.1 8.3, nothing else."""

from __future__ import annotations

import re

from seal.drawing.artwork import BadArtwork
from seal.drawing.outline import Outline, Point
from seal.drawing.shapes import Contour

_TOKEN = re.compile(rb"\s*,?\s*(?:([MmLlHhVvCcSsQqTtAaZz])|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?))")
_FLAG = re.compile(rb"\s*,?\s*([01])")


def read_d(text: str) -> list[Contour]:
    """The outlines of an SVG path."""
    tokens = _Tokens(text.encode("ascii", "replace"))
    outline, command, control = Outline(), "", (0.0, 0.0)
    while not tokens.done:
        letter = tokens.command()
        if letter is None and command in ("", "Z", "z"):
            raise no_path()
        if not command and letter not in ("M", "m"):
            raise no_path()
        command = letter or {"M": "L", "m": "l"}.get(command, command)
        control = _step(outline, tokens, command, control)
    outline.close()
    return outline.contours


def _step(outline: Outline, tokens: _Tokens, command: str, control: Point) -> Point:  # noqa: C901 - one branch per operator
    """Carry out one command; answers the control point a following S or T mirrors."""
    x0, y0 = outline.at
    dx, dy = (x0, y0) if command.islower() else (0.0, 0.0)

    def point() -> Point:
        return tokens.number() + dx, tokens.number() + dy

    mirrored = (2 * x0 - control[0], 2 * y0 - control[1]) if tokens.before in "CcSsQqTt" else (x0, y0)
    match command.upper():
        case "M":
            outline.move(point())
        case "L":
            outline.line(point())
        case "H":
            outline.line((tokens.number() + dx, y0))
        case "V":
            outline.line((x0, tokens.number() + dy))
        case "C":
            first, control, end = point(), point(), point()
            outline.curve(first, control, end)
        case "S":
            first = mirrored if tokens.before in "CcSs" else (x0, y0)
            control, end = point(), point()
            outline.curve(first, control, end)
        case "Q":
            control, end = point(), point()
            outline.quadratic(control, end)
        case "T":
            control = mirrored if tokens.before in "QqTt" else (x0, y0)
            outline.quadratic(control, point())
        case "A":
            rx, ry, turn = tokens.number(), tokens.number(), tokens.number()
            flags = (tokens.flag(), tokens.flag())
            outline.arc(rx, ry, turn, flags, point())
        case _:
            outline.close()
    tokens.before = command
    return control


class _Tokens:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data.strip(), 0
        self.before = " "

    @property
    def done(self) -> bool:
        return self._at >= len(self._data)

    def command(self) -> str | None:
        match = self._match()
        if match[1] is None:
            return None
        self._at = match.end()
        return match[1].decode()

    def number(self) -> float:
        match = self._match()
        if match[2] is None:
            raise no_path()
        self._at = match.end()
        return float(match[2])

    def flag(self) -> bool:
        """Flags of arcs may stand without a separator: `a1 1 0 01 5 5`."""
        match = _FLAG.match(self._data, self._at)
        if match is None:
            raise no_path()
        self._at = match.end()
        return match[1] == b"1"

    def _match(self) -> re.Match[bytes]:
        match = _TOKEN.match(self._data, self._at)
        if match is None:
            raise no_path()
        return match


def no_path() -> BadArtwork:
    return BadArtwork("路径数据有误", "its path data is not understood")
