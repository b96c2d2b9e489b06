"""Approvers' cloud keys: two persons to get one, a code of the moment to use it, and the signer's own look at both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import flask
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from foundation.audit.models import AuditRow
from foundation.errors import Forbidden
from foundation.numbers import citizen_number_check
from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from hsm.digests import sha256
from hsm.errors import PurposeRefused
from hsm.keys import Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked
from hsm.signing import ToBeSigned
from seal.approval import cases
from seal.approval.api import ROUTES as APPROVING
from seal.approval.certificates import ApprovalRefused
from seal.approval.cloud import consents, keys
from seal.approval.cloud.api import ROUTES
from seal.approval.cloud.errors import CodeGone, CodeWrong, KeyNotNow, KeyTaken, KeyUnknown, NotAPerson, OwnKey
from seal.approval.cloud.models import KeyState, SealCloudConsent, SealCloudKey
from seal.approval.cloud.room import CloudRoom, Proofed
from seal.approval.errors import CaseUnknown, DecidedAlready
from seal.approval.models import CaseState, Decision, SealApproval, SealCase, SealPolicy
from seal.approval.rules import Approver, Rules
from tests.seal import papers
from tests.seal.approving import put_rules
from tests.seal.conftest import MARKET, Region, clerk
from tests.seal.test_approval import Office, make_office

RA = Principal(Kind.OFFICIAL, "person:ra", frozenset({Permission.RA_APPROVE}), department=MARKET)


@dataclass
class Phones:
    """The phones of the approvers: messages as they come in."""

    messages: list[str] = field(default_factory=list)

    def proofed(self, person_id: UUID) -> Proofed:
        first17 = f"2199011985010120{person_id.int % 10}"
        return Proofed(f"云审批{person_id.int}", first17 + citizen_number_check(first17))

    def allow(self, person_id: UUID, address: str) -> None:
        assert person_id

    def send(self, session: Session, person_id: UUID, text: str) -> str:
        self.messages.append(text)
        return "138****0001"

    @property
    def code(self) -> str:
        found = re.search(r"验证码 (\d{6})", self.messages[-1])
        assert found is not None
        return found[1]


@dataclass
class Cloud:
    office: Office
    room: CloudRoom
    phones: Phones
    person: Principal
    key: SealCloudKey

    def case(self) -> UUID:
        waiting = self.office.ask(self.office.pdf(document=papers.pdf(1)))
        assert waiting.case_id is not None
        return waiting.case_id

    def ask(self, case_id: UUID, decision: Decision = Decision.APPROVE) -> str:
        consents.ask_code(self.room, self.person, case_id, decision)
        return self.phones.code


def approver(number: int) -> Principal:
    person = UUID(int=number)
    permissions = frozenset({Permission.SEAL_CONSENT})
    return Principal(Kind.OFFICIAL, f"person:{person}", permissions, department=MARKET, person_id=person)


@pytest.fixture(scope="module")
def cloud(region: Region) -> Iterator[Cloud]:
    for office in make_office(region):
        phones = Phones()
        room, person = CloudRoom(office.room, phones), approver(31)
        key = keys.agree(room, RA, keys.enrol(room, person).id)
        named = Approver(person.label, key.certificate or "")
        put_rules(office.room, office.seal_id, Rules(1, (named, office.first.named)), office.owner, office.second)
        yield Cloud(office, room, phones, person, key)


def test_a_key_takes_two_persons_and_is_made_once(cloud: Cloud) -> None:
    room, person = cloud.room, approver(32)
    row = keys.enrol(room, person)
    with pytest.raises(KeyTaken):
        keys.enrol(room, person)
    assert room.seal.keys.find(row.name) is None
    assert [one.id for one in keys.listed(room, RA)] == [row.id]
    with pytest.raises(OwnKey):
        keys.agree(room, replace(person, permissions=RA.permissions), row.id)
    with pytest.raises(Forbidden):
        keys.agree(room, cloud.person, row.id)
    made = keys.agree(room, RA, row.id)
    assert (made.state, made.certificate) == (KeyState.ACTIVE, keys.agree(room, RA, row.id).certificate)
    ref = room.seal.keys.find(row.name)
    assert ref is not None
    assert ref.purposes == {Purpose.APPROVAL}
    with pytest.raises(PurposeRefused):
        cloud.office.region.room.keys.signer(row.name).sign(ToBeSigned(Purpose.SEALING, b"x", "x"))
    with pytest.raises(KeyNotNow):
        keys.refuse(room, RA, row.id)
    with pytest.raises(KeyUnknown):
        keys.revoke(room, cloud.person, row.id)
    keys.revoke(room, person, row.id)
    assert keys.revoke(room, person, row.id).state == KeyState.REVOKED
    assert keys.mine(room, person) is None
    again = keys.enrol(room, person)
    assert keys.refuse(room, RA, again.id).live is None


def test_programs_have_no_cloud_key(cloud: Cloud) -> None:
    program = replace(clerk(MARKET), permissions=frozenset({Permission.SEAL_CONSENT}))
    with pytest.raises(NotAPerson):
        keys.enrol(cloud.room, program)


def test_a_code_approves_once_and_the_order_is_stamped(cloud: Cloud) -> None:
    office = cloud.office
    order = office.pdf(document=papers.pdf(1))
    case_id = office.ask(order).case_id
    assert case_id is not None
    code = cloud.ask(case_id)
    assert code not in str([one.payload for one in _audit(cloud)])
    assert consents.decide(cloud.room, cloud.person, case_id, code).state == CaseState.APPROVED
    assert consents.decide(cloud.room, cloud.person, case_id, code).state == CaseState.APPROVED
    with pytest.raises(DecidedAlready):
        consents.decide(cloud.room, cloud.person, case_id, code, Decision.REFUSE)
    assert office.stamp(order).startswith(b"%PDF")
    with office.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(SealApproval.case_id == case_id)) == 1


def _audit(cloud: Cloud) -> list[AuditRow]:
    with cloud.office.room.ground.db.read() as session:
        return list(session.scalars(select(AuditRow).where(AuditRow.action.startswith("seal.cloud."))))


def test_a_refusal_is_signed_as_well(cloud: Cloud) -> None:
    case_id = cloud.case()
    code = cloud.ask(case_id, Decision.REFUSE)
    with pytest.raises(CodeGone):
        consents.decide(cloud.room, cloud.person, case_id, code)  # it was for refusing
    done = consents.decide(cloud.room, cloud.person, case_id, code, Decision.REFUSE, "材料不全")
    assert done.state == CaseState.REFUSED


def test_wrong_codes_are_counted_and_a_new_one_ends_the_old(cloud: Cloud) -> None:
    case_id = cloud.case()
    with pytest.raises(CodeGone):
        consents.decide(cloud.room, cloud.person, case_id, "123456")
    code = cloud.ask(case_id)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(consents.MOST_TRIES - 1):
        with pytest.raises(CodeWrong):
            consents.decide(cloud.room, cloud.person, case_id, wrong)
    with pytest.raises(CodeGone):
        consents.decide(cloud.room, cloud.person, case_id, wrong)
    with pytest.raises(CodeGone):
        consents.decide(cloud.room, cloud.person, case_id, code)
    old = cloud.ask(case_id)
    new = cloud.ask(case_id)
    if old != new:
        with pytest.raises(CodeWrong):
            consents.decide(cloud.room, cloud.person, case_id, old)
    for strange in ("", "１２３４５６", "12345", "1234567", "12 456"):
        with pytest.raises(CodeWrong):
            consents.decide(cloud.room, cloud.person, case_id, strange)
    assert consents.decide(cloud.room, cloud.person, case_id, new).state == CaseState.APPROVED


def test_a_code_that_waited_too_long(cloud: Cloud) -> None:
    case_id = cloud.case()
    code = cloud.ask(case_id)
    clock = cloud.office.region.clock
    before = clock.now()
    clock.advance(seconds=301)
    try:
        with pytest.raises(CodeGone):
            consents.decide(cloud.room, cloud.person, case_id, code)
    finally:
        cloud.office.region.turn_back(before)


def test_others_and_the_requester_get_no_code(cloud: Cloud) -> None:
    case_id = cloud.case()
    with pytest.raises(CaseUnknown):
        consents.ask_code(cloud.room, approver(39), case_id)
    with pytest.raises(KeyUnknown):
        consents.ask_code(cloud.room, cloud.office.first.principal, case_id)


def test_after_a_crash_the_same_code_finishes(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for point in ("seal.cloud_confirmed", "seal.cloud_signed"):
        case_id = cloud.case()
        code = cloud.ask(case_id)
        with monkeypatch.context() as patched:
            patched.setattr(consents, "reach", _dying(point))
            with pytest.raises(KeyboardInterrupt):
                consents.decide(cloud.room, cloud.person, case_id, code)
        assert consents.decide(cloud.room, cloud.person, case_id, code).state == CaseState.APPROVED


def test_after_a_crash_the_same_key_is_finished(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    person = approver(33)
    row = keys.enrol(cloud.room, person)
    for point in ("seal.cloud_agreed", "seal.cloud_key_made", "seal.cloud_certified"):
        with monkeypatch.context() as patched:
            patched.setattr(keys, "reach", _dying(point))
            with pytest.raises(KeyboardInterrupt):
                keys.agree(cloud.room, RA, row.id)
    assert keys.agree(cloud.room, RA, row.id).state == KeyState.ACTIVE
    with monkeypatch.context() as patched:
        patched.setattr(keys, "reach", _dying("seal.cloud_revoked"))
        with pytest.raises(KeyboardInterrupt):
            keys.revoke(cloud.room, person, row.id)
    keys.revoke(cloud.room, person, row.id)
    assert cloud.room.seal.keys.find(row.name) is None
    with pytest.raises(CaseUnknown):
        consents.ask_code(cloud.room, person, cloud.case())


def _dying(point: str) -> Callable[[str], None]:
    def reach(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    return reach


def test_over_http(cloud: Cloud) -> None:
    room, person = cloud.room, approver(34)
    people = {"person": person, "ra": RA, "approver": cloud.person, "market": clerk(MARKET)}

    def known(request: flask.Request) -> Principal | None:
        return people.get(request.headers.get("Authorization", ""))

    app = make_app(room.ground.settings, room.ground, [room.seal, room], (*ROUTES, *APPROVING), authenticators=[known])
    with app.test_client() as client:

        def post(who: str, path: str, **body: object) -> TestResponse:
            return client.post(f"/api/v1/seal/{path}", json=body, headers={"Authorization": who})

        assert post("market", "cloud-keys").status_code == 403
        made = post("person", "cloud-keys")
        assert made.status_code == 201
        place = f"cloud-keys/{made.get_json()['id']}"
        assert post("approver", f"{place}/decision", decision="approve").status_code == 403
        told = client.get("/api/v1/seal/cloud-keys", headers={"Authorization": "ra"}).get_json()["items"]
        assert [one["id"] for one in told] == [made.get_json()["id"]]
        assert post("ra", f"{place}/decision", decision="approve").get_json()["state"] == "active"
        assert post("approver", f"{place}/revocation").status_code == 404
        assert post("person", f"{place}/revocation", compromised=True).get_json()["state"] == "revoked"
        case_id = cloud.case()
        assert post("person", f"cases/{case_id}/code").status_code == 404
        assert post("approver", f"cases/{case_id}/code").get_json()["phone"] == "138****0001"
        assert post("approver", f"cases/{case_id}/cloud-decision", decision="approve", code="1").status_code == 422
        done = post("approver", f"cases/{case_id}/cloud-decision", decision="approve", code=cloud.phones.code)
        assert (done.get_json()["state"], done.get_json()["approvals_given"]) == ("approved", 1)


# --- the signer, asked by a web process in foreign hands --------------------------------------------------------------


def _asked(cloud: Cloud, case_id: UUID, code: str) -> Asked:
    said = cases.statement(cloud.office.room, cloud.person, case_id, Decision.APPROVE)
    with cloud.office.room.ground.db.read() as session:
        query = select(SealCloudConsent).where(SealCloudConsent.case_id == case_id)
        consent = session.scalars(query.order_by(SealCloudConsent.id.desc()).limit(1)).one()
    ref = cloud.room.seal.keys.signer(cloud.key.name).ref
    return Asked(ref, Purpose.APPROVAL, consent.intent, said, code.encode())


def _confirm(cloud: Cloud, case_id: UUID) -> None:
    """As the attacker would: straight into the row."""
    with cloud.office.room.ground.db.begin() as session:
        now = cloud.office.room.ground.clock.now()
        session.execute(
            update(SealCloudConsent).where(SealCloudConsent.case_id == case_id).values(confirmed_at=now, tries=1)
        )


def test_the_signer_wants_the_code_for_this_very_statement(cloud: Cloud) -> None:
    check = cloud.office.guard.policies[Purpose.APPROVAL]
    case_id, other = cloud.case(), cloud.case()
    code = cloud.ask(case_id)
    asked = _asked(cloud, case_id, code)
    with pytest.raises(PolicyRefused):
        check(asked)  # nobody confirmed
    _confirm(cloud, case_id)
    check(asked)
    cloud.ask(other)
    _confirm(cloud, other)
    foreign = _asked(cloud, other, code)
    refused = (
        replace(asked, content=b""),
        replace(asked, content=b"\xff" * 6),
        replace(asked, content=f"{(int(code) + 1) % 10**6:06}".encode()),
        replace(asked, data=foreign.data),  # the confirmation for another case's statement
        replace(asked, data=asked.data.replace(b"decision: approve", b"decision: refuse")),
        replace(asked, data=asked.data + b"\n"),
        replace(asked, data=b""),
        replace(asked, ref=cloud.room.seal.keys.signer("seal/21990000000001/sm2").ref),
        foreign,  # the other's row with this one's code
    )
    for one in refused:
        with pytest.raises(PolicyRefused):
            check(one)
    for intent in ("seal-consent:x", "seal-consent:" + str(UUID(int=5)), f"seal-case:{case_id}", ""):
        with pytest.raises(IntentUnknown):
            check(replace(asked, intent=intent))
    check(asked)


@pytest.mark.parametrize("what", ["moved", "person", "key", "late", "ended", "requester", "certificate"])
def test_the_signer_looks_at_the_rows_itself(cloud: Cloud, what: str) -> None:
    room, check = cloud.office.room, cloud.office.guard.policies[Purpose.APPROVAL]
    case_id, other = cloud.case(), cloud.case()
    code = cloud.ask(case_id)
    _confirm(cloud, case_id)
    asked = _asked(cloud, case_id, code)
    check(asked)
    consent_id = UUID(asked.intent.partition(":")[2])
    with room.ground.db.begin() as session:
        consent = session.get_one(SealCloudConsent, consent_id)
        key = session.get_one(SealCloudKey, cloud.key.id)
        case = session.get_one(SealCase, case_id)
        kept = (key.person, key.state, key.certificate)
        if what == "moved":  # the confirmed row hangs under another case, digest and octets made to fit
            consent.case_id = other
            asked = replace(asked, data=cases.statement(room, cloud.person, other, Decision.APPROVE))
            consent.statement_sha256 = sha256(asked.data).hex()
        elif what == "person":
            consent.person = cloud.office.first.principal.label
        elif what == "key":
            key.state = KeyState.REVOKED
        elif what == "late":
            consent.confirmed_at = room.ground.clock.now() - timedelta(minutes=6)
        elif what == "ended":
            case.state = CaseState.APPROVED
        elif what == "requester":
            case.requester = cloud.person.label
        else:
            key.certificate = cloud.office.first.fingerprint
    try:
        with pytest.raises(PolicyRefused):
            check(asked)
    finally:
        with room.ground.db.begin() as session:
            key = session.get_one(SealCloudKey, cloud.key.id)
            key.person, key.state, key.certificate = kept


def test_a_revoked_key_approves_nothing_given_before(cloud: Cloud) -> None:
    """Revoked between approval and stamping: the signer counts it no more. Last in this file: the key is gone."""
    office = cloud.office
    order = office.pdf(document=papers.pdf(1))
    case_id = office.ask(order).case_id
    assert case_id is not None
    consents.decide(cloud.room, cloud.person, case_id, cloud.ask(case_id))
    keys.revoke(cloud.room, RA, cloud.key.id)
    with pytest.raises(PolicyRefused) as refused:
        office.stamp(order)
    assert refused.value.code.endswith("approval_revoked")
    with pytest.raises(KeyUnknown):
        cloud.ask(case_id)
    with office.room.ground.db.begin() as session:
        session.execute(delete(SealPolicy))
    assert issubclass(ApprovalRefused, Forbidden)
