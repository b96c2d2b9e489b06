"""Seals of every shape of 国发〔1999〕25号 and practice: nothing overlaps, all is inside, both sides are alike."""

from __future__ import annotations

import json
import math
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from foundation.errors import InvalidInput
from seal.drawing import kinds, oval, pdf_file, png, square
from seal.drawing.artwork_reading import read_artwork
from seal.drawing.centre import Centre
from seal.drawing.design import Design, draw
from seal.drawing.kinds import KINDS, Shape
from seal.drawing.letters import letters
from seal.drawing.oval import OvalSeal
from seal.drawing.shapes import Contour, Drawing, bounds, flatten
from tests.conftest import VECTORS
from tests.seal import oracles

CODE = "2199000000001"
EMBLEM = read_artwork(b'<svg xmlns="http://www.w3.org/2000/svg"><circle cx="5" cy="5" r="5"/></svg>')
TEXTS = {7: "印川市教育局处", 12: "印川市（北京）信息、网络", 16: "印川市政务服务和大数据管理局经济处", 20: "印" * 20}


def sample(key: str) -> Design:
    """One lawful design of a kind."""
    kind = KINDS[key]
    if kind.shape is Shape.SQUARE:
        return Design("王小明", key)
    return Design(
        "印川市市场监督管理局",
        key,
        line="行政审批专用章" if kind.line is not False else None,
        number="91219900MB1000017K" if kind.number else None,
        code=CODE if not kind.number else None,
        artwork=EMBLEM if kind.centres[0] is Centre.EMBLEM else None,
    )


def painted(contours: list[Contour], drawing: Drawing, dpi: int = 150) -> set[tuple[int, int]]:
    scale = dpi / 25.4
    width, height = math.ceil(drawing.width * scale), math.ceil(drawing.height * scale)
    rows = png.coverage(replace(drawing, contours=tuple(contours)), scale, width, height)
    return {(x, y) for y, row in enumerate(rows) for x, value in enumerate(row) if value}


@pytest.mark.parametrize("key", KINDS)
def test_every_kind_draws_in_its_lawful_size_and_in_no_other(key: str) -> None:
    kind, design = KINDS[key], sample(key)
    drawing = draw(design)
    assert kind.fits(drawing.width, drawing.height)
    left, top, right, bottom = bounds(drawing.contours)
    assert (left, top) == pytest.approx((0, 0), abs=0.01)
    assert (right, bottom) == pytest.approx((drawing.width, drawing.height), abs=0.01)
    assert Design.of(design.terms()).terms() == design.terms()
    assert draw(Design.of(design.terms())) == draw(Design.of(design.terms()))
    for size in (kind.sizes[0] - 1, kind.sizes[1] + 1):
        with pytest.raises(InvalidInput, match=r"seal\.picture_rule"):
            draw(replace(design, width=size))


@pytest.mark.parametrize("name", TEXTS.values(), ids=[str(count) for count in TEXTS])
@pytest.mark.parametrize("below", ["number", "star"])
def test_no_part_of_an_oval_touches_another(name: str, below: str) -> None:
    spec = OvalSeal(name, "91219900MB1000017K", "发票专用章")
    if below == "star":
        spec = OvalSeal(name, None, "业务专用章", CODE, 45.0, 30.0, Centre.STAR)
    drawing = oval.draw(spec)
    a, b = spec.width / 2 - oval.BORDER_MM, spec.height / 2 - oval.BORDER_MM
    ring = oval._ring_text(spec)
    parts, at = [oval._middle(spec), oval._below(spec)], 0
    for one in letters(name):
        parts.append(ring[at : at + len(one.contours)])
        at += len(one.contours)
    drawn = [painted(part, drawing, 200) for part in parts]
    assert all(drawn)
    for index, one_part in enumerate(drawn):
        for other in drawn[index + 1 :]:
            assert not one_part & other
    for polygon in flatten([contour for part in parts for contour in part], 0.01):
        for x, y in polygon:
            assert ((x - spec.width / 2) / a) ** 2 + ((y - spec.height / 2) / b) ** 2 < 1


