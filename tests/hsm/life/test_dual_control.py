"""Dual control: nobody alone, nobody twice, exactly what was approved, once, and never late."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from foundation.audit.models import AuditRow
from foundation.clock import FixedClock
from foundation.errors import Damaged, Forbidden, InvalidInput, Unauthenticated
from foundation.principal import ANONYMOUS, SYSTEM, Kind, Permission, Principal
from hsm.errors import KeyExists, KeyMissing
from hsm.keys import Algorithm, Purpose, State
from hsm.life.errors import (
    ApprovedTwice,
    BadOrder,
    DualControlNeeded,
    NotAPerson,
    OtherDigest,
    OwnRequest,
    RequestClosed,
    RequestUnknown,
)
from hsm.life.models import HsmKeyApproval, HsmKeyRequest
from hsm.life.orders import Operation, Order
from hsm.life.requests import Standing, ask, find, judge, listed
from hsm.models import HsmKey
from hsm.signing import ToBeSigned
from tests.hsm.life.conftest import ANNE, BO, CHEN, CUSTODIAN, Office, custodian, generate


def test_a_key_made_by_two_people_signs_only_after_they_activated_it(office: Office) -> None:
    made = office.do(generate())
    assert made.state is State.PRE_ACTIVE
    with pytest.raises(KeyMissing):
        office.room.keys.signer("ca/root")
    office.do(Order(Operation.ACTIVATE, "ca/root", 1))
    office.room.keys.signer("ca/root").sign(ToBeSigned(Purpose.CRL, b"tbs", "intent"))


def test_nobody_approves_their_own_request_from_any_account(office: Office) -> None:
    asked = office.ask(generate())
    for account in (ANNE, custodian(1, account="/second")):
        with pytest.raises(OwnRequest):
            judge(office.ground, account, asked.id, asked.digest, agree=True)
    assert find(office.ground, asked.id).standing is Standing.OPEN


def test_nobody_counts_twice(office: Office) -> None:
    keys = office.ground.settings.keys.model_copy(update={"approvals": 2})
    ground = replace(office.ground, settings=office.ground.settings.model_copy(update={"keys": keys}))
    asked = ask(ground, ANNE, generate(), "两人审批")
    assert judge(ground, BO, asked.id, asked.digest, agree=True).standing is Standing.OPEN
    for account in (BO, custodian(2, account="/second")):
        with pytest.raises(ApprovedTwice):
            judge(ground, account, asked.id, asked.digest, agree=True)
    with pytest.raises(RequestClosed, match="open"):
        office.keeper.execute(ANNE, asked.id)
    assert judge(ground, CHEN, asked.id, asked.digest, agree=True).standing is Standing.APPROVED


def test_one_refusal_ends_it(office: Office) -> None:
    asked = office.ask(generate())
    assert judge(office.ground, BO, asked.id, asked.digest, agree=False).standing is Standing.REFUSED
    with pytest.raises(RequestClosed):
        judge(office.ground, CHEN, asked.id, asked.digest, agree=True)
    with pytest.raises(RequestClosed):
        office.keeper.execute(ANNE, asked.id)


def test_the_digest_that_was_looked_at_is_the_digest_that_is_done(office: Office) -> None:
    asked = office.ask(generate())
    with pytest.raises(OtherDigest):
        judge(office.ground, BO, asked.id, generate("ca/other").digest(), agree=True)


@pytest.mark.parametrize("column", ["order", "digest"])
def test_an_order_changed_after_approval_is_not_done(office: Office, column: str) -> None:
    approved = office.approved(generate())
    other = generate("ca/mine")
    value = other.canonical() if column == "order" else other.digest()
    with office.ground.db.begin() as session:
        session.execute(update(HsmKeyRequest).where(HsmKeyRequest.id == approved.id).values({column: value}))
    with pytest.raises(Damaged, match="request_damaged"):
        office.keeper.execute(ANNE, approved.id)


def test_an_order_and_digest_changed_together_have_no_approval(office: Office) -> None:
    """Somebody who may write the table still lacks an approval of what they put there."""
    approved, other = office.approved(generate()), generate("ca/mine")
    with office.ground.db.begin() as session:
        session.execute(
            update(HsmKeyRequest)
            .where(HsmKeyRequest.id == approved.id)
            .values(order=other.canonical(), digest=other.digest())
        )
    with pytest.raises(RequestClosed):
        office.keeper.execute(ANNE, approved.id)
    assert office.room.keys.names() == []


def test_a_state_set_by_hand_is_no_approval(office: Office) -> None:
    asked = office.ask(generate())
    with office.ground.db.begin() as session:
        session.execute(update(HsmKeyRequest).values(state=Standing.APPROVED))
    with pytest.raises(RequestClosed):
        office.keeper.execute(ANNE, asked.id)
    assert office.room.keys.names() == []


def test_it_is_done_once(office: Office) -> None:
    approved = office.approved(generate())
    office.keeper.execute(ANNE, approved.id)
    with pytest.raises(RequestClosed, match="executed"):
        office.keeper.execute(ANNE, approved.id)
    assert find(office.ground, approved.id).executor == ANNE.label


def test_two_executors_at_once_make_one_version(office: Office) -> None:
    office.active()
    approved = office.approved(Order(Operation.ROTATE, "ca/root"))
    start, outcomes = threading.Barrier(2), []

    def run() -> None:
        start.wait()
        try:
            outcomes.append(office.keeper.execute(ANNE, approved.id).version)
        except (RequestClosed, KeyExists) as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(2) == 1
    with office.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HsmKey)) == 2


def test_two_judgements_of_one_person_at_once_count_once(office: Office) -> None:
    asked = office.ask(generate())
    start, outcomes = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        try:
            judge(office.ground, BO, asked.id, asked.digest, agree=True)
            outcomes.append("counted")
        except (ApprovedTwice, RequestClosed) as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("counted") == 1
    with office.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HsmKeyApproval)) == 1


@pytest.mark.parametrize("when", ["judge", "execute"])
def test_a_request_expires(office: Office, clock: FixedClock, when: str) -> None:
    asked = office.ask(generate()) if when == "judge" else office.approved(generate())
    clock.advance(days=7, seconds=1)
    assert find(office.ground, asked.id).standing is Standing.EXPIRED
    late = {
        "judge": lambda: judge(office.ground, BO, asked.id, asked.digest, agree=True),
        "execute": lambda: office.keeper.execute(ANNE, asked.id),
    }
    with pytest.raises(RequestClosed, match="expired"):
        late[when]()


@pytest.mark.parametrize(
    ("principal", "error"),
    [
        (ANONYMOUS, Unauthenticated),
        (SYSTEM, NotAPerson),
        (Principal(Kind.CLIENT, "client:x", CUSTODIAN), NotAPerson),
        (Principal(Kind.OFFICIAL, "person:x", CUSTODIAN), NotAPerson),  # an account without a person behind it
        (replace(custodian(9), permissions=frozenset({Permission.ADMIN_READ})), Forbidden),
    ],
)
def test_who_may_not_take_part(office: Office, principal: Principal, error: type[Exception]) -> None:
    asked, approved = office.ask(generate()), office.approved(generate("ca/two"))
    with pytest.raises(error):
        ask(office.ground, principal, generate(), "x")
    with pytest.raises(error):
        judge(office.ground, principal, asked.id, asked.digest, agree=True)
    with pytest.raises(error):
        office.keeper.execute(principal, approved.id)


def test_asking_is_not_approving(office: Office) -> None:
    asked = office.ask(generate())
    with pytest.raises(Forbidden):
        judge(
            office.ground,
            replace(BO, permissions=frozenset({Permission.KEY_REQUEST})),
            asked.id,
            asked.digest,
            agree=True,
        )


@pytest.mark.parametrize(
    "order",
    [
        Order(Operation.GENERATE, "ca/root"),
        Order(Operation.GENERATE, "ca/root", 1, Algorithm.SM2, (Purpose.CRL,)),
        Order(Operation.GENERATE, "CA root", algorithm=Algorithm.SM2, purposes=(Purpose.CRL,)),
        Order(Operation.GENERATE, "a", algorithm=Algorithm.SM2, purposes=(Purpose.CRL, Purpose.CERTIFICATE)),
        Order(Operation.ACTIVATE, "ca/root"),
        Order(Operation.ACTIVATE, "ca/root", 0),
        Order(Operation.ROTATE, "ca/root", 1),
        Order(Operation.BACKUP, "ca/root", 1),
        Order(Operation.BACKUP, "ca/root", 1, recipient="somebody"),
        Order(Operation.RETIRE, "ca/root", 1, recipient="passphrase"),
        Order(Operation.RESTORE, "ca/root", 1, Algorithm.SM2, (Purpose.CRL,)),
    ],
    ids=lambda order: f"{order.operation}-{order.version}",
)
def test_an_order_says_all_and_no_more(order: Order) -> None:
    with pytest.raises(BadOrder):
        order.checked()


def test_what_is_no_order_is_no_request(office: Office) -> None:
    with pytest.raises(BadOrder):
        office.ask(Order(Operation.BACKUP, "ca/root", 1))
    assert listed(office.ground) == []


def test_a_request_needs_a_reason_and_an_end(office: Office) -> None:
    for reason, life in ((" ", timedelta(days=1)), ("x" * 201, timedelta(days=1)), ("x", timedelta(days=8))):
        with pytest.raises(InvalidInput):
            ask(office.ground, ANNE, generate(), reason, life)


def test_an_unknown_request(office: Office) -> None:
    for call in (
        lambda: find(office.ground, office.ground.ids.uuid7()),
        lambda: office.keeper.execute(ANNE, office.ground.ids.uuid7()),
        lambda: judge(office.ground, BO, office.ground.ids.uuid7(), "0" * 64, agree=True),
    ):
        with pytest.raises(RequestUnknown):
            call()


def test_the_system_makes_no_ca_key_alone_where_dual_control_rules(office: Office) -> None:
    office.room.keys._dual_control = True  # type: ignore[attr-defined]
    for call in (
        lambda: office.room.keys.ensure("ca/sm2-root", Algorithm.SM2, {Purpose.CERTIFICATE, Purpose.CRL}),
        lambda: office.room.keys.generate("ca/sm2-root", Algorithm.SM2, {Purpose.CERTIFICATE}, principal=ANNE),
    ):
        with pytest.raises(DualControlNeeded, match="ceremony"):
            call()
    office.room.keys.ensure("audit/checkpoint", Algorithm.SM2, {Purpose.CHECKPOINT})
    office.active("ca/sm2-root")
    with pytest.raises(DualControlNeeded):
        office.room.keys.renew("ca/sm2-root")
    with pytest.raises(DualControlNeeded):
        office.room.keys.retire("ca/sm2-root", 1)
    assert office.room.keys.ensure("ca/sm2-root", Algorithm.SM2, {Purpose.CERTIFICATE, Purpose.CRL}).version == 1


def test_every_step_is_in_the_trail_without_the_reason(office: Office) -> None:
    office.do(generate())
    with office.ground.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.object == "key:ca/root").order_by(AuditRow.nseq)).all()
    actions = ["hsm.key.request", "hsm.key.approve", "hsm.key.execute", "hsm.key.generate"]
    assert [row.action for row in rows] == actions
    assert not any("换钥" in row.payload for row in rows)
    assert [one.order.key for one in listed(office.ground, key="ca/root")] == ["ca/root"]
    assert listed(office.ground, key="ca/none") == []
