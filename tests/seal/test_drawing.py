"""Seals a clerk would accept: all inside the ring, nothing over anything else, no box for a missing character."""

from __future__ import annotations

import io
import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from foundation.errors import InvalidInput
from seal.drawing import ofd, pdf, png, svg
from seal.drawing import round as seal_round
from seal.drawing.letters import letters
from seal.drawing.round import BORDER_MM, RoundSeal, draw
from seal.drawing.shapes import Drawing, circle, flatten

CODE = "21990000000001"
NAMES = {
    4: "印川海关",
    7: "印川市教育局办",
    10: "印川市市场监督管理局",
    16: "印川市政务服务和大数据管理局经济处",
    20: "印川市人民政府政务服务和大数据管理局办公室",
}


def _parts(spec: RoundSeal) -> dict[str, Drawing]:
    """The same geometry, one part at a time."""
    radius = spec.diameter / 2
    parts = {"ring": seal_round._ring_text(spec, radius), "centre": seal_round._centre(spec, radius)}
    parts["line"] = seal_round._line_text(spec, radius) if spec.line_text else []
    parts["code"] = seal_round._code(spec, radius) if spec.code else []
    return {name: Drawing(spec.diameter, spec.diameter, tuple(part)) for name, part in parts.items()}


@pytest.mark.parametrize("line", [None, "行政审批专用章"])
@pytest.mark.parametrize("name", NAMES.values(), ids=[str(count) for count in NAMES])
def test_no_part_of_a_seal_touches_another(name: str, line: str | None) -> None:
    scale = 150 / 25.4
    size = math.ceil(42 * scale)
    painted = [
        {(x, y) for y, row in enumerate(png.coverage(part, scale, size, size)) for x, value in enumerate(row) if value}
        for part in _parts(RoundSeal(name, line, CODE)).values()
    ]
    for index, one in enumerate(painted):
        for other in painted[index + 1 :]:
            assert not one & other


@given(count=st.integers(4, 36), diameter=st.sampled_from([30.0, 38.0, 42.0, 45.0, 60.0]), code=st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_number_of_characters_stays_inside_the_border(count: int, diameter: float, code: bool) -> None:
    spec = RoundSeal("国" * count, None, CODE if code else None, diameter)
    radius = diameter / 2
    for name, part in _parts(spec).items():
        for polygon in flatten(part.contours, 0.01):
            far = max(math.hypot(x - radius, y - radius) for x, y in polygon)
            assert far < radius - BORDER_MM, name


@pytest.mark.parametrize("name", NAMES.values())
def test_neighbouring_characters_do_not_touch(name: str) -> None:
    scale = 300 / 25.4
    size = math.ceil(42 * scale)
    whole = seal_round._ring_text(RoundSeal(name), 21.0)
    painted, at = [], 0
    for one in letters(name):
        own = Drawing(42, 42, tuple(whole[at : at + len(one.contours)]))
        at += len(one.contours)
        rows = png.coverage(own, scale, size, size)
        painted.append({(x, y) for y, row in enumerate(rows) for x, value in enumerate(row) if value})
    assert at == len(whole)
    assert all(painted)
    for before, after in pairwise(painted):
        assert not before & after


def test_a_character_without_a_glyph_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        draw(RoundSeal("印川市\U000e0041管理局"))
    assert caught.value.code == "seal.missing_glyph"
    assert "U+E0041" in caught.value.detail.zh


@pytest.mark.parametrize(
    "spec",
    [
        RoundSeal("三个字"),
        RoundSeal("国" * 37),
        RoundSeal("印川市教育局", "章" * 13),
        RoundSeal("印川市教育局", diameter=80),
    ],
)
def test_what_does_not_fit_is_refused(spec: RoundSeal) -> None:
    with pytest.raises(InvalidInput, match=r"seal\.does_not_fit"):
        draw(spec)


def test_rare_characters_come_from_the_fallback_font() -> None:
    assert draw(RoundSeal("印川市㙍㵐管理局")).contours


def test_the_png_is_600_dpi_red_without_background() -> None:
    data = png.write(draw(RoundSeal(NAMES[10], None, CODE)))
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (993, 993)
        assert image.info["dpi"] == pytest.approx((600, 600), abs=0.1)
        picture = image.convert("RGBA")
    assert picture.getpixel((0, 0))[3] == 0
    assert picture.getpixel((496, 340)) == (0xD9, 0x10, 0x1C, 255)  # the star
    assert len(set(picture.getchannel("A").tobytes())) > 20, "edges are smoothed"


def test_coverage_is_the_exact_area() -> None:
    """A disc's summed transparency is its area, to a tenth of a per mille."""
    scale, levels = 20.0, png.LEVELS - 1
    rows = png.coverage(Drawing(10, 10, (circle(5, 5, 4),)), scale, 200, 200)
    area = sum(sum(row) for row in rows) / levels / scale**2
    assert area == pytest.approx(math.pi * 16, rel=1e-3)


def test_a_ring_is_hollow_in_the_nonzero_rule() -> None:
    rows = png.coverage(Drawing(10, 10, seal_round.ring(5, 5, 4, 1)), 10, 100, 100)
    assert (rows[50][50], rows[50][13], rows[50][2]) == (0, png.LEVELS - 1, 0)


def test_the_writers_say_the_same_geometry() -> None:
    drawing = draw(RoundSeal(NAMES[10], "电子证照专用章", CODE))
    drawn = sum(len(contour) for contour in drawing.contours)
    operators = re.findall(rb" [mlc]\n", pdf.write(drawing))
    assert len(operators) == drawn
    data = ofd.write(drawing).split()
    assert sum(1 for token in data if token in "MLB") == drawn
    assert data.count("C") == len(drawing.contours)
    root = etree.fromstring(svg.write(drawing, "印<章>&").encode())
    path = root.find("{http://www.w3.org/2000/svg}path")
    assert path is not None
    assert len(re.findall("[MLC]", path.get("d", ""))) == drawn
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "印<章>&"
    assert {etree.QName(element).localname for element in root.iter()} == {"svg", "title", "path"}


def test_drawing_twice_gives_the_same_octets() -> None:
    spec = RoundSeal(NAMES[10], None, CODE)
    assert png.write(draw(spec)) == png.write(draw(spec))
    assert pdf.write(draw(spec)) == pdf.write(draw(spec))
