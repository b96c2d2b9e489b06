"""What belongs to the terms of an order, that no mark goes unordered, and the places of an OFD."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils.generic import DictionaryObject, NameObject, StreamObject

from foundation.errors import InvalidInput
from seal.errors import BadPlace, OrderTaken, SealedDiffers
from seal.orders import PdfOrder
from seal.pdf import sealing
from seal.places import AtKeyword, Edge, OnPages, Placement, Places, Riding, Way
from seal.stamp import stamp_pdf
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.placed import (
    annotations,
    genuine,
    ofd,
    seal,
    sheets,
)

# --- terms and comparing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (AtKeyword("line 1:"), AtKeyword("line 2:")),
        (AtKeyword("line 9:", dy_mm=1), AtKeyword("line 9:")),
        (OnPages(60, 60), OnPages(60, 60, last=2)),
        (Riding(), Riding(Edge.LEFT)),
        (Riding(), Riding(way=Way.CONTENT)),
        (Placement(1, 60, 60), (Placement(1, 60, 60), Placement(2, 60, 60))),
    ],
)
def test_the_whole_placement_belongs_to_the_terms(one_region: Region, place: Places, other: Places) -> None:
    key = one_region.key()
    room, who = one_region.room, one_region.principal
    wanted = AtKeyword("line 20:", dx_mm=30) if isinstance(place, AtKeyword) and place.text != "line 9:" else place
    order = PdfOrder(papers.pdf(2), one_region.seal_id, wanted, key)
    try:
        first = stamp_pdf(room, who, order)
    except BadPlace:
        pytest.fail("the place must be good")
    assert stamp_pdf(room, who, order) == first
    with pytest.raises(OrderTaken):
        stamp_pdf(room, who, PdfOrder(papers.pdf(2), one_region.seal_id, other, key))


def test_a_mark_nobody_ordered_fails_the_comparison(one_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own writer, made to lie: elsewhere, once more, another picture, a changed page."""
    honest = sealing.seal_document

    def lie(*given: object) -> bytes:
        work, *others = given
        moved = tuple(replace(mark, left=mark.left + 1) for mark in work.marks)  # type: ignore[attr-defined]
        return honest(replace(work, marks=moved), *others)  # type: ignore[type-var, arg-type]

    def twice(*given: object) -> bytes:
        work, *others = given
        more = (*work.marks, work.marks[0])  # type: ignore[attr-defined]
        return honest(replace(work, marks=more), *others)  # type: ignore[type-var, arg-type]

    def redraw(*given: object) -> bytes:
        writer: Any = given[1]
        page = writer.find_page_for_modification(0)[0]
        page.get_object()["/Contents"] = writer.add_object(StreamObject(stream_data=b"0 0 100 100 re f"))
        writer.mark_update(page)
        return honest(*given)  # type: ignore[arg-type]

    def redefine(*given: object) -> bytes:
        writer: Any = given[1]
        old = writer.find_page_for_modification(0)[0].get_object().raw_get("/Contents").reference
        writer.objects[(old.generation, old.idnum)] = StreamObject(stream_data=b"0 0 100 100 re f")
        return honest(*given)  # type: ignore[arg-type]

    def annotate(*given: object) -> bytes:
        writer: Any = given[1]
        link = DictionaryObject({NameObject("/Subtype"): NameObject("/Square")})
        writer.register_annotation(writer.find_page_for_modification(1)[0], writer.add_object(link))
        return honest(*given)  # type: ignore[arg-type]

    for liar in (lie, twice, redraw, redefine, annotate):
        monkeypatch.setattr(sealing, "seal_document", liar)
        for place in (Placement(1, 100, 100), OnPages(100, 100)):
            with pytest.raises(SealedDiffers):
                seal(one_region, papers.pdf(2), place)


# --- OFD -------------------------------------------------------------------------------------------------------------


def test_an_ofd_takes_the_seal_at_a_keyword(one_region: Region) -> None:
    document = sheets([["经办人", "请（盖章）"], ["盖", "章", "（盖 章）"]])
    sealed = ofd(one_region, document, AtKeyword("盖章", occurrence=None))
    assert genuine(one_region, sealed)
    # 盖章 begins at 50 mm and is 10 mm wide; its line runs from 85.6 to 90.6 mm
    assert annotations(sealed) == [
        ("100", "34 67.1 42 42", None),
        ("101", "21.5 67.1 42 42", None),
        ("101", "31.5 97.1 42 42", None),  # with the space between the two
    ]


def test_an_ofd_riding_seal_is_cut_like_the_vector_of_a_foreign_writer(one_region: Region) -> None:
    """V4RideRight.ofd: Boundary 202 40 40 40 with Clip 0 0 8 40, 194 with 8 0 8 40, and so on."""
    sealed = ofd(one_region, sheets([["甲"]] * 4), (Riding(y_mm=100), Riding(Edge.LEFT, first=3)))
    assert genuine(one_region, sealed)
    assert annotations(sealed) == [
        ("100", "199.5 79 42 42", "0 0 10.5 42"),
        ("101", "189 79 42 42", "10.5 0 10.5 42"),
        ("102", "178.5 79 42 42", "21 0 10.5 42"),
        ("103", "168 79 42 42", "31.5 0 10.5 42"),
        ("102", "-21 127.5 42 42", "21 0 21 42"),
        ("103", "0 127.5 42 42", "0 0 21 42"),
    ]


def test_an_ofd_with_offsets_of_a_hostile_writer(one_region: Region) -> None:
    for deltas in ("g 999999999 5", "g -3 5", "5 5 5 g 1e9 4"):
        assert annotations(ofd(one_region, sheets([["盖章"]], deltas), AtKeyword("盖章")))
    for deltas in ("nan", "five", "1e400", "g 2 nan", "g 5"):
        with pytest.raises(InvalidInput, match=r"ofd\.bad_number"):
            ofd(one_region, sheets([["盖章"]], deltas), AtKeyword("盖章"))
    with pytest.raises(InvalidInput, match=r"ofd\.search_limit"):
        ofd(
            one_region,
            sheets([["".join(chr(0x4E00 + index * 7919 % 20_000) for index in range(600_000))]]),
            AtKeyword("盖章"),
        )
