"""The geometry of a round seal of office (圆形公章): ring, name round it, star, line of purpose, code.

国发〔1999〕25号 for shape and size, public-security practice for the code on the lower arc. The constants were found by
drawing and looking (facts: sealing 4); all are in units of the outer radius unless they say millimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.glyphs import Glyph, glyph
from seal.drawing.shapes import Affine, Contour, Drawing, ring, star

BORDER_MM = 1.2
GAP_MM = 0.7
CODE_HEIGHT_MM = 1.6
RING_HEIGHT = 0.27
WIDEST, NARROWEST = 0.98, 0.62
"""Width of a ring character over its height: from nearly square to clearly tall; beyond that the height gives way."""
STEP_SHARE, FOOT = 0.96, 0.35
"""How much of its arc a character may fill, measured towards its feet, where the arcs are shorter."""
LARGEST_STEP = 30.0
SPAN, SPAN_WITH_CODE, SPAN_WITH_LINE = 292.0, 256.0, 236.0
STAR_RADIUS, STAR_RISE = 0.335, 0.04
LINE_HEIGHT, LINE_DROP, LINE_WIDTH = 0.18, 0.53, 1.02
MOST_RING, MOST_LINE, MOST_CODE = 36, 12, 18


@dataclass(frozen=True, slots=True)
class RoundSeal:
    """What the seal shows. `diameter` in millimetres; `line` is a purpose such as 行政审批专用章, `code` its number."""

    ring_text: str
    line_text: str | None = None
    code: str | None = None
    diameter: float = 42.0


def draw(spec: RoundSeal) -> Drawing:
    """The picture of `spec`; raises `InvalidInput` when a text does not fit or a character has no glyph."""
    _check(spec)
    radius = spec.diameter / 2
    contours: list[Contour] = list(ring(radius, radius, radius, BORDER_MM))
    contours += _ring_text(spec, radius)
    contours.append(star(radius, radius - STAR_RISE * radius, STAR_RADIUS * radius))
    if spec.line_text:
        contours += _line_text(spec.line_text, radius)
    if spec.code:
        contours += _code(spec.code, radius)
    return Drawing(spec.diameter, spec.diameter, tuple(contours))


def _check(spec: RoundSeal) -> None:
    fits = (
        4 <= len(spec.ring_text) <= MOST_RING
        and len(spec.line_text or "") <= MOST_LINE
        and len(spec.code or "") <= MOST_CODE
        and 30 <= spec.diameter <= 60
    )
    if not fits:
        raise InvalidInput(
            "seal.does_not_fit",
            Text(
                f"印文须为 4 至 {MOST_RING} 字，下横文不超过 {MOST_LINE} 字，"
                f"编码不超过 {MOST_CODE} 位，直径 30 至 60 毫米。",
                f"A seal takes 4 to {MOST_RING} ring characters, {MOST_LINE} in the line, {MOST_CODE} in the code, "
                "and 30 to 60 mm across.",
            ),
        )


def _ring_text(spec: RoundSeal, radius: float) -> list[Contour]:
    span = SPAN_WITH_LINE if spec.line_text else SPAN_WITH_CODE if spec.code else SPAN
    step = min(LARGEST_STEP, span / (len(spec.ring_text) - 1))
    outer = radius - BORDER_MM - GAP_MM
    height = RING_HEIGHT * radius
    middle = outer - height / 2
    share = STEP_SHARE * math.radians(step)
    width = min(WIDEST * height, share * (middle - FOOT * height))
    if width < NARROWEST * height:
        # the arc depends on the height through the radius: solve width = NARROWEST · height for both at once
        height = share * outer / (NARROWEST + (0.5 + FOOT) * share)
        width = NARROWEST * height
        middle = outer - height / 2
    contours: list[Contour] = []
    start = -step * (len(spec.ring_text) - 1) / 2
    for index, char in enumerate(spec.ring_text):
        angle = math.radians(start + index * step)
        contours += _placed(glyph(char), radius, middle, angle, width, height)
    return contours


def _placed(
    shape: Glyph, centre: float, middle: float, angle: float, width: float, height: float, *, inwards: bool = False
) -> list[Contour]:
    """A glyph whose em box is `width` × `height`, centred `middle` from the seal's centre at `angle` from the top.

    Its head points outwards, or to the centre when `inwards` (the lower arc, so that it reads left to right).
    """
    turn = angle + math.pi if inwards else angle
    sine, cosine = math.sin(turn), math.cos(turn)
    x = centre + middle * math.sin(angle)
    y = centre - middle * math.cos(angle)
    # glyph space (em, y up) → box centred at the origin, y down → turned clockwise by `turn` → moved to its place
    a, d = width, height
    half = shape.advance / 2
    matrix = Affine(
        a * cosine,
        a * sine,
        d * sine,
        -d * cosine,
        x - a * cosine * half - d * sine * 0.5,
        y - a * sine * half + d * cosine * 0.5,
    )
    return [matrix.contour(contour) for contour in shape.contours]


def _line_text(text: str, radius: float) -> list[Contour]:
    height = LINE_HEIGHT * radius
    step = min(1.08 * height, LINE_WIDTH * radius / len(text))
    width = min(height, step * 0.96)
    contours: list[Contour] = []
    x = radius - step * (len(text) - 1) / 2
    for index, char in enumerate(text):
        shape = glyph(char)
        left = x + index * step - width * shape.advance / 2
        matrix = Affine(width, 0, 0, -height, left, radius + LINE_DROP * radius + height / 2)
        contours += [matrix.contour(contour) for contour in shape.contours]
    return contours


def _code(code: str, radius: float) -> list[Contour]:
    """Digits on the lower arc, read left to right: angles run down from the left of the bottom to its right."""
    height = CODE_HEIGHT_MM / 0.74  # digits are 0.74 em high
    middle = radius - BORDER_MM - GAP_MM - CODE_HEIGHT_MM / 2
    step = CODE_HEIGHT_MM * 0.82 / middle
    contours: list[Contour] = []
    for index, char in enumerate(code):
        angle = math.pi + step * ((len(code) - 1) / 2 - index)
        contours += _placed(glyph(char), radius, middle, angle, height * 0.9, height, inwards=True)
    return contours
