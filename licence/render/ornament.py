"""Border, background pattern and emblem slot (边框、底纹): our own line work, computed, no artwork of the state.

Guilloche: sine waves shifted against each other along the border, rosettes in the corners, faint waves on the ground.
Each figure is one small cell and its copies, so that it deflates to almost nothing. The emblem slot holds a plain
typographic device, one character in a ring, until licensed artwork is put there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin, tau

from foundation.fonts import FontName
from foundation.glyphs import face
from licence.render.layout import Box, Layout
from licence.render.model import Colour, Matrix, Path, Segment, Shape

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    dark: Colour
    middle: Colour
    pale: Colour
    paper: Colour
    title: Colour

    @property
    def palette(self) -> dict[str, Colour]:
        """Colours a layout names."""
        return {"ink": (26, 26, 26), "label": self.dark, "title": self.title, "note": (92, 92, 92)}


THEMES: dict[str, Theme] = {
    "gold": Theme((110, 78, 30), (190, 150, 82), (244, 236, 216), (255, 253, 247), (150, 24, 28)),
    "green": Theme((24, 88, 62), (104, 160, 128), (226, 240, 230), (251, 254, 251), (18, 84, 58)),
    "blue": Theme((24, 66, 118), (108, 148, 194), (225, 235, 246), (251, 253, 255), (20, 58, 110)),
}

OUTER, BAND = 9.0, 8.0
"""Distance of the border from the paper's edge, and its breadth, in mm."""


def _trace(place: Callable[[float], Point], end: float, steps: int) -> Path:
    """A curve given by `place(t)`, t from 0 to `end`, as cubics with the curve's own tangents."""
    step, tiny = end / steps, end * 1e-5
    path: list[Segment] = [("M", *place(0.0))]
    for index in range(steps):
        t0, t1 = index * step, (index + 1) * step
        (x0, y0), (x1, y1) = place(t0), place(t1)
        (ax, ay), (bx, by) = place(t0 + tiny), place(t1 - tiny)
        reach = step / tiny / 3
        first = (x0 + (ax - x0) * reach, y0 + (ay - y0) * reach)
        second = (x1 + (bx - x1) * reach, y1 + (by - y1) * reach)
        path.append(("C", *first, *second, x1, y1))
    return tuple(path)


def _rectangle(box: Box) -> Path:
    right, bottom = box.x + box.width, box.y + box.height
    return (("M", box.x, box.y), ("L", right, box.y), ("L", right, bottom), ("L", box.x, bottom), ("Z",))


def _circle(radius: float) -> Path:
    return (*_trace(lambda t: (radius * cos(t), radius * sin(t)), tau, 8), ("Z",))


def _at(x: float, y: float) -> Matrix:
    return (1, 0, 0, 1, x, y)


def _turned(angle: float, x: float, y: float) -> Matrix:
    return (cos(angle), sin(angle), -sin(angle), cos(angle), x, y)


def _rosette(centres: list[Point], radius: float, petals: int, depth: float, turns: int) -> tuple[Path, list[Matrix]]:
    """One petal and where its copies go."""

    def place(angle: float) -> Point:
        reach = radius * (1 - depth + depth * cos(petals * angle))
        return reach * cos(angle), reach * sin(angle)

    count = petals * turns
    copies = [_turned(tau * k / count, x, y) for x, y in centres for k in range(count)]
    return _trace(place, tau / petals, 4), copies


def _rose(
    centres: list[Point], radius: float, petals: int, depth: float, turns: int, line: tuple[Colour, float]
) -> Shape:
    path, copies = _rosette(centres, radius, petals, depth, turns)
    return Shape(path, stroke=line[0], width=line[1], copies=tuple(copies))


def _band(width: float, height: float, theme: Theme) -> list[Shape]:
    """Four sides of waves between four corner squares."""
    middle, start = OUTER + BAND / 2, OUTER + BAND
    shapes = []
    for upright, side, lanes in (
        (False, width - 2 * start, (middle, height - middle)),
        (True, height - 2 * start, (middle, width - middle)),
    ):
        waves = round(side / 13)
        length = side / waves
        places = [(start + k * length, lane) for lane in lanes for k in range(waves)]
        placed = tuple(_at(lane, along) if upright else _at(along, lane) for along, lane in places)
        for tone, breadth, reach, phases in (
            (theme.middle, 0.16, BAND * 0.42, [k * pi / 3 for k in range(6)]),
            (theme.dark, 0.22, BAND * 0.30, [pi / 2, 3 * pi / 2]),
        ):
            cell: list[Segment] = []
            for phase in phases:
                cell += _trace(_sine(length, reach, phase, upright=upright), length, 4)
            shapes.append(Shape(tuple(cell), stroke=tone, width=breadth, copies=placed))
    return shapes


