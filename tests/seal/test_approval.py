"""Uses of a seal that need approvals: asked for, decided with real signatures, carried out once, or never."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from ca.reading.crl import Reason
from ca.revoke import revoke
from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import Conflict, Forbidden
from foundation.jobs import Worker
from foundation.principal import SYSTEM, Kind, Permission, Principal
from hsm.digests import sha256
from hsm.service.errors import PolicyRefused
from seal.approval import cases, cases_open, counting, policy, rules
from seal.approval.certificates import ApprovalRefused
from seal.approval.errors import CaseEnded, CaseUnknown, DecidedAlready, OwnRequest, PolicyUnknown, Waiting
from seal.approval.models import CaseState, Decision, SealApproval, SealCase, SealPolicy
from seal.approval.rules import Hours, OutsideRules, Rules
from seal.models import OrderState, SealOrder
from seal.ofd.package import Package
from seal.orders import Matter, OfdOrder, PdfOrder, Placement
from seal.room import SealRoom
from seal.stamp import stamp_ofd, stamp_pdf
from tests.seal import papers
from tests.seal.approving import Guard, Official, guarded, official, put_rules
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk

PLACE = Placement(1, 150, 240)


@dataclass
class Office:
    region: Region
    room: SealRoom
    guard: Guard
    owner: Official
    first: Official
    second: Official
    other: Official

    @property
    def seal_id(self) -> UUID:
        return self.region.seal_id

    def rule(self, **more: object) -> SealPolicy:
        wanted = Rules(approvers=(self.first.named, self.second.named), **more)  # type: ignore[arg-type]
        return put_rules(self.room, self.seal_id, wanted, self.owner, self.second)

    def ask(self, order: PdfOrder | OfdOrder, principal: Principal | None = None) -> Waiting:
        with pytest.raises(Waiting) as waiting:
            self.stamp(order, principal)
        return waiting.value

    def stamp(self, order: PdfOrder | OfdOrder, principal: Principal | None = None) -> bytes:
        principal = principal or clerk(MARKET)
        if isinstance(order, PdfOrder):
            return stamp_pdf(self.room, principal, order).document
        return stamp_ofd(self.room, principal, order).document

    def pdf(self, **more: object) -> PdfOrder:
        terms = {"document": papers.pdf(), "seal_id": self.seal_id, "place": PLACE, "order_key": self.region.key()}
        return PdfOrder(**{**terms, **more})  # type: ignore[arg-type]

    def work(self) -> None:
        jobs = Worker(
            self.room.ground.db, self.room.ground.jobs, {cases_open.JOB: lambda p: cases_open.work(self.room, p)}
        )
        jobs.drain()


def make_office(region: Region) -> Iterator[Office]:
    room, guard = guarded(region.room)
    people = [official(room, MARKET, number) for number in (11, 12, 13)]
    other = official(room, TRANSPORT, 14)
    yield Office(region, room, guard, *people, other)
    with room.ground.db.begin() as session:  # later tests of this process use the seal without rules
        session.execute(delete(SealPolicy))


@pytest.fixture(scope="module")
def _office(region: Region) -> Iterator[Office]:
    yield from make_office(region)


@pytest.fixture
def office(_office: Office) -> Office:
    with _office.room.ground.db.begin() as session:
        session.execute(delete(SealPolicy))
    _office.guard.floors.clear()
    return _office


def case_of(office: Office, case_id: UUID | None) -> SealCase:
    assert case_id is not None
    with office.room.ground.db.read() as session:
        return session.get_one(SealCase, case_id)


def test_two_people_approve_the_exact_bytes_and_a_job_stamps_them(office: Office) -> None:
    office.rule(approvals=2)
    order = office.pdf(reason="年检", matter=Matter("nianjian", "2026-7"))
    waiting = office.ask(order)
    assert waiting.case_id is not None
    assert office.ask(order).order_id == waiting.order_id
    assert waiting.case_id in {case.id for case in cases.inbox(office.room, office.first.principal)}
    statement = cases.statement(office.room, office.first.principal, waiting.case_id, Decision.APPROVE).decode()
    assert f"sha256: {sha256(papers.pdf()).hex()}\n" in statement
    assert "matter: nianjian 2026-7\n" in statement
    assert cases_open.stored(office.room, case_of(office, waiting.case_id)) == papers.pdf()
    office.first.decide(office.room, waiting.case_id)
    assert waiting.case_id not in {case.id for case in cases.inbox(office.room, office.first.principal)}
    office.ask(order)  # one is not enough
    office.second.decide(office.room, waiting.case_id)
    office.work()
    with office.room.ground.db.read() as session:
        row = session.get_one(SealOrder, waiting.order_id)
        said = session.scalars(select(AuditRow.action).where(AuditRow.object == f"seal-case:{waiting.case_id}")).all()
    assert (row.state, row.principal) == (OrderState.SEALED, clerk(MARKET).label)
    assert sorted(said) == ["seal.case.ask", "seal.case.decide", "seal.case.decide"]
    sealed = office.stamp(order)
    assert sha256(sealed).hex() == row.result_sha256
    assert sealed.startswith(papers.pdf())


@pytest.mark.parametrize("day", [None, date(2026, 11, 3)])
def test_an_ofd_is_approved_and_stamped_too(office: Office, day: date | None) -> None:
    office.rule(approvals=1)
    order = OfdOrder(papers.ofd(), office.seal_id, PLACE, office.region.key(), dated=day)
    waiting = office.ask(order)
    office.first.decide(office.room, waiting.case_id)  # type: ignore[arg-type]
    office.work()
    assert Package.read(office.stamp(order))


def test_a_refusal_a_withdrawal_and_time_end_a_case(office: Office) -> None:
    office.rule(approvals=1, valid_minutes=60)
    refused, withdrawn, late = office.pdf(), office.pdf(), office.pdf()
    one, two, three = office.ask(refused), office.ask(withdrawn), office.ask(late)
    ended = office.first.decide(office.room, one.case_id, Decision.REFUSE, reason="材料不全")  # type: ignore[arg-type]
    assert cases_open.reason(office.room, ended) == "材料不全"
    with pytest.raises(CaseUnknown):  # only the one who asked takes it back
        cases.withdraw(office.room, office.first.principal, two.case_id)  # type: ignore[arg-type]
    cases.withdraw(office.room, clerk(MARKET), two.case_id)  # type: ignore[arg-type]
    office.region.clock.advance(minutes=61)
    with pytest.raises(CaseEnded):
        office.first.decide(office.room, three.case_id)  # type: ignore[arg-type]
    assert cases_open.expire(office.room) >= 1
    for order, state in ((refused, "refused"), (withdrawn, "withdrawn"), (late, "expired")):
        with pytest.raises(CaseEnded) as error:
            office.stamp(order)
        assert error.value.code == f"seal.case_{state}"
    with pytest.raises(CaseEnded):
        office.second.decide(office.room, two.case_id)  # type: ignore[arg-type]


def test_nobody_approves_twice_or_their_own_request_or_unnamed(office: Office) -> None:
    twin = official(office.room, MARKET, 15, person=12)  # another certificate of the first approver's person
    wanted = Rules(approvals=2, approvers=(office.first.named, office.second.named, twin.named))
    put_rules(office.room, office.seal_id, replace(wanted), office.owner, office.second)
    waiting = office.ask(office.pdf())
    assert waiting.case_id is not None
    office.first.decide(office.room, waiting.case_id)
    with pytest.raises(DecidedAlready):
        office.first.decide(office.room, waiting.case_id)
    with pytest.raises((DecidedAlready, CaseUnknown)):
        replace(twin).decide(office.room, waiting.case_id)
    with pytest.raises(CaseUnknown):
        cases.statement(office.room, office.other.principal, waiting.case_id, Decision.APPROVE)
    nobody = replace(office.first, fingerprint=office.owner.fingerprint, key=office.owner.key)
    fresh = office.ask(office.pdf())
    with pytest.raises(ApprovalRefused):
        nobody.decide(office.room, fresh.case_id)  # type: ignore[arg-type]
    stamper = replace(office.first.principal, permissions=office.first.principal.permissions | {Permission.SEAL_STAMP})
    own = office.ask(office.pdf(), stamper)
    with pytest.raises(OwnRequest):
        replace(office.first, principal=stamper).decide(office.room, own.case_id)  # type: ignore[arg-type]


def test_a_signature_of_something_else_or_a_revoked_certificate_is_no_approval(office: Office) -> None:
    gone = official(office.room, MARKET, 16)
    wanted = Rules(approvals=1, approvers=(office.first.named, gone.named))
    put_rules(office.room, office.seal_id, wanted, office.owner, office.second)
    one, two = office.ask(office.pdf()), office.ask(office.pdf(document=papers.pdf(2)))
    assert one.case_id is not None
    assert two.case_id is not None
    said = cases.statement(office.room, office.first.principal, two.case_id, Decision.APPROVE)
    with pytest.raises(ApprovalRefused):
        cases.decide(
            office.room, office.first.principal, one.case_id, Decision.APPROVE, office.first.fingerprint,
            office.first.sign(said),
        )  # fmt: skip
    order = office.pdf()
    three = office.ask(order)
    gone.decide(office.room, three.case_id)  # type: ignore[arg-type]
    revoke(office.room.ca, SYSTEM, reason=Reason.KEY_COMPROMISE, certificate_id=gone.certificate_id)
    with pytest.raises(PolicyRefused) as refused:  # it was good then, and is not when the key should sign
        office.stamp(order)
    assert "approval_revoked" in str(refused.value)
    with pytest.raises(ApprovalRefused):
        gone.decide(office.room, one.case_id)


def test_rules_are_set_by_two_people_of_the_department(office: Office) -> None:
    wanted = Rules(approvals=1, approvers=(office.first.named,))
    proposed = policy.propose(office.room, office.owner.principal, office.seal_id, wanted)
    office.stamp(office.pdf())  # a proposal has no effect
    with pytest.raises(OwnRequest):
        office.owner.agree(office.room, proposed)
    with pytest.raises(PolicyUnknown):
        office.other.agree(office.room, proposed)
    with pytest.raises(Forbidden):  # with another department's certificate
        replace(office.second, key=office.other.key, fingerprint=office.other.fingerprint).agree(office.room, proposed)
    office.second.agree(office.room, proposed)
    with pytest.raises(DecidedAlready):
        office.second.agree(office.room, proposed)
    office.ask(office.pdf())
    newer = policy.propose(office.room, office.owner.principal, office.seal_id, Rules())
    office.first.agree(office.room, newer)
    office.stamp(office.pdf())
    assert [row.number for row in policy.versions(office.room, office.owner.principal, office.seal_id)][:2] == [
        newer.number,
        proposed.number,
    ]


def test_hours_kinds_matters_programs_and_counts(office: Office) -> None:
    market = clerk(MARKET)
    weekday = Hours((1, 2, 3, 4, 5), "08:30", "17:30")
    for more, order, code in (
        ({"hours": (weekday,)}, office.pdf(), "hours"),  # the clock says Sunday
        ({"formats": ("ofd",)}, office.pdf(), "format"),
        ({"matters": ("a", "b")}, office.pdf(matter=Matter("c")), "matter"),
        ({"clients": ("another",)}, office.pdf(), "client"),
        ({"clients": (rules.PEOPLE,)}, office.pdf(), "client"),
    ):
        office.rule(**more)
        with pytest.raises(OutsideRules) as refused:
            office.stamp(order)
        assert refused.value.code == f"seal.rules_{code}"
    office.rule(hours=(Hours((7,), "00:00", "24:00"),), formats=("pdf",), clients=(market.client_id,), matters=("c",))
    office.stamp(office.pdf(matter=Matter("c")))


def test_counts_hold_in_the_signer_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.room.ground.db.begin() as session:  # what other tests left half-way would count too
        session.execute(update(SealOrder).where(SealOrder.state == OrderState.RECORDED).values(state=OrderState.ENDED))
    with office.room.ground.db.read() as session:
        limits = Rules(per_day=1, in_total=1)
        today, ever = counting.uses(session, limits, office.seal_id, office.region.clock.now())
    office.rule(per_day=today, in_total=ever)
    office.stamp(office.pdf())
    with pytest.raises(OutsideRules):
        office.stamp(office.pdf())
    monkeypatch.setattr("seal.approval.gate.check", lambda *_: None)  # a web process in foreign hands
    with pytest.raises(PolicyRefused):
        office.stamp(office.pdf())


def test_a_web_process_in_foreign_hands_stamps_nothing_without_approvals(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.rule(approvals=1)
    order = office.pdf()
    waiting = office.ask(order)
    with office.room.ground.db.begin() as session:
        session.execute(update(SealOrder).where(SealOrder.id == waiting.order_id).values(state=OrderState.RECORDED))
        session.execute(update(SealCase).where(SealCase.id == waiting.case_id).values(state=CaseState.APPROVED))
    with pytest.raises(PolicyRefused):
        office.stamp(order)
    with office.room.ground.db.begin() as session:  # not even with the rules taken away
        session.execute(delete(SealPolicy))
    office.guard.floors[str(office.seal_id)] = 1
    with pytest.raises(PolicyRefused):
        office.stamp(order)


def test_orders_from_before_the_rules_are_held_to_them(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    order = office.pdf()

    def dies(*_: object) -> bytes:
        raise Conflict("test.crash", rules.OutsideRules("x", "", "").detail)

    with monkeypatch.context() as patch:
        patch.setattr("seal.stamp_pdf.pdf_sealing.seal_document", dies)
        with pytest.raises(Conflict):
            office.stamp(order)
    office.rule(approvals=1)
    with pytest.raises(PolicyRefused):
        office.stamp(order)


def test_somebody_elses_department_sees_no_case(office: Office) -> None:
    office.rule(approvals=1)
    waiting = office.ask(office.pdf())
    stranger = Principal(Kind.OFFICIAL, "person:x", frozenset({Permission.SEAL_CONSENT}), department=MARKET)
    for principal in (clerk(TRANSPORT), office.other.principal, stranger):
        with pytest.raises(CaseUnknown):
            cases.find(office.room, principal, waiting.case_id)  # type: ignore[arg-type]
    assert cases.find(office.room, clerk(MARKET), waiting.case_id).needed == 1  # type: ignore[arg-type]
    with office.room.ground.db.read() as session:
        assert session.scalars(select(SealApproval).where(SealApproval.case_id == waiting.case_id)).all() == []


def test_other_keys_than_sm2_approve_as_well(office: Office) -> None:
    modern = official(office.room, MARKET, 17, suite=Suite.RSA)
    wanted = Rules(approvals=1, approvers=(modern.named,))
    put_rules(office.room, office.seal_id, wanted, office.owner, office.second)
    order = office.pdf()
    modern.decide(office.room, office.ask(order).case_id)  # type: ignore[arg-type]
    assert office.stamp(order)
