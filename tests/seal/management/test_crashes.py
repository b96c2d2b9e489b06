"""kill -9 between record and sign, two at once, codes without gaps, seals from before, the maker's certificate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ca.models import CaCertificate, CaRevocation
from ca.reading import read_certificate
from ca.reading.crl import Reason as Revocation
from ca.revoke import hold, release, revoke
from foundation.errors import YinxinError
from foundation.principal import SYSTEM
from seal.errors import MakerRefused
from seal.maker import maker
from seal.maker_check import check_maker_certificate
from seal.management import adopting, direct, making
from seal.management.errors import DirectNotHere, NotNow
from seal.management.models import SealFile, SealStep
from seal.management.states import State, Step
from seal.models import SealRow, SealState
from seal.orders import SealRequest
from seal.status_service import publishing, wire
from seal.status_service.models import SealStatusList
from tests.dying import killed
from tests.seal.conftest import MARKET, TRANSPORT
from tests.seal.management.office import APPROVER, MAKER, SECOND_APPROVER, Office, person


def die_at(office: Office, point: str, step: Step, file: UUID) -> None:
    region = office.region
    words = (str(region.home), region.url, region.clock.now().isoformat(), step.value, str(file))
    killed("tests.seal.management.crash_child:live", *words, point=point)


def count(office: Office, table: type, *conditions: object) -> int:
    with office.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("point", "again"),
    [
        ("seal.management.begun", "maker"),
        ("seal.make_recorded", "recovery"),
        ("ca.recorded", "maker"),
        ("seal.make_signed", "recovery"),
        ("seal.make_stored", "maker"),
        ("seal.management.made", "recovery"),
    ],
)
def test_a_making_cut_off_is_finished_once(office: Office, point: str, again: str) -> None:
    file = office.at(State.APPROVED)
    die_at(office, point, Step.MAKE, file)
    assert office.row(file).state == State.MAKING
    code = office.row(file).code
    if again == "maker":
        assert making.make(office.room, MAKER, file) == State.MADE
    else:
        assert making.recover(office.room, older_than=timedelta()) == [file]
    assert making.recover(office.room, older_than=timedelta()) == []
    assert office.row(file).state == State.MADE
    assert count(office, SealRow, SealRow.code == code) == 1
    assert count(office, SealStep, SealStep.file_id == file, SealStep.step == "make") == 1
    made = CaCertificate.request_key.startswith(f"seal.certificate:{code}:")
    assert count(office, CaCertificate, made) == 2, "one for each suite"
    assert office.seal(file).state == SealState.MADE


def test_an_ending_cut_off_revokes_the_certificates_at_recovery(office: Office) -> None:
    file = office.at(State.IN_USE)
    die_at(office, "seal.management.moved", Step.REVOKE, file)
    assert office.row(file).state == State.REVOKED
    assert office.row(file).ended_at is None
    made = select(CaCertificate.id).where(
        CaCertificate.request_key.startswith(f"seal.certificate:{office.row(file).code}:")
    )
    assert count(office, CaRevocation, CaRevocation.certificate_id.in_(made)) == 0
    assert file in making.recover(office.room, older_than=timedelta())
    assert count(office, CaRevocation, CaRevocation.certificate_id.in_(made)) == 2
    assert office.row(file).ended_at is not None


@pytest.mark.parametrize("point", ["seal.status.recorded", "seal.status.stored"])
def test_a_list_cut_off_is_followed_by_another_number(office: Office, point: str) -> None:
    publishing.current(office.room)
    newest = count(office, SealStatusList)
    file = office.apply()
    die_at(office, point, Step.APPROVE, file)
    assert office.row(file).state == State.APPROVED, "the step stands; only its list is late"
    said = wire.read(publishing.current(office.room))[1]
    assert office.row(file).code in said.seals
    assert said.number is not None
    assert said.number >= newest + 2


# --- two at once -----------------------------------------------------------------------------------------------------


def test_of_two_deciding_at_once_one_wins(office: Office) -> None:
    file = office.apply()

    def decide(step: Step) -> str:
        try:
            return office.take(file, step, APPROVER if step is Step.APPROVE else SECOND_APPROVER).value
        except NotNow:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(decide, [Step.APPROVE, Step.REFUSE, Step.APPROVE, Step.REFUSE]))
    assert ended.count("late") == 3
    assert count(office, SealStep, SealStep.file_id == file) == 2


def test_two_making_at_once_make_one_seal(office: Office) -> None:
    file = office.at(State.APPROVED)

    def make(_: int) -> str:
        try:
            return making.make(office.room, MAKER, file).value
        except YinxinError as error:
            return error.code

    with ThreadPoolExecutor(3) as pool:
        ended = set(pool.map(make, range(3)))
    assert "made" in ended
    assert ended <= {"made", "seal.not_now"}
    assert count(office, SealRow, SealRow.code == office.row(file).code) == 1
    assert count(office, SealStep, SealStep.file_id == file, SealStep.step.in_(("begin", "make"))) == 2


def test_codes_have_no_gaps_and_no_doubles_when_many_are_approved_at_once(office: Office) -> None:
    """Some of them are refused, some rolled back: neither takes a number."""
    files = [office.apply() for _ in range(12)]
    office.take(files.pop(), Step.REFUSE)
    twice = [*files, *files]

    def approve(file: UUID) -> None:
        try:
            office.take(file, Step.APPROVE)
        except NotNow:
            return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(approve, twice))
    codes = sorted(str(office.row(file).code) for file in files)
    assert {code[:6] for code in codes} == {MARKET[2:8]}
    first = int(codes[0][6:])
    assert [int(code[6:]) for code in codes] == list(range(first, first + len(files)))


# --- what was there before, and the short way ------------------------------------------------------------------------


def test_seals_made_before_are_taken_over_once(office: Office) -> None:
    adopting.adopt(office.room)
    with office.room.ground.db.read() as session:
        rows = session.scalars(select(SealFile).where(SealFile.code.in_(["21990000000001", "21990000000002"]))).all()
        steps = session.scalars(select(SealStep.step).where(SealStep.file_id.in_([row.id for row in rows]))).all()
    assert [row.state for row in rows] == [State.IN_USE] * 2
    assert steps == ["adopt"] * 2
    assert adopting.adopt(office.room) == []
    assert office.take(next(row.id for row in rows if row.department == MARKET), Step.SUSPEND) == State.SUSPENDED
    assert "21990000000001" in wire.read(publishing.current(office.room))[1].seals


def test_the_short_way_walks_every_state_and_is_closed_in_production(one_office: Office) -> None:
    request = SealRequest(TRANSPORT, "印川市交通运输局", "21990000700001", "印川市交通运输局")
    made = direct.make_directly(one_office.room, person(40, TRANSPORT, *MAKER.permissions), request)
    assert made.state == SealState.IN_USE
    assert direct.make_directly(one_office.room, SYSTEM, request) == made
    with one_office.room.ground.db.read() as session:
        row = session.scalars(select(SealFile).where(SealFile.code == "21990000700001")).one()
        actors = dict(session.execute(select(SealStep.step, SealStep.actor).where(SealStep.file_id == row.id)).all())
    assert list(actors) == ["apply", "approve", "begin", "make", "file", "issue", "accept"]
    assert len({actors[step] for step in ("apply", "approve", "make", "file")}) == 4
    ground = one_office.room.ground
    held, sample = ground.settings, ground.settings.model_copy(update={"environment": "production"})
    object.__setattr__(ground, "settings", sample)
    try:
        with pytest.raises(DirectNotHere):
            direct.make_directly(one_office.room, SYSTEM, request)
    finally:
        object.__setattr__(ground, "settings", held)


class _OwnLock:
    """As a lock, but says so where its own thread waits for it: names share locks, one in 64 with each other."""

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        assert not self.held, "the thread would wait for itself"
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


def test_the_short_way_never_waits_for_itself(one_office: Office) -> None:
    inner, outer = _OwnLock(), _OwnLock()
    shared: dict[str, Any] = {"locks": (inner,), "outer_locks": (outer,)}
    room = replace(one_office.room, **shared)
    request = SealRequest(TRANSPORT, "印川市交通运输局", "21990000700009", "印川市交通运输局")
    assert direct.make_directly(room, SYSTEM, request).state == SealState.IN_USE
    assert not inner.held
    assert not outer.held


# --- the maker's certificate -----------------------------------------------------------------------------------------


def test_the_maker_s_certificate_is_checked_before_making(one_office: Office) -> None:
    room, clock = one_office.room, one_office.region.clock
    by = maker(room)
    spki, now = by.signer.ref.spki, clock.now()
    check_maker_certificate(room, by.certificate, spki, now)
    leaf = read_certificate(by.certificate)
    seal = one_office.seal(one_office.some(State.IN_USE))
    assert seal.sm2_certificate is not None
    own = read_certificate(seal.sm2_certificate)
    for certificate, key, at in (
        (by.certificate, own.spki, now),  # another key's
        (seal.sm2_certificate, own.spki, now),  # a seal's own certificate makes no seals
        (by.certificate, spki, leaf.not_after + timedelta(seconds=1)),
        (by.certificate, spki, leaf.not_before - timedelta(days=1)),
        (room.ca.authority("sm2-issuing").certificate.der, room.ca.authority("sm2-issuing").certificate.spki, now),
        (_altered(by.certificate, leaf.signature), spki, now),
    ):
        with pytest.raises(MakerRefused):
            check_maker_certificate(room, certificate, key, at)


def _altered(certificate: bytes, signature: bytes) -> bytes:
    """Still well-formed, with another signature value."""
    at = certificate.rindex(signature)
    changed = bytearray(certificate)
    changed[at + len(signature) - 1] ^= 1
    return bytes(changed)


def test_a_revoked_or_suspended_maker_makes_nothing(office: Office) -> None:
    room = office.room
    serial = read_certificate(maker(room).certificate).serial
    file = office.at(State.APPROVED)
    hold(room.ca, SYSTEM, authority="sm2-issuing", serial=serial)
    with pytest.raises(MakerRefused):
        office.take(file, Step.MAKE)
    assert office.row(file).state == State.MAKING
    assert count(office, SealRow, SealRow.code == office.row(file).code) == 0, "nothing was begun"
    assert making.recover(room, older_than=timedelta()) == []
    release(room.ca, SYSTEM, authority="sm2-issuing", serial=serial)
    assert office.take(file, Step.MAKE) == State.MADE


def test_after_a_compromise_a_new_maker_key_and_certificate_go_on(one_office: Office) -> None:
    """The last test here: the region's first maker is gone after it."""
    office, room = one_office, one_office.room
    old = maker(room)
    revoke(
        room.ca,
        SYSTEM,
        authority="sm2-issuing",
        serial=read_certificate(old.certificate).serial,
        reason=Revocation.KEY_COMPROMISE,
    )
    file = office.at(State.APPROVED)
    with pytest.raises(MakerRefused):
        office.take(file, Step.MAKE)
    room.keys.renew("seal/maker")
    assert maker(room).certificate != old.certificate
    assert office.take(file, Step.MAKE) == State.MADE