@given(
    count=st.integers(4, 36),
    width=st.sampled_from([35.0, 40.0, 45.0, 60.0]),
    height=st.sampled_from([24.0, 30.0, 33.0]),
    line=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_ring_text_stays_inside_any_oval(count: int, width: float, height: float, line: bool) -> None:
    spec = OvalSeal("国" * count, None, "专用章" if line else None, width=width, height=height)
    a, b = width / 2 - oval.BORDER_MM, height / 2 - oval.BORDER_MM
    for polygon in flatten(oval._ring_text(spec), 0.02):
        assert all(((x - width / 2) / a) ** 2 + ((y - height / 2) / b) ** 2 < 1 for x, y in polygon)


@pytest.mark.parametrize(
    ("name", "suffix", "order"),
    [
        ("李明", "", ["李", "明"]),
        ("王小明", "", ["王", "小", "明"]),
        ("王小明", "印", ["王", "小", "明", "印"]),
        ("李明", "之印", ["李", "明", "之", "印"]),
    ],
)
def test_a_name_seal_reads_from_the_right_column_down(name: str, suffix: str, order: list[str]) -> None:
    spec = square.SquareSeal(name, suffix, 20)
    drawing = square.draw(spec)
    contours, at, boxes = drawing.contours[2:], 0, []
    for one in letters("".join(order)):
        boxes.append(bounds(contours[at : at + len(one.contours)]))
        at += len(one.contours)
    assert at == len(contours)
    for before, after in pairwise(boxes):
        below, left = after[1] >= before[3], after[2] <= before[0]
        assert below or left, "the next character stands below, or in the column to the left"
    edge = square.BORDER * 20
    assert all(
        edge < left and right < 20 - edge and edge < top and bottom < 20 - edge for left, top, right, bottom in boxes
    )


@pytest.mark.parametrize("design", [Design("国国国国国国国", "organ"), Design("国国国国国国国国", "custom_oval")])
def test_the_two_halves_stand_alike(design: Design) -> None:
    """Equal characters: each one's middle has its mirror image."""
    drawing = draw(design)
    ring = [contour for contour in drawing.contours if len(contour) > 0][2:]
    step = len(letters("国")[0].contours)
    count = len(design.text)
    middles = []
    for index in range(count):
        left, top, right, bottom = bounds(ring[index * step : (index + 1) * step])
        middles.append(((left + right) / 2, (top + bottom) / 2))
    for (x, y), (mirror_x, mirror_y) in zip(middles, reversed(middles), strict=True):
        # the glyph itself is not symmetric, so its turned box differs a little from its mirror image
        assert (x, y) == pytest.approx((drawing.width - mirror_x, mirror_y), abs=0.35)


def test_an_emblem_seal_without_artwork_says_what_to_do() -> None:
    for kind, centre in (("government", None), ("province", Centre.EMBLEM), ("government", Centre.STAR)):
        with pytest.raises(InvalidInput) as caught:
            draw(Design("印川市人民政府", kind, centre=centre))
        assert caught.value.code == "seal.emblem_missing"
        assert "seal.emblem" in caught.value.detail.en
    assert draw(Design("印川市人民政府", "steel", centre=Centre.STAR)).contours


def test_the_emblem_fills_its_slot_and_nothing_else() -> None:
    plain = Design("印川市人民政府", "custom_round", width=45.0, centre=Centre.BLANK)
    drawing = draw(replace(plain, centre=Centre.EMBLEM, artwork=EMBLEM))
    own = [contour for contour in drawing.contours if contour not in draw(plain).contours]
    left, top, right, bottom = bounds(own)
    assert (right - left, bottom - top) == pytest.approx((0.92 * 22.5, 0.92 * 22.5), rel=0.01)
    assert (left + right) / 2 == pytest.approx(22.5, abs=0.01)
    assert not painted(own, drawing) & painted(list(draw(plain).contours), drawing)


@pytest.mark.parametrize("width", [30.0, 42.0, 60.0])
def test_square_artwork_touches_nothing(width: float) -> None:
    """Its corners reach farther than a round emblem's edge."""
    mark = read_artwork(b"M 0 0 L 9 0 L 9 9 L 0 9 C")
    plain = Design(
        "印川市人民政府政务服务和大数据管理局", width=width, double_ring=True, code=CODE, centre=Centre.BLANK
    )
    whole, drawing = draw(replace(plain, centre=Centre.EMBLEM, artwork=mark)), draw(plain)
    own = [contour for contour in whole.contours if contour not in drawing.contours]
    assert own
    assert not painted(own, drawing) & painted(list(drawing.contours), drawing)


@pytest.mark.parametrize(
    ("design", "code"),
    [
        (Design("印川市人民政府", "nothing"), "seal.picture_kind"),
        (Design("印川市市场监督管理局", "special"), "seal.picture_rule"),
        (Design("印川市市场监督管理局", "organ", line="专用章"), "seal.picture_rule"),
        (Design("印川市市场监督管理局", "invoice", line="发票专用章"), "seal.picture_rule"),
        (Design("印川市市场监督管理局", "organ", number="1"), "seal.picture_rule"),
        (Design("印川市市场监督管理局", "organ", suffix="印"), "seal.picture_rule"),
        (Design("印川市市场监督管理局", "organ", artwork=EMBLEM), "seal.picture_rule"),
        (Design("李明", "personal", code="1"), "seal.picture_rule"),
        (Design("李明", "personal", suffix="章"), "seal.does_not_fit"),
        (Design("欧阳一二三四五", "personal"), "seal.does_not_fit"),
        (Design("印川市市场监督管理局", "organ", code="一二"), "seal.code_form"),
        (Design(" 印川市市场监督管理局", "organ"), "seal.text_form"),
        (Design("印川市e\u0301监督管理局", "organ"), "seal.text_form"),
        (Design("印川市\U000e0041监督管理局", "organ"), "seal.missing_glyph"),
        (Design("印川市监督管理局", "custom_oval", number="1", centre=Centre.STAR), "seal.number_and_centre"),
    ],
)
def test_a_design_against_the_rules_is_refused_with_the_reason(design: Design, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        draw(design)
    assert caught.value.code == code


def test_latin_letters_and_marks_leave_no_holes() -> None:
    """（）、 and Latin letters take what their ink needs; a Han character a full square."""
    han, mark, latin, space, one, two = (found.width for found in letters("印（A 12"))
    assert han == 1.0
    assert max(mark, latin, space) < 0.9
    assert one == two, "figures keep one width"


@pytest.mark.parametrize("key", ["company", "invoice", "personal"])
def test_poppler_draws_the_same_picture_as_our_png(key: str, tmp_path: Path) -> None:
    drawing = draw(sample(key))
    data = pdf_file.document(drawing, "印模")
    assert oracles.qpdf_clean(tmp_path, data)
    (page,) = oracles.pages(tmp_path, data, 100)
    (tmp_path / "own.png").write_bytes(png.write(drawing, 100))
    info = subprocess.run(["pdfinfo", tmp_path / "page.pdf"], capture_output=True, text=True, check=True).stdout
    assert "印模" in info
    with Image.open(page) as theirs, Image.open(tmp_path / "own.png") as ours:
        paper = Image.new("RGBA", ours.size, "white")
        paper.alpha_composite(ours.convert("RGBA"))
        difference = ImageChops.difference(paper.convert("L"), theirs.convert("L").resize(ours.size))
    total = sum(difference.tobytes()) / (255 * len(difference.tobytes()))
    assert total < 0.02


def test_kinds_say_themselves_in_both_languages() -> None:
    assert all(kind.name.zh and kind.name.en and kind.key == key for key, kind in kinds.KINDS.items())


@pytest.mark.parametrize("key", ["custom_round", "custom_oval", "personal"])
def test_any_text_is_drawn_or_refused_with_a_reason(key: str) -> None:
    """The list of naughty strings, as text and as every line a kind may have."""
    refused = drawn = 0
    strings = json.loads((VECTORS / "naughty-strings.json").read_text(encoding="utf-8"))
    for text in strings:
        more = {} if key == "personal" else {"line": text[:12] or None, "code": text[:18] or None}
        try:
            left, top, right, bottom = bounds(draw(Design(text[:36], key, **more)).contours, 0.1)
        except InvalidInput as error:
            refused += bool(error.detail.zh and error.detail.en)
            continue
        drawn += 1
        assert min(left, top) > -0.01
        assert max(right, bottom) < 60.01
    assert refused > 50
    assert refused + drawn == len(strings), "a refusal says why in both languages"
