"""kill -9 between approval, issuing, storing and handing over: finished at restart, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ca import recover as certificates
from ca.models import CaCertificate, CaRevocation
from ca.models import State as CertificateState
from ca.reading.crl import Reason
from ca.registration import batches, bulk, collect, recover
from ca.registration.models import CaRegistration
from ca.registration.policy import Channel, Delivery
from ca.registration.states import Kind, State
from ca.suites import Suite
from foundation.jobs import Worker
from tests.ca.conftest import ROOMS, Region
from tests.ca.registration.conftest import open_desk
from tests.ca.registration.desk import CITIZEN, OFFICER, REGISTRAR, Desk, csr
from tests.ca.registration.test_bulk import csv_of, line
from tests.dying import killed

PASSWORD = "sample-Pass-12"
Crash = Callable[..., None]


@pytest.fixture(scope="module", params=ROOMS)
def crashed(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Desk:
    return open_desk(make_region(request.param))


@pytest.fixture
def crash(crashed: Desk) -> Crash:
    def die(point: str, verb: str, identifier: UUID, *more: str) -> None:
        words = (str(crashed.region.home), crashed.room.ground.settings.database_url, verb, str(identifier), list(more))
        killed("tests.ca.registration.crash_child:live", *words, point=point)

    return die


def restart(desk: Desk) -> None:
    """What a start does, in its order."""
    certificates.recover(desk.room.ca, older_than=timedelta())
    recover.recover(desk.room, older_than=timedelta())


def made(desk: Desk, filed: UUID) -> list[CaCertificate]:
    with desk.room.ground.db.read() as session:
        query = select(CaCertificate).where(CaCertificate.request_key.startswith(f"registration:{filed}"))
        return list(session.scalars(query.order_by(CaCertificate.request_key)))


def reason_of(desk: Desk, certificate: UUID) -> int | None:
    with desk.room.ground.db.read() as session:
        return session.scalars(select(CaRevocation.reason).where(CaRevocation.certificate_id == certificate)).first()


ISSUING_POINTS = [
    "ca.registration.approved",
    "ca.registration.begun",
    "ca.recorded",
    "ca.signed",
    "ca.registration.certified",
    "ca.registration.superseded",
]


@pytest.mark.parametrize("point", ISSUING_POINTS)
@pytest.mark.parametrize("kind", [Kind.NEW, Kind.REKEY])
def test_what_was_approved_is_issued_once(crashed: Desk, crash: Crash, point: str, kind: Kind) -> None:
    desk = crashed
    old = desk.certificate(CITIZEN, desk.own()) if kind is Kind.REKEY else None
    wanted = desk.own() if old is None else desk.about(kind, old, csr=csr())
    filed = desk.submitted(CITIZEN, wanted)
    crash(point, "step", filed, "officer", "review", str(desk.digest(OFFICER, filed)))
    assert desk.state(filed) in (State.APPROVED, State.ISSUING)
    restart(desk)
    assert desk.state(filed) == State.ISSUED
    found = made(desk, filed)
    assert [one.state for one in found] == [CertificateState.ISSUED]
    assert desk.row(filed).issued_id == found[0].id
    if old is not None:
        assert reason_of(desk, old) == Reason.SUPERSEDED
    before = desk.row(filed).moves
    restart(desk)
    assert desk.row(filed).moves == before


@pytest.mark.parametrize("point", ["ca.registration.approved", "ca.registration.acted"])
def test_a_revocation_cut_off_is_carried_out(crashed: Desk, crash: Crash, point: str) -> None:
    desk = crashed
    held = desk.certificate(CITIZEN, desk.own())
    filed = desk.file(CITIZEN, desk.about(Kind.REVOKE, held, reason=Reason.KEY_COMPROMISE))
    crash(point, "step", filed, "citizen", "submit", "")
    assert desk.state(filed) == State.APPROVED
    restart(desk)
    assert desk.state(filed) == State.DONE
    assert reason_of(desk, held) == Reason.KEY_COMPROMISE


@pytest.mark.parametrize(
    "point",
    [
        "ca.registration.begun",
        "ca.recorded",
        "ca.signed",
        "ca.registration.certified",
        "ca.registration.packed",
        "ca.registration.superseded",
    ],
)
def test_a_key_that_died_unhanded_leaves_no_valid_certificate(crashed: Desk, crash: Crash, point: str) -> None:
    desk = crashed
    filed = desk.approved(REGISTRAR, desk.official(delivery=Delivery.PKCS12))
    code = desk.inbox.code(filed)
    crash(point, "collect", filed, code, PASSWORD, "")
    assert desk.state(filed) == State.ISSUING
    restart(desk)
    assert desk.state(filed) == State.APPROVED
    lost = made(desk, filed)
    assert [reason_of(desk, one.id) for one in lost] == [Reason.SUPERSEDED] * len(lost)
    assert len(lost) == (0 if point == "ca.registration.begun" else 1)
    handed = collect.collect(desk.room, filed, code, password=PASSWORD, rounds=1000)
    assert handed.pkcs12 is not None
    now = made(desk, filed)
    assert len(now) == len(lost) + 1
    assert reason_of(desk, now[-1].id) is None
    assert desk.row(filed).issued_id == now[-1].id


@pytest.mark.parametrize("point", ["ca.registration.begun", "ca.signed", "ca.registration.certified"])
def test_a_token_s_certificate_is_finished_and_fetched_with_the_same_code(
    crashed: Desk, crash: Crash, point: str
) -> None:
    desk = crashed
    filed = desk.approved(REGISTRAR, desk.official())
    code, request = desk.inbox.code(filed), csr()
    crash(point, "collect", filed, code, "", request.hex())
    restart(desk)
    assert desk.state(filed) == (State.APPROVED if point == "ca.registration.begun" else State.ISSUED)
    handed = collect.collect(desk.room, filed, code, csr=request)
    assert handed.certificate
    assert len(made(desk, filed)) == 1


@pytest.mark.parametrize("point", ["ca.registration.bulk_checked", "ca.registration.bulk_chunk"])
def test_a_bulk_file_cut_off_is_filed_once(crashed: Desk, crash: Crash, point: str) -> None:
    desk = crashed
    octets = csv_of(*(line(index, 内设机构=f"{point}{index}") for index in range(1, 131))).encode()
    identifier = bulk.upload(
        desk.room, REGISTRAR, octets, profile="official", suite=Suite.SM2, channel=Channel.DEPARTMENT
    )
    crash(point, "bulk", identifier)
    ground = desk.room.ground
    Worker(ground.db, ground.jobs, {bulk.JOB: lambda payload: bulk.work(desk.room, payload)}).drain()
    found = batches.find(desk.room, REGISTRAR, identifier)
    with ground.db.read() as session:
        count = session.scalar(select(func.count()).where(CaRegistration.bulk_id == identifier))
    assert (found.state, found.filed, found.already, count) == ("done", 130, 0, 130)
