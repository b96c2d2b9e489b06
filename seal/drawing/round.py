"""The geometry of a round seal (圆形印章): border, name round it, centre, line of purpose, code.

国发〔1999〕25号 for shape and size, public-security practice for the code on the lower arc. The constants were found by
drawing and looking (facts: sealing 4); all are in units of the outer radius unless they say millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.around import Border, over, under
from seal.drawing.artwork import Artwork
from seal.drawing.centre import Centre, emblem_missing
from seal.drawing.letters import line
from seal.drawing.shapes import Contour, Drawing, ring, star

BORDER_MM = 1.2
GAP_MM = 0.7
HAIR_MM, HAIR_INSIDE_MM = 0.25, 0.6
"""The inner line of a double ring, and the white between it and the border."""
CODE_HEIGHT_MM = 1.6
DIGIT_HEIGHT = 0.74
"""A figure's height over its em."""
RING_HEIGHT = 0.27
LARGEST_STEP = 34.0
SPAN, SPAN_WITH_CODE, SPAN_WITH_LINE = 292.0, 256.0, 236.0
STAR_RADIUS, STAR_RISE = 0.335, 0.04
EMBLEM, EMBLEM_SMALL = 0.92, 0.72
"""Height of the emblem slot, without and with a line below it."""
EMBLEM_REACH = 0.54
"""How far from its middle an emblem may have ink: square artwork must not touch the ring text with its corners."""
LINE_HEIGHT, LINE_DROP, LINE_WIDTH = 0.18, 0.53, 1.02
MIDDLE_HEIGHT, MIDDLE_WIDTH = 0.23, 1.04
"""The line of a seal without a star stands in the middle and may be larger."""
LEAST_RING, MOST_RING, MOST_LINE, MOST_CODE = 4, 36, 12, 18
SMALLEST, LARGEST = 30.0, 60.0


@dataclass(frozen=True, slots=True)
class RoundSeal:
    """What the seal shows. `diameter` in millimetres; `line` is a purpose such as 行政审批专用章, `code` its number."""

    ring_text: str
    line_text: str | None = None
    code: str | None = None
    diameter: float = 42.0
    centre: Centre = Centre.STAR
    artwork: Artwork | None = None
    """The emblem, when the centre is one: the customer's licensed drawing, never ours."""
    double_ring: bool = False


def draw(spec: RoundSeal) -> Drawing:
    """The picture of `spec`; raises `InvalidInput` when a text does not fit or a character has no glyph."""
    _check(spec)
    radius = spec.diameter / 2
    contours: list[Contour] = _border(spec, radius)
    contours += _ring_text(spec, radius)
    contours += _centre(spec, radius)
    if spec.line_text:
        contours += _line_text(spec, radius)
    if spec.code:
        contours += _code(spec, radius)
    return Drawing(spec.diameter, spec.diameter, tuple(contours))


def _check(spec: RoundSeal) -> None:
    fits = (
        LEAST_RING <= len(spec.ring_text) <= MOST_RING
        and len(spec.line_text or "") <= MOST_LINE
        and len(spec.code or "") <= MOST_CODE
        and SMALLEST <= spec.diameter <= LARGEST
    )
    if not fits:
        raise InvalidInput(
            "seal.does_not_fit",
            Text(
                f"印文须为 {LEAST_RING} 至 {MOST_RING} 字，下横文不超过 {MOST_LINE} 字，"
                f"编码不超过 {MOST_CODE} 位，直径 {SMALLEST:g} 至 {LARGEST:g} 毫米。",
                f"A seal takes {LEAST_RING} to {MOST_RING} ring characters, {MOST_LINE} in the line, {MOST_CODE} in "
                f"the code, and {SMALLEST:g} to {LARGEST:g} mm across.",
            ),
        )
    if spec.centre is Centre.EMBLEM and spec.artwork is None:
        raise emblem_missing()


def _border(spec: RoundSeal, radius: float) -> list[Contour]:
    contours = list(ring(radius, radius, radius, BORDER_MM))
    if spec.double_ring:
        inner = ring(radius, radius, radius - BORDER_MM - HAIR_INSIDE_MM, HAIR_MM)
        contours += inner
    return contours


def _gap(spec: RoundSeal) -> float:
    """From the outer edge to the heads of the ring text."""
    return BORDER_MM + (HAIR_INSIDE_MM + HAIR_MM if spec.double_ring else 0.0) + GAP_MM


def _ring_text(spec: RoundSeal, radius: float) -> list[Contour]:
    span = SPAN_WITH_LINE if spec.line_text else SPAN_WITH_CODE if spec.code else SPAN
    return over(spec.ring_text, _edge(radius), _gap(spec), RING_HEIGHT * radius, span, LARGEST_STEP)


def _centre(spec: RoundSeal, radius: float) -> list[Contour]:
    middle = radius - STAR_RISE * radius
    if spec.centre is Centre.STAR:
        return [star(radius, middle, STAR_RADIUS * radius)]
    if spec.centre is Centre.EMBLEM and spec.artwork is not None:
        side = (EMBLEM_SMALL if spec.line_text else EMBLEM) * radius
        return spec.artwork.placed(radius, middle, side, EMBLEM_REACH * radius)
    return []


def _line_text(spec: RoundSeal, radius: float) -> list[Contour]:
    text = spec.line_text or ""
    if spec.centre is Centre.BLANK:
        return line(text, radius, radius, MIDDLE_HEIGHT * radius, MIDDLE_WIDTH * radius)
    return line(text, radius, radius + LINE_DROP * radius, LINE_HEIGHT * radius, LINE_WIDTH * radius)


def _code(spec: RoundSeal, radius: float) -> list[Contour]:
    """Figures on the lower arc, read from left to right."""
    em = CODE_HEIGHT_MM / DIGIT_HEIGHT
    return under(spec.code or "", _edge(radius), _gap(spec) - 0.15 * em, em, 0.95)


def _edge(radius: float) -> Border:
    return Border(radius, radius, radius, radius)
