"""Seals at words, on many pages, in fields: pages drawn, signatures judged, hostile files (用章位置)."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen import canvas

from ca.suites import Suite
from foundation.errors import InvalidInput
from seal.pdf import words
from seal.pdf.problems import PdfRefused
from seal.places import AtKeyword, OnPages, Placement, Riding
from seal.placing import MOST_MARKS
from tests.seal import oracles, papers
from tests.seal.conftest import Region
from tests.seal.placed import (
    BOTH,
    MM,
    changed,
    genuine,
    near,
    ofd,
    page_image,
    paper,
    red_box,
    seal,
    sheets,
)

# --- by keyword ------------------------------------------------------------------------------------------------------


def test_a_keyword_takes_the_seal(one_region: Region, tmp_path: Path) -> None:
    document = paper([["没有", "没有"], ["经办", "（盖章）处", "另一个(盖章)"]])
    sealed = seal(one_region, document, AtKeyword("(盖章)"), (Suite.RSA,))
    assert oracles.pdfsig(tmp_path, sealed) == ["Signature is Valid."]
    assert oracles.qpdf_clean(tmp_path, sealed)
    assert genuine(one_region, sealed)
    assert red_box(page_image(sealed, 1)) is None
    # four glyphs of 14 pt from 40 mm on: their middle is at 40 + 2 · 4.94 mm, the line's near 88 mm
    assert near(red_box(page_image(sealed, 2)), (28.9, 67, 70.9, 109), 2)


def test_the_nth_occurrence_all_of_them_and_one_broken_over_lines(one_region: Region) -> None:
    document = paper([["公章甲", "公章乙"], ["公章丙", "公章丁"]])
    second = seal(one_region, document, AtKeyword("公章", occurrence=2, first=2, last=2, dx_mm=30))
    assert red_box(page_image(second, 1)) is None
    assert near(red_box(page_image(second, 2)), (54, 67, 96, 109), 2)
    everywhere = seal(one_region, paper([["公章", "", "公", "章"], ["公 章"]]), AtKeyword("公章", occurrence=None))
    assert genuine(one_region, everywhere)
    with pikepdf.open(BytesIO(everywhere)) as read:
        assert [len(page.Annots) for page in read.pages] == [2, 1]
    # broken over lines, the seal goes where the word ends
    box = red_box(page_image(everywhere, 1))
    assert near(box, (21.5, 36.5, 63.5, 169.5), 3)


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_a_keyword_that_is_not_there_says_where_was_looked(one_region: Region, kind: str) -> None:
    place = (Placement(1, 100, 100), AtKeyword("查无此字"))
    stamp, document = {"pdf": (seal, paper), "ofd": (ofd, sheets)}[kind]
    data = document([["公章"], ["公章"]])
    with pytest.raises(InvalidInput) as caught:
        stamp(one_region, data, place)
    assert caught.value.code == "seal.keyword_not_found"
    assert "1 至 2 页" in caught.value.detail.zh
    (fault,) = caught.value.faults
    assert fault.pointer == "/places/1/text"


def test_ten_thousand_occurrences_are_refused_and_the_last_is_found(one_region: Region) -> None:
    buffer = BytesIO()
    sheet = canvas.Canvas(buffer, pagesize=(595.28, 841.89), invariant=1)
    for _ in range(10):
        sheet.setFont("Helvetica", 4)
        for line in range(100):
            sheet.drawString(120, 600 - 4 * line, "seal " * 10)
        sheet.showPage()
    sheet.save()
    document = buffer.getvalue()
    with pytest.raises(InvalidInput, match=r"seal\.too_many_marks"):
        seal(one_region, document, AtKeyword("seal", occurrence=None))
    last = seal(one_region, document, AtKeyword("seal", occurrence=10_000))
    with pikepdf.open(BytesIO(last)) as read:
        assert "/Annots" in read.pages[9]
        assert "/Annots" not in read.pages[0]


def test_a_keyword_on_a_page_cropped_and_turned(one_region: Region) -> None:
    """The crop box moves the corner as seen, /Rotate turns it: drawn, the seal still covers the word."""

    def crop(read: pikepdf.Pdf) -> None:
        for page, turn in zip(read.pages, (0, 90, 180, 270), strict=True):
            page.CropBox = [30, 200, 560, 800]
            page.Rotate = turn

    document = changed(paper([["", "公章"]] * 4), crop)
    sealed = seal(one_region, document, AtKeyword("公章", occurrence=None))
    assert genuine(one_region, sealed)
    x, y = 40 * MM + 14 - 30, 800 - (841.89 - 90 * MM + 5)  # from the left and from the top of what is left
    wide, high = 530, 600
    for page, (at_x, at_y) in enumerate([(x, y), (high - y, x), (wide - x, high - y), (y, wide - x)], 1):
        middle = at_x / MM, at_y / MM
        box = tuple(value + side for value, side in zip(middle * 2, (-21, -21, 21, 21), strict=True))
        assert near(red_box(page_image(sealed, page)), box, 2), page


def test_words_that_are_cropped_away_are_not_found(one_region: Region) -> None:
    document = changed(paper([["公章", "别的"]]), lambda read: setattr(read.pages[0], "CropBox", [0, 0, 595, 640]))
    with pytest.raises(InvalidInput, match=r"seal\.keyword_not_found"):
        seal(one_region, document, AtKeyword("公章"))


def test_pdfium_may_not_take_for_ever(one_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "LIMITS", replace(words.LIMITS, seconds=0.0))
    with pytest.raises(PdfRefused, match=r"pdf\.search_limit"):
        seal(one_region, paper([["公章"]] * 3), AtKeyword("公章"))


@pytest.mark.parametrize("work", ["aborts", "babbles", "fails", "silent", "leaves", "echo"])
def test_a_child_that_dies_or_babbles_is_a_damaged_file(
    one_region: Region, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    monkeypatch.setattr(words, "WORK", f"tests.foundation.apart_works:{work}")
    with pytest.raises(PdfRefused, match=r"pdf\.damaged"):
        seal(one_region, paper([["公章"]]), AtKeyword("公章"))


@pytest.mark.parametrize("lie", ["pages", "size"])
def test_two_readings_of_the_pages_are_refused(one_region: Region, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    """PDFium repairs what we read strictly; where the two disagree nothing is sealed."""
    honest = words._ask

    def other(data: bytes, question: dict[str, object]) -> dict[str, object]:
        answer = honest(data, question)
        if lie == "pages":
            return {**answer, "pages": answer["pages"] + 1}
        return {**answer, "found": [{**answer["found"][0], "size": [842, 595]}]}

    monkeypatch.setattr(words, "_ask", other)
    with pytest.raises(PdfRefused, match=r"pdf\.damaged"):
        seal(one_region, paper([["公章"]]), AtKeyword("公章"))


# --- pages and places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suites", [(Suite.SM2,), (Suite.RSA,), BOTH], ids=["sm2", "rsa", "dual"])
def test_one_signature_shows_on_every_page(one_region: Region, tmp_path: Path, suites: tuple[Suite, ...]) -> None:
    places = (OnPages(60, 200), Placement(2, 150, 60))
    sealed = seal(one_region, papers.pdf(3), places, suites)
    assert genuine(one_region, sealed)
    assert oracles.qpdf_clean(tmp_path, sealed)
    # poppler counts every widget
    assert len(oracles.pdfsig(tmp_path, sealed)) == len(suites) + 3
    if Suite.RSA in suites:
        assert oracles.pdfsig(tmp_path, sealed)[-1] == "Signature is Valid."
    assert near(red_box(page_image(sealed, 1)), (39, 179, 81, 221))
    assert near(red_box(page_image(sealed, 2)), (39, 39, 171, 221))
    assert near(red_box(page_image(sealed, 3)), (39, 179, 81, 221))


def test_an_open_file_takes_a_second_seal_on_many_pages(one_region: Region, tmp_path: Path) -> None:
    opened = seal(one_region, papers.pdf(3), OnPages(60, 200), (Suite.RSA,), closing=False)
    closed = seal(one_region, opened, Riding(), (Suite.RSA,))
    assert oracles.pdfsig(tmp_path, closed) == ["Signature is Valid."] * 6
    assert genuine(one_region, closed)


def test_ranges_that_are_not_there_are_refused(one_region: Region) -> None:
    for place in (OnPages(60, 60, last=4), OnPages(60, 60, first=9), AtKeyword("line", last=4), Riding(last=9)):
        with pytest.raises(PdfRefused, match=r"pdf\.no_such_page"):
            seal(one_region, papers.pdf(3), place)
    with pytest.raises(InvalidInput, match=r"seal\.pages"):
        seal(one_region, papers.pdf(3), OnPages(60, 60, first=3, last=2))
    with pytest.raises(InvalidInput, match=r"seal\.places"):
        seal(one_region, papers.pdf(3), ())
    assert MOST_MARKS == 1000
