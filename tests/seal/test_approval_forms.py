"""Every way to stamp under approvals: the signer makes each revision itself and finds the same octets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from ca.suites import Suite
from seal.orders import OfdOrder
from seal.pdf_forms import Certification, Level, PdfForm
from seal.places import OnPages, Placement, Riding, Way
from tests.seal import papers
from tests.seal.conftest import Region
from tests.seal.test_approval import Office, make_office

ORDERS: dict[str, dict[str, object]] = {
    "dual": {"suites": (Suite.SM2, Suite.RSA)},
    "dual-open": {"suites": (Suite.SM2, Suite.P256), "closing": False},
    "dual-certified": {"suites": (Suite.SM2, Suite.RSA), "certify": Certification.FILL_AND_SIGN},
    "riding": {"place": (Riding(), Placement(2, 60, 60)), "reason": "骑缝"},
    "riding-content": {"place": Riding(way=Way.CONTENT)},
    "pages": {"place": OnPages(100, 200), "level": Level.B_B},
    "dated": {"dated": date(2026, 11, 22)},
    "gm-cms": {"form": PdfForm.GM_CMS},
    "gm-seal": {"form": PdfForm.GM_SEAL},
    "unended": {"document": papers.pdf(3, newline=False)},
}


@pytest.fixture(scope="module")
def office(one_region: Region) -> Iterator[Office]:
    for made in make_office(one_region):
        made.rule(approvals=1)
        yield made


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_a_pdf_is_stamped_as_approved(office: Office, name: str) -> None:
    order = office.pdf(**{"document": papers.pdf(3), **ORDERS[name]})
    waiting = office.ask(order)
    assert waiting.case_id is not None
    office.first.decide(office.room, waiting.case_id)
    made = office.stamp(order)
    assert made.startswith(order.document)
    assert len(office.guard.asked) >= len(order.suites)


def test_an_ofd_is_stamped_as_approved(office: Office) -> None:
    order = OfdOrder(papers.ofd("FORMS"), office.seal_id, OnPages(100, 200), office.region.key(), version=5)
    waiting = office.ask(order)
    assert waiting.case_id is not None
    office.first.decide(office.room, waiting.case_id)
    assert office.stamp(order).startswith(b"PK")
