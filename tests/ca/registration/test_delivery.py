"""Codes and files: guessing, expiring, racing, and what is refused before it is asked for."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from ca.models import CaCertificate
from ca.names import Subject
from ca.reading.identity import IdentityExtensions
from ca.registration import codes, collect, notices
from ca.registration.content import Content
from ca.registration.errors import CodeRefused, NotNow
from ca.registration.models import CaCollection
from ca.registration.policy import Channel, Delivery
from ca.registration.recover import expire
from ca.registration.states import Kind, State, Step
from foundation.errors import Forbidden, InvalidInput, YinxinError
from tests.ca.registration.desk import (
    CITIZEN,
    COMPANY,
    OFFICE,
    OFFICE_NAME,
    OFFICER,
    PEOPLE,
    PROGRAM,
    REGISTRAR,
    STRANGER,
    Desk,
    application,
    csr,
)

PASSWORD = "sample-Pass-12"


def waiting(desk: Desk) -> tuple[UUID, str]:
    filed = desk.approved(REGISTRAR, desk.official(delivery=Delivery.PKCS12))
    return filed, desk.inbox.code(filed)


def test_a_code_has_a_hundred_bits_in_groups_and_is_kept_as_a_digest(desk: Desk) -> None:
    filed, code = waiting(desk)
    assert [len(group) for group in code.split("-")] == [4] * 5
    with desk.room.ground.db.read() as session:
        row = session.get_one(CaCollection, filed)
    assert codes.plain(code).encode() not in row.code_mac
    many = {codes.new_code(desk.room.ground) for _ in range(500)}
    assert len(many) == 500
    assert {len(set(place)) > 20 for place in zip(*many, strict=True)} == {True}


def test_after_ten_wrong_codes_the_right_one_is_dead(desk: Desk) -> None:
    filed, code = waiting(desk)
    wrong = "0" * 20
    for _ in range(codes.MOST_FAILURES):
        with pytest.raises(CodeRefused):
            collect.collect(desk.room, filed, wrong, password=PASSWORD)
    with pytest.raises(CodeRefused):
        collect.collect(desk.room, filed, code, password=PASSWORD)
    assert desk.audited(filed).count("ca.registration.code_refused") == codes.MOST_FAILURES + 1
    codes.make(desk.room, REGISTRAR, filed)
    assert collect.collect(desk.room, filed, desk.inbox.code(filed), password=PASSWORD, rounds=1000).pkcs12


def test_a_new_code_ends_the_old_one_and_one_opens_one_application(desk: Desk) -> None:
    filed, old = waiting(desk)
    other, _ = waiting(desk)
    codes.make(desk.room, REGISTRAR, filed)
    for identifier, code in ((filed, old), (other, desk.inbox.code(filed)), (uuid4(), old)):
        with pytest.raises(CodeRefused):
            collect.collect(desk.room, identifier, code, password=PASSWORD)


def test_a_code_lapses_with_its_approval(own_desk: Desk) -> None:
    filed, code = waiting(own_desk)
    own_desk.region.clock.advance(days=15)
    with pytest.raises(CodeRefused):
        collect.collect(own_desk.room, filed, code, password=PASSWORD)
    assert expire(own_desk.room) == 1
    assert own_desk.state(filed) == State.EXPIRED
    assert expire(own_desk.room) == 0


def test_two_who_redeem_at_once_get_one_certificate(desk: Desk) -> None:
    filed, code = waiting(desk)
    gate, got = threading.Barrier(3), []

    def redeem() -> None:
        gate.wait()
        try:
            got.append(collect.collect(desk.room, filed, code, password=PASSWORD, rounds=1000).pkcs12 is not None)
        except YinxinError as error:
            got.append(error.kind)

    threads = [threading.Thread(target=redeem) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(True) == 1
    with desk.room.ground.db.read() as session:
        query = select(func.count()).select_from(CaCertificate)
        assert session.scalar(query.where(CaCertificate.request_key.startswith(f"registration:{filed}"))) == 1
    assert desk.state(filed) == State.DELIVERED


def test_a_bad_request_of_a_token_costs_nothing(desk: Desk) -> None:
    filed = desk.approved(REGISTRAR, desk.official())
    code, broken = desk.inbox.code(filed), bytearray(csr())
    broken[-1] ^= 1
    for wrong in (bytes(broken), b"\x30\x00", b""):
        with pytest.raises(InvalidInput):
            collect.collect(desk.room, filed, code, csr=wrong)
    assert desk.state(filed) == State.APPROVED
    collect.collect(desk.room, filed, code, csr=csr())
    assert desk.state(filed) == State.DELIVERED


# --- what is refused before anybody looks at it ----------------------------------------------------------------------


def test_nobody_applies_as_somebody_else(desk: Desk) -> None:
    said = Content(Subject("林知夏"), IdentityExtensions(citizen_number=PEOPLE[UUID(int=2)].citizen_number), csr=csr())
    with pytest.raises(InvalidInput, match="not_yours"):
        desk.file(CITIZEN, application("citizen", Channel.SELF, said))
    with pytest.raises(InvalidInput, match="not_yours"):
        desk.file(CITIZEN, application("citizen", Channel.SELF, Content(Subject("欧阳修文"), csr=csr())))


def test_a_department_applies_for_itself_only(desk: Desk) -> None:
    said = Content(Subject("印川市制章系统", OFFICE_NAME), IdentityExtensions(organization_code=OFFICE), csr=csr())
    with pytest.raises(InvalidInput, match="not_yours"):
        desk.file(STRANGER, application("seal-maker", Channel.DEPARTMENT, said))
    filed = desk.file(PROGRAM, application("seal-maker", Channel.DEPARTMENT, said))
    assert desk.row(filed).owner == OFFICE


@pytest.mark.parametrize(
    ("who", "channel", "profile"),
    [
        (CITIZEN, Channel.SELF, "seal-maker"),
        (CITIZEN, Channel.SELF, "official"),
        (CITIZEN, Channel.DEPARTMENT, "citizen"),
        (CITIZEN, Channel.SELF, "root"),
        (CITIZEN, Channel.SELF, "ocsp"),
        (REGISTRAR, Channel.COUNTER, "citizen"),
        (PROGRAM, Channel.SELF, "citizen"),
        (CITIZEN, Channel.COUNTER, "citizen"),
        (CITIZEN, Channel.DEPARTMENT, "seal-maker"),
        (OFFICER, Channel.DEPARTMENT, "seal-maker"),
    ],
)
def test_who_may_ask_for_what(desk: Desk, who: object, channel: Channel, profile: str) -> None:
    said = Content(Subject("甲", OFFICE_NAME), IdentityExtensions(), csr=csr())
    with pytest.raises((InvalidInput, Forbidden)):
        desk.file(who, application(profile, channel, said))  # type: ignore[arg-type]


def test_a_company_s_agent_applies_with_evidence(desk: Desk) -> None:
    said = Content(
        Subject("印川市䶮澜数字科技有限公司", "印川市䶮澜数字科技有限公司"),
        IdentityExtensions(organization_code=COMPANY),
        csr=csr(),
    )
    filed = desk.file(CITIZEN, application("code-signer", Channel.COMPANY, said))
    with pytest.raises(InvalidInput, match="evidence_missing"):
        desk.take(CITIZEN, filed, Step.SUBMIT)


def test_every_fault_is_said_at_once(desk: Desk) -> None:
    said = Content(
        Subject("甲", OFFICE_NAME), IdentityExtensions("110105194912310021", organization_code="X"), phone="123"
    )
    with pytest.raises(InvalidInput) as caught:
        desk.file(OFFICER, application("official", Channel.COUNTER, said))
    places = [fault.pointer for fault in caught.value.faults]
    assert places == ["/identity/citizen_number", "/identity/organization_code", "/phone"]


def test_withdrawn_is_over(desk: Desk) -> None:
    filed = desk.submitted(CITIZEN, desk.own())
    assert desk.take(CITIZEN, filed, Step.WITHDRAW) is State.WITHDRAWN
    with pytest.raises(NotNow):
        desk.take(CITIZEN, filed, Step.SUBMIT)


def test_one_request_of_a_kind_at_a_time(desk: Desk) -> None:
    held = desk.certificate(CITIZEN, desk.own())
    desk.file(CITIZEN, desk.about(Kind.REKEY, held, csr=csr()))
    with pytest.raises(YinxinError, match="pending"):
        desk.file(CITIZEN, desk.about(Kind.REKEY, held, csr=csr()))


# --- notices ---------------------------------------------------------------------------------------------------------


def test_notices_come_once_at_thirty_seven_and_one_day(own_desk: Desk) -> None:
    desk = own_desk
    filed = desk.approved(REGISTRAR, desk.official(csr=csr()))
    certificate = desk.row(filed).issued_id
    assert certificate is not None
    told: list[int] = []
    for day in (699, 1, 10, 13, 1, 5, 1, 1):
        desk.region.clock.advance(days=day)
        told.append(notices.write(desk.room))
        assert notices.write(desk.room) == 0
    assert told == [0, 1, 0, 1, 0, 1, 0, 0]
    mine = [one for one in notices.listed(desk.room, REGISTRAR) if one.certificate_id == certificate]
    assert sorted(one.days for one in mine) == [1, 7, 30]
    assert all(one.sent for one in mine)
    assert len([text for phone, text in desk.inbox.messages if "到期" in text and phone == "13900000002"]) == 3
    assert notices.listed(desk.room, STRANGER) == []


def test_what_was_replaced_needs_no_notice(own_desk: Desk) -> None:
    desk = own_desk
    old = desk.certificate(CITIZEN, desk.own())
    desk.region.clock.advance(days=1095 - 20)
    desk.certificate(CITIZEN, desk.about(Kind.RENEW, old))
    assert notices.write(desk.room) == 0
