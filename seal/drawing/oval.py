"""The geometry of an oval seal (椭圆印章): invoice seals 40 × 30 mm with a number line, foreign-invested 45 × 30 mm.

Sizes in millimetres as the tax authority's notice gives them for the invoice seal (facts: standards 4.4, sealing 4).
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.drawing.around import Border, over, under
from seal.drawing.artwork import Artwork
from seal.drawing.centre import Centre, emblem_missing
from seal.drawing.letters import line
from seal.drawing.round import DIGIT_HEIGHT, LEAST_RING, MOST_CODE, MOST_LINE, MOST_RING
from seal.drawing.shapes import Affine, Contour, Drawing, bounds, ellipse, star

BORDER_MM, GAP_MM = 1.0, 0.55
RING_HEIGHT = 0.28
"""4.2 mm on a seal 30 mm high: of half the height."""
SPAN, SPAN_WITH_BELOW = 285.0, 236.0
LARGEST_STEP = 27.0
NUMBER_HEIGHT_MM, NUMBER_WIDTH = 3.7, 0.65
LINE_HEIGHT, LINE_DROP, LINE_WIDTH = 0.28, 0.46, 0.92
CODE_HEIGHT_MM = 1.5
STAR_RADIUS, STAR_RISE = 0.30, 0.1
MOST_NUMBER = 20
WIDTHS, HEIGHTS = (35.0, 60.0), (24.0, 45.0)


@dataclass(frozen=True, slots=True)
class OvalSeal:
    """`number` is the line through the middle (tax number), `line_text` stands below it, `code` on the lower arc."""

    ring_text: str
    number: str | None = None
    line_text: str | None = None
    code: str | None = None
    width: float = 40.0
    height: float = 30.0
    centre: Centre = Centre.BLANK
    artwork: Artwork | None = None


def draw(spec: OvalSeal) -> Drawing:
    """The picture of `spec`; raises `InvalidInput` when something does not fit or has no glyph."""
    _check(spec)
    a, b = spec.width / 2, spec.height / 2
    contours: list[Contour] = [ellipse(a, b, a, b), ellipse(a, b, a - BORDER_MM, b - BORDER_MM, clockwise=False)]
    contours += _ring_text(spec)
    contours += _middle(spec)
    contours += _below(spec)
    return Drawing(spec.width, spec.height, tuple(contours))


def _check(spec: OvalSeal) -> None:
    fits = (
        LEAST_RING <= len(spec.ring_text) <= MOST_RING
        and len(spec.line_text or "") <= MOST_LINE
        and len(spec.number or "") <= MOST_NUMBER
        and len(spec.code or "") <= MOST_CODE
        and WIDTHS[0] <= spec.width <= WIDTHS[1]
        and HEIGHTS[0] <= spec.height <= HEIGHTS[1]
        and spec.height < spec.width <= 1.8 * spec.height
    )
    if not fits:
        raise InvalidInput(
            "seal.does_not_fit",
            Text(
                f"椭圆章印文 {LEAST_RING} 至 {MOST_RING} 字，号码不超过 {MOST_NUMBER} 位，横文不超过 {MOST_LINE} 字，"
                f"宽 {WIDTHS[0]:g} 至 {WIDTHS[1]:g} 毫米，高 {HEIGHTS[0]:g} 至 {HEIGHTS[1]:g} 毫米，宽大于高。",
                f"An oval takes {LEAST_RING} to {MOST_RING} ring characters, {MOST_NUMBER} in the number and "
                f"{MOST_LINE} in the line; {WIDTHS[0]:g} to {WIDTHS[1]:g} mm wide, {HEIGHTS[0]:g} to {HEIGHTS[1]:g} mm "
                "high, wider than high.",
            ),
        )
    if spec.centre is Centre.EMBLEM and spec.artwork is None:
        raise emblem_missing()
    if spec.number and spec.centre is not Centre.BLANK:
        raise InvalidInput(
            "seal.number_and_centre",
            Text(
                "号码横排在椭圆章中央，不能同时刊五角星或徽图。",
                "The number stands in the middle of an oval, so there is no place for a star or an emblem.",
            ),
        )


def _ring_text(spec: OvalSeal) -> list[Contour]:
    span = SPAN_WITH_BELOW if spec.line_text or spec.code else SPAN
    return over(spec.ring_text, _edge(spec), BORDER_MM + GAP_MM, RING_HEIGHT * spec.height / 2, span, LARGEST_STEP)


def _middle(spec: OvalSeal) -> list[Contour]:
    x, y, half = spec.width / 2, spec.height / 2, spec.height / 2
    if spec.number:
        # 18 figures of 1.3 mm and the air between them: 26 mm, or what the ring text leaves
        em = NUMBER_HEIGHT_MM / DIGIT_HEIGHT
        widest = spec.width - 2 * (BORDER_MM + GAP_MM + RING_HEIGHT * half) - 2.4
        return _figures(spec.number, x, y, em, min(widest, 26.0 * spec.width / 40))
    if spec.centre is Centre.STAR:
        return [star(x, y - STAR_RISE * half, STAR_RADIUS * half)]
    if spec.centre is Centre.EMBLEM and spec.artwork is not None:
        return spec.artwork.placed(x, y - STAR_RISE * half, 0.7 * half, 0.42 * half)
    return []


def _figures(text: str, x: float, y: float, em: float, widest: float) -> list[Contour]:
    """Tall figures: as wide as there is room, as high as the notice says, and never wider than natural."""
    natural = line(text, 0, 0, em, 10_000.0, gap=0.02)
    left, top, right, bottom = bounds(natural)
    squeeze = min(NUMBER_WIDTH, widest / (right - left))
    move = Affine(squeeze, 0, 0, 1, x - squeeze * (left + right) / 2, y - (top + bottom) / 2)
    return [move.contour(contour) for contour in natural]


def _below(spec: OvalSeal) -> list[Contour]:
    half = spec.height / 2
    contours: list[Contour] = []
    if spec.line_text:
        drop = (LINE_DROP - 0.06 if spec.code else LINE_DROP) if spec.number or spec.centre is not Centre.BLANK else 0.1
        size = LINE_HEIGHT * half
        contours += line(spec.line_text, spec.width / 2, half + drop * half, size, LINE_WIDTH * half * 4 / 3)
    if spec.code:
        em = CODE_HEIGHT_MM / DIGIT_HEIGHT
        contours += under(spec.code, _edge(spec), BORDER_MM + GAP_MM - 0.1, em, 0.95, most=100.0)
    return contours


def _edge(spec: OvalSeal) -> Border:
    return Border(spec.width / 2, spec.height / 2, spec.width / 2, spec.height / 2)
