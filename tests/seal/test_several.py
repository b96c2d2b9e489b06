"""Several seals in one order, and the date drawn with one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ca.suites import Suite
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import SYSTEM
from seal import dateline
from seal.dateline import DateWhere
from seal.errors import BadPlace
from seal.make import make_seal
from seal.orders import PdfOrder, Placement, SealRecord, SealRequest
from seal.pdf_forms import Certification
from seal.places import AtKeyword, OnPages, Riding
from seal.several import Further, stamp_several
from seal.stamp import stamp_pdf
from tests.seal import oracles, papers
from tests.seal.conftest import MARKET, Region
from tests.seal.placed import genuine, page_image, red_box, verdict

DAY = date(2026, 11, 3)


def second_seal(region: Region) -> SealRecord:
    wanted = SealRequest(
        MARKET, "印川市市场监督管理局", "21990000000077", "印川市市场监督管理局", line_text="行政审批专用章"
    )
    return make_seal(region.room, SYSTEM, wanted)


def order(region: Region, key: str, **more: object) -> PdfOrder:
    place = more.pop("place", Placement(1, 150, 240))
    return PdfOrder(papers.pdf(2), region.seal_id, place, key, **more)  # type: ignore[arg-type]


def test_each_seal_signs_in_turn_and_the_last_closes(one_region: Region, tmp_path: Path) -> None:
    other = second_seal(one_region)
    key = one_region.key()
    wanted = order(one_region, key, suites=(Suite.SM2, Suite.RSA))
    done = stamp_several(
        one_region.room, one_region.principal, wanted, (Further(other.id, (Placement(1, 60, 100), Riding())),)
    )
    assert genuine(one_region, done.document)
    assert len(verdict(one_region, done.document).signatures) == 4
    assert oracles.pdfsig(tmp_path, done.document).count("Signature is Valid.") >= 2
    assert oracles.qpdf_clean(tmp_path, done.document)
    again = stamp_several(
        one_region.room, one_region.principal, wanted, (Further(other.id, (Placement(1, 60, 100), Riding())),)
    )
    assert again == done
    with pytest.raises(InvalidInput) as closed:
        stamp_pdf(one_region.room, one_region.principal, PdfOrder(
            done.document, one_region.seal_id, Placement(2, 100, 100), one_region.key()
        ))  # fmt: skip
    assert closed.value.code == "pdf.locked"


def test_a_bad_second_place_leaves_nothing_sealed(one_region: Region) -> None:
    other, key = second_seal(one_region), one_region.key()
    wanted = order(one_region, key)
    with pytest.raises(BadPlace):
        stamp_several(one_region.room, one_region.principal, wanted, (Further(other.id, Placement(1, 1, 1)),))
    # the key is free for other terms: nothing was recorded under it
    done = stamp_several(one_region.room, one_region.principal, order(one_region, key, place=OnPages(60, 60)),
                         (Further(other.id, Placement(1, 60, 200)),))  # fmt: skip
    assert genuine(one_region, done.document)


def test_what_several_seals_cannot_do_is_refused(one_region: Region) -> None:
    other = second_seal(one_region)
    further = (Further(other.id, Placement(1, 60, 100)),)
    cases = (
        (order(one_region, one_region.key(), certify=Certification.NOTHING), further, "seal.also_certify"),
        (order(one_region, one_region.key()), further * 10, "seal.also_many"),
    )
    for wanted, seals, code in cases:
        with pytest.raises(InvalidInput) as refused:
            stamp_several(one_region.room, one_region.principal, wanted, seals)
        assert refused.value.code == code


# --- the date --------------------------------------------------------------------------------------------------------


def test_the_date_has_no_leading_zeros() -> None:
    assert dateline.words(DAY) == "2026年11月3日"


@pytest.mark.parametrize("where", list(DateWhere))
def test_the_date_shows_with_the_seal(one_region: Region, tmp_path: Path, where: DateWhere) -> None:
    plain = order(one_region, one_region.key(), place=Placement(2, 100, 120))
    dated = order(one_region, one_region.key(), place=Placement(2, 100, 120), dated=DAY, date_where=where)
    before, after = (stamp_pdf(one_region.room, one_region.principal, one).document for one in (plain, dated))
    assert genuine(one_region, after)
    assert oracles.qpdf_clean(tmp_path, after)
    seal, box = one_region.market.diameter, red_box(page_image(after, 2, 144), 144)
    assert box is not None
    assert red_box(page_image(before, 2, 144), 144) is not None
    assert abs((box[2] - box[0]) - seal) < 1, "the seal keeps its size"
    under = dateline.place(DAY, where, seal, seal)
    assert (under.height > seal) == (where is DateWhere.UNDER)
    assert b"(2026" not in after, "outlines, no text"


def test_a_date_goes_with_every_keyword_and_never_with_a_riding_seal(one_region: Region) -> None:
    done = stamp_pdf(
        one_region.room, one_region.principal,
        order(one_region, one_region.key(), place=AtKeyword("line 10:", None, dx_mm=60), dated=DAY),
    )  # fmt: skip
    assert genuine(one_region, done.document)
    with pytest.raises(YinxinError) as refused:
        stamp_pdf(one_region.room, one_region.principal, order(one_region, one_region.key(), place=Riding(), dated=DAY))
    assert refused.value.code == "seal.date_place"