def _sine(length: float, height: float, phase: float, *, upright: bool = False) -> Callable[[float], Point]:
    def place(along: float) -> Point:
        across = height * sin(tau * along / length + phase)
        return (across, along) if upright else (along, across)

    return place


def _corners(width: float, height: float, theme: Theme) -> list[Shape]:
    middle = OUTER + BAND / 2
    centres = [(x, y) for x in (middle, width - middle) for y in (middle, height - middle)]
    placed = tuple(_at(x, y) for x, y in centres)
    square = _rectangle(Box(-BAND / 2, -BAND / 2, BAND, BAND))
    return [
        Shape(square, fill=theme.paper, stroke=theme.dark, width=0.3, copies=placed),
        _rose(centres, 3.6, 12, 0.22, 2, (theme.middle, 0.18)),
        _rose(centres, 2.3, 8, 0.35, 1, (theme.dark, 0.18)),
        Shape(_circle(0.55), fill=theme.dark, copies=placed),
    ]


def _ground(width: float, height: float, theme: Theme) -> list[Shape]:
    """Faint waves all over the field and one great rosette in its middle."""
    edge = OUTER + BAND + 2.6
    wide, high = width - 2 * edge, height - 2 * edge
    rows, kinds = int((high - 5) / 3.4), 5
    shapes = [Shape(_rectangle(Box(edge - 1.6, edge - 1.6, wide + 3.2, high + 3.2)), fill=theme.paper)]
    for kind in range(kinds):
        wave = _trace(_sine(wide / 8, 2.4, kind * tau / kinds), wide, 32)
        copies = tuple(_at(edge, edge + 2.5 + row * (high - 5) / rows) for row in range(kind, rows + 1, kinds))
        shapes.append(Shape(wave, stroke=theme.pale, width=0.16, copies=copies))
    centre = [(width / 2, height / 2 + 12)]
    for radius, petals, depth in ((46, 30, 0.16), (33, 20, 0.22), (19, 12, 0.4)):
        shapes.append(_rose(centre, radius, petals, depth, 2, (theme.pale, 0.3)))
    return shapes


def _frames(width: float, height: float, theme: Theme) -> list[Shape]:
    shapes = []
    for inset, breadth in ((OUTER - 1.3, 0.25), (OUTER, 0.7), (OUTER + BAND, 0.7), (OUTER + BAND + 1.3, 0.25)):
        box = Box(inset, inset, width - 2 * inset, height - 2 * inset)
        shapes.append(Shape(_rectangle(box), stroke=theme.dark, width=breadth))
    return shapes


def _device(layout: Layout, theme: Theme) -> list[Shape]:
    """The emblem slot: ring of line work, disc, one character as outline (so that no search finds it)."""
    x, y, radius = layout.device_centre
    here = (_at(x, y),)
    scale = radius * 0.95 / 1000
    glyph = face(FontName.SERIF_BOLD)
    left, baseline = x - glyph.advance(layout.device) * scale / 2, y + radius * 0.95 * 0.38
    return [
        Shape(_circle(radius), fill=theme.paper, copies=here),
        _rose([(x, y)], radius, 28, 0.12, 2, (theme.middle, 0.2)),
        _rose([(x, y)], radius * 0.85, 20, 0.08, 2, (theme.dark, 0.16)),
        Shape(_circle(radius * 0.70), fill=theme.title, copies=here),
        Shape(_circle(radius * 0.64), stroke=theme.paper, width=0.2, copies=here),
        Shape(glyph.outline(layout.device), fill=theme.paper, copies=((scale, 0, 0, -scale, left, baseline),)),
    ]


@cache
def decoration(layout: Layout) -> tuple[Shape, ...]:
    """Everything on the page that is not this licence's: computed once for a layout."""
    theme, width, height = THEMES[layout.theme], layout.width, layout.height
    rules = [
        Shape((("M", box.x, box.y), ("L", box.x + box.width, box.y)), stroke=theme.middle, width=0.2)
        for box in layout.rules
    ]
    quiet = Box(layout.code.x - 2.4, layout.code.y - 2.4, layout.code.size + 4.8, layout.code.size + 4.8)
    return (
        *_ground(width, height, theme),
        *_band(width, height, theme),
        *_corners(width, height, theme),
        *_frames(width, height, theme),
        *_device(layout, theme),
        *rules,
        Shape(_rectangle(quiet), fill=(255, 255, 255)),
    )
