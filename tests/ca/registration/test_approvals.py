"""Two persons, really two, and really agreeing to what is issued (facts: pki 1.1, self-approval)."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from ca.models import CaCertificate
from ca.registration import apply, evidence, issuing, recover, search, steps
from ca.registration.content import opened
from ca.registration.errors import Changed, NotNow, OwnRequest, PersonsOnly, ReasonMissing, SamePerson
from ca.registration.models import CaRegistration, CaRegistrationApproval, CaRegistrationStep
from ca.registration.policy import Evidence
from ca.registration.states import Kind, State, Step
from foundation.errors import Damaged, Forbidden, YinxinError
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from tests.ca.registration.desk import (
    APPROVER,
    BOTH,
    CITIZEN,
    NEIGHBOUR,
    OFFICER,
    OTHER_OFFICE,
    PNG,
    REGISTRAR,
    Desk,
    csr,
    person,
)


def test_nobody_approves_what_he_filed(desk: Desk) -> None:
    filed = desk.submitted(OFFICER, desk.counter(phone="13900000001"))
    with pytest.raises(OwnRequest):
        desk.take(OFFICER, filed, Step.REVIEW)
    with pytest.raises(OwnRequest):
        desk.take(OFFICER, filed, Step.REJECT, reason="因")
    assert desk.state(filed) == State.SUBMITTED


def test_nobody_approves_his_own_certificate(desk: Desk) -> None:
    """欧阳修文 is the holder, and has become an officer meanwhile."""
    filed = desk.submitted(REGISTRAR, desk.official())
    promoted = person(2, Permission.RA_REVIEW, Permission.RA_APPROVE, department=OTHER_OFFICE)
    with pytest.raises(OwnRequest):
        desk.take(promoted, filed, Step.REVIEW)
    desk.take(OFFICER, filed, Step.REVIEW)
    with pytest.raises(OwnRequest):
        desk.take(promoted, filed, Step.APPROVE)


def test_nobody_approves_what_he_changed(desk: Desk) -> None:
    """A colleague of the department lent a hand, and reviews in a second role."""
    colleague = person(14, Permission.RA_APPLY, department=REGISTRAR.department)
    filed = desk.submitted(REGISTRAR, desk.official())
    evidence.attach(desk.room, colleague, filed, Evidence.APPOINTMENT, "任命.png", PNG)
    with pytest.raises(OwnRequest):
        desk.take(BOTH, filed, Step.REVIEW)


def test_the_same_person_is_not_two_persons(desk: Desk) -> None:
    filed = desk.submitted(REGISTRAR, desk.official())
    assert desk.take(BOTH, filed, Step.REVIEW) is State.REVIEWED
    with pytest.raises(SamePerson):
        desk.take(BOTH, filed, Step.APPROVE)
    assert desk.take(APPROVER, filed, Step.APPROVE) is State.APPROVED


def test_programs_and_the_system_decide_nothing(desk: Desk) -> None:
    filed = desk.submitted(REGISTRAR, desk.official())
    everything = frozenset(Permission)
    for who in (
        Principal(PrincipalKind.CLIENT, "client:all", everything, department=REGISTRAR.department),
        Principal(PrincipalKind.SYSTEM, "system", everything),
        Principal(PrincipalKind.OFFICIAL, "person:?", everything, department=OTHER_OFFICE),
    ):
        with pytest.raises(PersonsOnly):
            steps.take(desk.room, who, filed, Step.REVIEW, digest=desk.digest(OFFICER, filed))
    with pytest.raises(Forbidden):
        desk.take(APPROVER, filed, Step.REVIEW)


def test_a_change_after_the_review_voids_it(desk: Desk) -> None:
    filed = desk.submitted(REGISTRAR, desk.official())
    desk.take(OFFICER, filed, Step.REVIEW)
    old = desk.digest(APPROVER, filed)
    said = opened(desk.room.ground, desk.row(filed))
    changed = replace(said, subject=replace(said.subject, organizational_unit="执法科"))
    apply.change(desk.room, REGISTRAR, filed, changed)
    assert desk.state(filed) == State.SUBMITTED
    assert search.find(desk.room, OFFICER, filed).entry.agreed == 0
    with pytest.raises(NotNow):
        steps.take(desk.room, APPROVER, filed, Step.APPROVE, digest=old)
    desk.take(OFFICER, filed, Step.REVIEW)
    with pytest.raises(Changed):
        steps.take(desk.room, APPROVER, filed, Step.APPROVE, digest=old)
    with pytest.raises(Changed):
        steps.take(desk.room, APPROVER, filed, Step.APPROVE)
    assert desk.take(APPROVER, filed, Step.APPROVE) is State.APPROVED


def test_new_evidence_after_the_review_voids_it_too(desk: Desk) -> None:
    filed = desk.submitted(REGISTRAR, desk.official())
    desk.take(OFFICER, filed, Step.REVIEW)
    evidence.attach(desk.room, REGISTRAR, filed, Evidence.APPOINTMENT, "任命.png", PNG)
    assert desk.state(filed) == State.SUBMITTED


def test_returned_corrected_and_submitted_again(desk: Desk) -> None:
    filed = desk.submitted(REGISTRAR, desk.official())
    with pytest.raises(ReasonMissing):
        desk.take(OFFICER, filed, Step.RETURN, reason="  ")
    desk.take(OFFICER, filed, Step.RETURN, reason="科室名称与任命文件不符")
    shown = search.find(desk.room, REGISTRAR, filed)
    assert shown.history[-1].reason == "科室名称与任命文件不符"
    assert set(shown.may) == {Step.SUBMIT, Step.CHANGE, Step.WITHDRAW}
    desk.take(REGISTRAR, filed, Step.SUBMIT)
    assert desk.state(filed) == State.SUBMITTED


def test_two_approvers_at_once_make_one_approval(desk: Desk) -> None:
    second = person(11, Permission.RA_APPROVE, department=OTHER_OFFICE)
    filed = desk.submitted(CITIZEN, desk.own(csr=csr()))
    with desk.room.ground.db.begin() as session:
        session.execute(update(CaRegistration).where(CaRegistration.id == filed).values(needed=2))
    desk.take(OFFICER, filed, Step.REVIEW)
    digest, outcomes = desk.digest(APPROVER, filed), []
    gate = threading.Barrier(4)

    def approve(who: Principal) -> None:
        gate.wait()
        try:
            outcomes.append(steps.take(desk.room, who, filed, Step.APPROVE, digest=digest))
        except YinxinError as error:
            outcomes.append(error.kind)

    threads = [threading.Thread(target=approve, args=(who,)) for who in (APPROVER, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["conflict", "conflict", "conflict", "issued"]
    with desk.room.ground.db.read() as session:
        agreed = session.scalars(
            select(CaRegistrationApproval.step).where(CaRegistrationApproval.registration_id == filed)
        ).all()
        made = session.scalar(
            select(func.count())
            .select_from(CaCertificate)
            .where(CaCertificate.request_key.startswith(f"registration:{filed}"))
        )
    assert sorted(agreed) == ["approve", "review"]
    assert made == 1


def forge(desk: Desk, filed: object, **values: object) -> None:
    with desk.room.ground.db.begin() as session:
        session.execute(update(CaRegistration).where(CaRegistration.id == filed).values(**values))


def certificates(desk: Desk, filed: object) -> int:
    with desk.room.ground.db.read() as session:
        query = select(func.count()).select_from(CaCertificate)
        return session.scalar(query.where(CaCertificate.request_key.startswith(f"registration:{filed}"))) or 0


@pytest.mark.parametrize("hand", ["state", "needed", "copied", "content", "history"])
def test_a_hand_in_the_database_approves_nothing(desk: Desk, hand: str) -> None:
    filed = desk.submitted(CITIZEN, desk.own(csr=csr()))
    ground = desk.room.ground
    if hand in ("state", "needed"):
        forge(desk, filed, state=State.APPROVED, needed=0 if hand == "needed" else 1)
    elif hand == "copied":  # one approval made two
        forge(desk, filed, needed=2)
        desk.take(OFFICER, filed, Step.REVIEW)
        with ground.db.begin() as session:
            one = session.scalars(
                select(CaRegistrationApproval).where(CaRegistrationApproval.registration_id == filed)
            ).one()
            session.add(
                CaRegistrationApproval(
                    registration_id=filed, round=one.round, step="approve", actor=APPROVER.label, digest=one.digest,
                    at=one.at, mac=one.mac,
                )
            )  # fmt: skip
        forge(desk, filed, state=State.APPROVED)
    elif hand == "content":  # agreed to one thing, another put in its place
        other = desk.submitted(CITIZEN, desk.own(csr=csr()))
        forge(desk, filed, needed=2)
        desk.take(OFFICER, filed, Step.REVIEW)
        forge(desk, filed, state=State.APPROVED, needed=1, content=desk.row(other).content)
    else:  # the officer's hand in it struck from the record
        forge(desk, filed, needed=2)
        desk.take(OFFICER, filed, Step.REVIEW)
        with ground.db.begin() as session:
            session.execute(delete(CaRegistrationStep).where(CaRegistrationStep.registration_id == filed))
        forge(desk, filed, state=State.APPROVED, needed=1)
    recover.recover(desk.room, older_than=timedelta())
    assert certificates(desk, filed) == 0
    listed = {one.id: one for one in search.search(desk.room, OFFICER, search.Query(limit=100)).items}
    assert listed[filed].damaged is (hand == "content")  # seen, and hiding no other
    assert desk.state(filed) == State.APPROVED
    with pytest.raises(Damaged):
        issuing.begin(desk.room, filed)
    forge(desk, filed, state=State.REJECTED)


def test_an_agent_may_not_act_for_a_stranger_s_certificate(desk: Desk) -> None:
    held = desk.certificate(CITIZEN, desk.own())
    for kind in (Kind.REVOKE, Kind.HOLD, Kind.REKEY):
        for who in (NEIGHBOUR, REGISTRAR):
            with pytest.raises(YinxinError) as caught:
                desk.file(who, desk.about(kind, held, csr=csr()))
            assert caught.value.kind == "not-found"
