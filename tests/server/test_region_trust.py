"""What the region believes is kept between judgements; whatever anybody commits anywhere counts for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import select

from ca.chain import authorities
from ca.models import CaCertificate
from ca.reading import Reason as Why
from ca.reading import read_certificate
from ca.revoke import hold, release, revoke
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from foundation.settings import Settings
from licence import files
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.models import LicenceRow
from licence.revoke import Reason as Ending
from licence.revoke import revoke as end_licence
from seal.management import steps
from seal.management.direct import APPROVER
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import Step
from seal.management.steps import Given
from seal.models import SealRow
from server import sample, upkeep
from server.demo import DATA
from server.house import House, open_house
from server.sample import MARKET
from verify.report import Report, Sub, Verdict

_number = count()


@pytest.fixture
def houses(settings: Settings, clock: FixedClock) -> Iterator[tuple[House, House]]:
    """One region in two processes, as far as anything in memory goes."""
    with open_house(settings, clock=clock) as one, open_house(settings, clock=clock) as other:
        upkeep.start(one)
        sample.establish_departments(one)
        yield one, other


def licence(house: House, *suites: Suite) -> tuple[UUID, bytes]:
    department = MARKET.client()
    made = issue(house.licence, department, IssueRequest("food-operation", DATA, f"t:{next(_number)}", suites))
    return made.id, files.file(house.licence, department, made.id, Format.PDF).data


def certificate(house: House, suite: Suite) -> UUID:
    """Of the department's seal, by its suite."""
    with house.ground.db.read() as session:
        row = session.scalars(select(SealRow).where(SealRow.code == MARKET.seal_code)).one()
        octets = {Suite.SM2: row.sm2_certificate, Suite.RSA: row.rsa_certificate}[suite]
        assert octets is not None
        serial = f"{read_certificate(octets).serial:x}"
        authority = next(one.slug for one in authorities(house.ca) if one.slug == f"{suite.value}-issuing")
        return session.scalars(
            select(CaCertificate.id).where(CaCertificate.serial == serial, CaCertificate.authority == authority)
        ).one()


def told(report: Report) -> list[Sub | None]:
    """The reason against each seal, in the order of the file."""
    return [one.sub_indication for one in report.signatures]


def test_a_certificate_held_elsewhere_counts_at_once_and_only_against_its_own_authority(
    houses: tuple[House, House], clock: FixedClock
) -> None:
    here, elsewhere = houses
    _, document = licence(here, Suite.SM2, Suite.RSA)
    assert here.verify.judge_file(document).verdict is Verdict.GENUINE
    believed = here.trust.store()
    assert here.trust.store() is believed
    rsa, sm2 = certificate(here, Suite.RSA), certificate(here, Suite.SM2)

    hold(elsewhere.ca, SYSTEM, certificate_id=rsa)
    clock.advance(seconds=1)
    assert here.trust.store() is not believed
    held = here.verify.judge_file(document)
    assert held.verdict is not Verdict.GENUINE
    assert [sub is None for sub in told(held)] == [True, False]

    release(elsewhere.ca, SYSTEM, certificate_id=rsa)
    clock.advance(seconds=1)
    assert here.verify.judge_file(document).verdict is Verdict.GENUINE

    lost = clock.now() - timedelta(minutes=5)
    revoke(elsewhere.ca, SYSTEM, certificate_id=sm2, reason=Why.KEY_COMPROMISE, invalidity=lost)
    clock.advance(seconds=1)
    assert [sub is None for sub in told(here.verify.judge_file(document))] == [False, True]


def test_lists_half_over_are_replaced_before_anything_is_judged_by_them(
    houses: tuple[House, House], clock: FixedClock
) -> None:
    here, _ = houses
    believed = here.trust.store()
    clock.advance(hours=23)
    assert here.trust.store() is believed
    clock.advance(hours=2)
    assert here.trust.store() is not believed
    assert clock.now().replace(microsecond=0) in {one.this_update for one in here.trust.store().crls}


def test_a_seal_suspended_and_a_licence_ended_elsewhere_are_told_at_once(houses: tuple[House, House]) -> None:
    here, elsewhere = houses
    made, document = licence(here, Suite.SM2)
    assert "seal.state_good" in codes(here.verify.judge_file(document))
    with here.ground.db.read() as session:
        file = session.scalars(select(SealFile.id).where(SealFile.code == MARKET.seal_code)).one()
    steps.take(elsewhere.seal, APPROVER, file, Step.SUSPEND, Given(Reason.INVESTIGATION, "核查"))
    assert "seal.state_good" not in codes(here.verify.judge_file(document))
    end_licence(elsewhere.licence, MARKET.client(), made, reason=Ending.ISSUED_IN_ERROR)
    assert "licence.revoked" in codes(here.verify.judge_file(document))


def codes(report: Report) -> set[str]:
    return {one.code for one in report.findings}


def test_an_altered_row_of_the_register_says_nothing(houses: tuple[House, House]) -> None:
    here, elsewhere = houses
    made, document = licence(here, Suite.SM2)
    with elsewhere.ground.db.begin() as session:
        session.get_one(LicenceRow, made).valid_to = None
    report = here.verify.judge_file(document)
    assert "licence.status_unavailable" in codes(report)
    assert report.verdict is Verdict.CANNOT_TELL
