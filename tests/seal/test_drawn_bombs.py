"""Pages that cost more than they may (T36): told so, and never shown without what made them cost so much."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from seal.pdf import painted
from seal.pdf.painted import Wanted
from seal.pdf.problems import PdfRefused
from tests.seal import drawn_bombs, papers
from tests.seal.drawn_bombs import ENDLESS, HARMLESS, LEAVING_OUT, REFUSED

Make = Callable[[], bytes]


def named(make: Make) -> str:
    return make.__name__


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no bomb."""
    monkeypatch.setattr(painted, "LIMITS", replace(painted.LIMITS, seconds=120.0, processor=60))


def good() -> bool:
    return painted.page(papers.pdf(), 1).png.startswith(painted.PNG)


@pytest.mark.parametrize("make", LEAVING_OUT, ids=named)
def test_a_page_with_a_picture_too_large_is_not_shown_without_it(make: Make) -> None:
    with pytest.raises(PdfRefused) as refused:
        painted.page(make(), 1)
    assert refused.value.code == "pdf.page_limit"
    assert good()


@pytest.mark.parametrize("make", ENDLESS, ids=named)
def test_a_page_that_takes_for_ever_is_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painted, "LIMITS", replace(painted.LIMITS, seconds=0.7))
    with pytest.raises(PdfRefused) as refused:
        painted.page(make(), 1)
    assert refused.value.code in ("pdf.page_limit", "pdf.unpaintable")
    monkeypatch.undo()
    assert good()


@pytest.mark.parametrize("make", REFUSED, ids=named)
def test_a_file_without_a_readable_page_has_no_picture(make: Make) -> None:
    with pytest.raises(PdfRefused) as refused:
        painted.page(make(), 1)
    assert refused.value.code == "pdf.unpaintable"


@pytest.mark.parametrize("make", HARMLESS, ids=named)
def test_what_only_looks_dangerous_is_shown_within_bounds(make: Make) -> None:
    shown = painted.page(make(), 1)
    with Image.open(io.BytesIO(shown.png)) as picture:
        assert picture.size == (shown.width, shown.height)
        assert picture.width * picture.height <= 17_000_000


def test_one_bomb_of_several_documents_takes_none_with_it() -> None:
    documents = (papers.pdf(), drawn_bombs.jpx_picture(), b"%PDF-1.7 rubbish", papers.pdf())
    found = painted.paint([Wanted(one) for one in documents])
    assert [one is not None for one in found] == [True, False, False, True]
    assert found[0] == found[3]


def test_letters_in_a_font_the_file_does_not_bring_are_shown() -> None:
    """A confined process finds no font of the system; without ours the line would be an empty page."""
    shown = painted.page(drawn_bombs.borrowed_font("关于公章使用的通知"), 1)
    with Image.open(io.BytesIO(shown.png)) as picture:
        line = picture.convert("L").crop((90, 170, 420, 215))
    assert sum(line.histogram()[:128]) > 500
