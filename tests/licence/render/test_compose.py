"""Text in boxes: it shrinks, then wraps, then is refused naming the field; it is never cut off and never runs over."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import fonts
from foundation.errors import FieldFault, InvalidInput
from licence.catalogue import licence_type
from licence.face import LicenceFace
from licence.kinds import BadValue, clean
from licence.render.compose import compose
from licence.render.layout import Box, Lettering, Printed
from licence.render.model import Page
from licence.render.ofd import write_ofd
from licence.render.ornament import THEMES
from licence.render.page import lay_out
from licence.render.pdf import write_pdf
from tests.licence.render import faces

KIND = licence_type("business-licence")
PALETTE = THEMES["gold"].palette
NAUGHTY = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "blns" / "naughty-strings.json").read_text())


def lines(text: str, width: float = 60, height: float = 20, **look: object):
    item = Printed(Box(0, 0, width, height), Lettering(size=12, min_size=8, **look), "{address}", ("address",), "")
    return compose(item, {"address": text}, KIND, PALETTE)


def test_a_short_text_is_one_line_at_full_size() -> None:
    (line,) = lines("印川市")
    assert line.size == pytest.approx(12 * 25.4 / 72)


def test_a_slightly_long_text_shrinks_and_keeps_its_baseline() -> None:
    full, shrunk = lines("川" * 14)[0], lines("川" * 15)
    assert len(shrunk) == 1
    assert shrunk[0].size < full.size
    assert shrunk[0].baseline == full.baseline


def test_a_long_text_wraps() -> None:
    assert len(lines("川" * 30)) == 3


def test_what_does_not_fit_is_refused_by_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        lines("川" * 400)
    assert refused.value.code == "licence.overflow"
    assert refused.value.faults[0].pointer == "/data/address"
    assert "住所" in refused.value.detail.zh


def test_no_line_starts_with_a_closing_sign_or_ends_with_an_opening_one() -> None:
    text = "经营（批发、零售）；服务（含网络、冷链）。" * 4
    for width in range(30, 70):
        for line in lines(text, width=width, height=60):
            assert line.text[0] not in "，。、；）"
            assert not line.text.endswith("（")


def test_words_and_numbers_stay_whole() -> None:
    placed = lines("地址：平安北路 Building-1286 Room 20260101 负责人", width=30, height=40)
    whole = [line.text for line in placed]
    assert any("Building-1286" in line for line in whole)
    assert any("20260101" in line for line in whole)


def test_a_word_longer_than_the_line_is_broken_not_lost() -> None:
    assert "".join(line.text for line in lines("A" * 60, height=60)) == "A" * 60


def test_spread_labels_fill_their_box() -> None:
    (line,) = lines("住所", align="spread")
    assert line.width == 60
    assert line.spacing > 40


@settings(max_examples=150, deadline=None)
@given(st.text("中国印川市（）、。；ABCxyz 0123䶮𬭎·", min_size=1, max_size=120), st.integers(20, 90))
def test_nothing_is_lost_and_nothing_sticks_out(text: str, width: int) -> None:
    text = " ".join(text.split())
    if not text:
        return
    try:
        placed = lines(text, width=width, height=40)
    except InvalidInput:
        assert len(text) > 20
        return
    assert "".join(line.text for line in placed).replace(" ", "") == text.replace(" ", "")
    for line in placed:
        assert line.x + line.width <= width + 0.05
        assert line.baseline + 0.12 * line.size <= 40 + 1.5  # the first line may stand lower than its own size asks


@pytest.mark.parametrize("slug", faces.SLUGS)
def test_hostile_strings_print_or_are_refused(slug: str) -> None:
    """In every text field at once they would hide each other, so each goes into one field in turn."""
    kind, good = licence_type(slug), dict(faces.samples.rows(slug)[0])
    texts = [spec.key for spec in kind.fields if spec.kind == "text"]
    every = [(string, key) for at, string in enumerate(NAUGHTY) for key in (texts[at % len(texts)], texts[0])]
    printed = 0
    for string, key in every:
        page, face = _printed(slug, good | {key: string}, key)
        if page is None or face is None:
            continue
        printed += 1
        assert face.values[key] == clean(string)
        assert len(write_pdf(page, face)) > 10_000
        assert len(write_ofd(page, face)) > 10_000
    assert 200 < printed < len(every) - 50


def _printed(slug: str, row: dict[str, str], key: str) -> tuple[Page, LicenceFace] | tuple[None, None]:
    reasons: tuple[FieldFault, ...] = ()
    try:
        face = faces.face_of(slug, row, code="HTTPS://X/V#A")
        return lay_out(face), face
    except InvalidInput as refused:
        reasons = refused.faults
    assert [fault.pointer for fault in reasons] == [f"/data/{key}"]
    return None, None


def test_everything_the_door_lets_through_is_in_a_font() -> None:
    passed = 0
    for string in NAUGHTY:
        with contextlib.suppress(BadValue):
            assert fonts.missing(clean(string)) == []
            passed += 1
    assert passed > 200
