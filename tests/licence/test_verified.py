"""Our own licences before our own verifier: genuine as issued, and no longer once revoked or altered."""

from __future__ import annotations

import pytest

from ca import crl
from ca.chain import authorities
from ca.profiles import Role
from ca.suites import Suite
from licence import code, files
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.register import Licence
from licence.revoke import Reason, revoke
from licence.status import LicenceStatusSource
from licence.templates import published
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT
from tests.licence.samples import food
from verify.judge import Context, judge, judge_code
from verify.report import Report, Verdict
from verify.trust import TrustStore


def context(region: Region) -> Context:
    room, known = region.room, authorities(region.room.ca)
    trust = TrustStore.build(
        [one.certificate.der for one in known if one.role is Role.ROOT],
        intermediates=[one.certificate.der for one in known if one.role is not Role.ROOT],
        leaves=[key.certificate for key in code.certified_keys(room)],
        crls=[crl.current(room.ca, one.slug) for one in known],
        templates=published(),
    )
    return Context(trust, region.clock, status=LicenceStatusSource(room))


@pytest.fixture
def licence(one_region: Region) -> Licence:
    both = (Suite.SM2, Suite.RSA)
    return issue(one_region.room, MARKET_CLIENT, IssueRequest("food-operation", food(), "k", both))


def reports(region: Region, licence: Licence) -> dict[str, Report]:
    told = context(region)
    sealed = {one.value: files.file(region.room, MARKET_CLIENT, licence.id, one).data for one in Format}
    found = {name: judge(data, name=f"x.{name}", context=told) for name, data in sealed.items()}
    return found | {"code": judge_code(files.code_text(region.room, MARKET_CLIENT, licence.id), context=told)}


def test_pdf_ofd_and_printed_code_are_genuine_and_name_the_licence(one_region: Region, licence: Licence) -> None:
    for name, report in reports(one_region, licence).items():
        findings = [item.code for item in report.findings]
        assert report.verdict is Verdict.GENUINE, (name, findings)
        assert "licence.valid" in findings
        assert report.licence is not None
        assert report.licence.identifier == licence.identifier
        assert report.licence.state == "valid"


def test_a_revoked_licence_is_told_for_every_form_at_once(one_region: Region, licence: Licence) -> None:
    revoke(one_region.room, MARKET_CLIENT, licence.id, reason=Reason.WITHDRAWN)
    for name, report in reports(one_region, licence).items():
        assert "licence.revoked" in [item.code for item in report.findings], name
        assert report.verdict is not Verdict.GENUINE


def test_another_code_than_the_signed_one_is_not_genuine(one_region: Region, licence: Licence) -> None:
    text = files.code_text(one_region.room, MARKET_CLIENT, licence.id)
    wrong = text[:-20] + ("0" if text[-20] != "0" else "1") + text[-19:]
    assert judge_code(wrong, context=context(one_region)).verdict is not Verdict.GENUINE
