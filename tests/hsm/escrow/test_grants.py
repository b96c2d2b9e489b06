"""Who may let a key out: quorum, other people, time, and rows nobody can write by hand."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from foundation.clock import FixedClock
from foundation.errors import YinxinError
from foundation.principal import SYSTEM, Kind, Principal
from hsm.digests import sha256
from hsm.errors import KeyDamaged
from hsm.escrow.errors import EscrowedKeyMissing, GrantClosed, GrantMissing, NotYours, OtherStatement
from hsm.escrow.models import HsmEscrowApproval, HsmEscrowGrant
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import CENTRE_KEY, Form, Grant, GrantKind, GrantOrder, GrantState
from hsm.keys import Algorithm, Purpose
from hsm.room import HsmRoom
from hsm.schemes import Scheme
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from hsm.verifying import verify
from tests.hsm.escrow.test_keys import PARTIES, allot

ORGAN = Sm2PrivateKey.generate()
STATEMENT = sha256("（2026）印检证 7 号".encode())
HOUR = 3600


def person(name: str) -> Principal:
    return Principal(Kind.OFFICIAL, f"person:{name}")


ASKER, FIRST, SECOND, THIRD = (person(name) for name in ("asker", "first", "second", "third"))


def order(room: HsmRoom, keys: tuple[UUID, ...] | None = None, **changed: object) -> GrantOrder:
    wanted: dict[str, object] = {
        "id": room.ground.ids.uuid7(),
        "kind": GrantKind.JUDICIAL,
        "keys": keys or (allot(room).id,),
        "recipient": ORGAN.spki,
        "digest": STATEMENT,
        "quorum": 2,
        "seconds": 72 * HOUR,
        "approval_seconds": 24 * HOUR,
        **changed,
    }
    return GrantOrder(**wanted)  # type: ignore[arg-type]


def opened(room: HsmRoom, **changed: object) -> Grant:
    return room.escrow.open_grant(order(room, **changed), ASKER)  # type: ignore[arg-type]


def yes(room: HsmRoom, grant: Grant, *people: Principal) -> Grant:
    for one in people:
        grant = room.escrow.decide(grant.id, STATEMENT, one, approve=True)
    return grant


def released(room: HsmRoom, grant: Grant, form: Form = Form.SM2_ENVELOPED_KEY) -> None:
    room.escrow.release(grant.id, form, PARTIES, ASKER)


def test_two_others_agree_and_the_organ_gets_every_key(room: HsmRoom) -> None:
    keys = (allot(room).id, allot(room, request="pair:2").id)
    grant = opened(room, keys=keys)
    assert grant.state is GrantState.WAITING
    assert yes(room, grant, FIRST).state is GrantState.WAITING
    assert yes(room, grant, SECOND).state is GrantState.APPROVED
    envelopes = room.escrow.release(grant.id, Form.SKF, PARTIES, ASKER)
    assert tuple(one.key_id for one in envelopes) == keys
    for one in envelopes:
        spki = room.escrow.find(one.key_id).spki
        assert open_envelope(Form.SKF, one.octets, ORGAN.pkcs8(), spki)
    assert room.escrow.release(grant.id, Form.SKF, PARTIES, ASKER) == envelopes
    assert room.escrow.grant(grant.id).state is GrantState.RELEASED
    with pytest.raises(GrantClosed):
        released(room, grant, Form.ENVELOPED_DATA)


def test_the_requester_decides_nothing(room: HsmRoom) -> None:
    grant = opened(room)
    for approve in (True, False):
        with pytest.raises(NotYours) as refused:
            room.escrow.decide(grant.id, STATEMENT, ASKER, approve=approve)
        assert refused.value.code == "escrow.own_request"


def test_one_person_is_one_voice(room: HsmRoom) -> None:
    grant = opened(room)
    assert yes(room, grant, FIRST, FIRST, FIRST).state is GrantState.WAITING
    with pytest.raises(NotYours) as refused:
        room.escrow.decide(grant.id, STATEMENT, FIRST, approve=False)
    assert refused.value.code == "escrow.decided_before"
    with pytest.raises(GrantClosed):
        released(room, grant)


@pytest.mark.parametrize(
    "nobody",
    [SYSTEM, Principal(Kind.CLIENT, "client:kms"), Principal(Kind.CITIZEN, "person:9")],
    ids=lambda one: one.label,
)
def test_only_officials_decide(room: HsmRoom, nobody: Principal) -> None:
    grant = opened(room)
    with pytest.raises(NotYours) as refused:
        room.escrow.decide(grant.id, STATEMENT, nobody, approve=True)
    assert refused.value.code == "escrow.people_only"


def test_what_is_approved_is_what_was_read(room: HsmRoom) -> None:
    grant = opened(room)
    with pytest.raises(OtherStatement):
        room.escrow.decide(grant.id, sha256(b"another case"), FIRST, approve=True)
    assert room.escrow.grant(grant.id).approvals == ()


def test_a_no_closes_the_request(room: HsmRoom) -> None:
    grant = opened(room)
    yes(room, grant, FIRST)
    assert room.escrow.decide(grant.id, STATEMENT, SECOND, approve=False).state is GrantState.REFUSED
    for work in (lambda: yes(room, grant, THIRD), lambda: released(room, grant)):
        with pytest.raises(GrantClosed) as refused:
            work()
        assert refused.value.state is GrantState.REFUSED


def test_only_the_requester_withdraws(room: HsmRoom) -> None:
    grant = opened(room)
    with pytest.raises(NotYours):
        room.escrow.withdraw(grant.id, FIRST)
    assert room.escrow.withdraw(grant.id, ASKER).state is GrantState.WITHDRAWN
    with pytest.raises(GrantClosed):
        yes(room, grant, FIRST)


def test_an_approval_runs_out(room: HsmRoom, clock: FixedClock) -> None:
    grant = opened(room)
    yes(room, grant, FIRST)
    clock.advance(hours=20)
    assert yes(room, grant, SECOND).state is GrantState.APPROVED
    clock.advance(hours=5)
    assert room.escrow.grant(grant.id).state is GrantState.WAITING, "the first one's yes is 25 hours old"
    with pytest.raises(GrantClosed):
        released(room, grant)
    assert yes(room, grant, THIRD).state is GrantState.APPROVED
    released(room, grant)


def test_a_request_runs_out(room: HsmRoom, clock: FixedClock) -> None:
    grant = yes(room, opened(room), FIRST, SECOND)
    clock.advance(hours=73)
    assert room.escrow.grant(grant.id).state is GrantState.EXPIRED
    with pytest.raises(GrantClosed):
        released(room, grant)
    with pytest.raises(GrantClosed):
        yes(room, grant, THIRD)


@pytest.mark.parametrize(
    "changed",
    [{"quorum": 1}, {"quorum": 0}, {"kind": GrantKind.USER, "quorum": 0}, {"digest": b""}, {"seconds": 0},
     {"approval_seconds": 31 * 24 * HOUR}],
    ids=str,
)  # fmt: skip
def test_rules_of_the_request_itself(room: HsmRoom, changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="grant"):
        opened(room, **changed)


def test_a_request_for_keys_that_are_not_there(room: HsmRoom) -> None:
    with pytest.raises(EscrowedKeyMissing):
        opened(room, keys=(room.ground.ids.uuid7(),))
    with pytest.raises(GrantMissing):
        room.escrow.grant(room.ground.ids.uuid7())


def test_the_same_request_again_is_the_same_and_another_under_its_id_is_not(room: HsmRoom) -> None:
    wanted = order(room)
    grant = room.escrow.open_grant(wanted, ASKER)
    assert room.escrow.open_grant(wanted, ASKER) == grant
    with pytest.raises(OtherStatement):
        room.escrow.open_grant(wanted, FIRST)


@pytest.mark.parametrize(
    "values",
    [{"quorum": 0}, {"recipient": Sm2PrivateKey.generate().spki}, {"requester": "person:x"}, {"closed": "released"},
     {"approval_seconds": 10**8}],
    ids=lambda values: next(iter(values)),
)  # fmt: skip
def test_a_request_altered_in_the_database_is_refused(room: HsmRoom, values: dict[str, object]) -> None:
    grant = opened(room)
    with room.ground.db.begin() as session:
        session.execute(update(HsmEscrowGrant).where(HsmEscrowGrant.id == grant.id).values(**values))
    for work in (lambda: room.escrow.grant(grant.id), lambda: released(room, grant), lambda: yes(room, grant, FIRST)):
        with pytest.raises(KeyDamaged):
            work()


def test_an_approval_written_into_the_database_is_refused(room: HsmRoom) -> None:
    grant = yes(room, opened(room), FIRST)
    with room.ground.db.begin() as session:
        true = session.get_one(HsmEscrowApproval, (grant.id, FIRST.label))
        session.add(
            HsmEscrowApproval(grant_id=grant.id, approver=SECOND.label, approved=True, at=true.at, mac=true.mac)
        )
    with pytest.raises(KeyDamaged):
        released(room, grant)
    with room.ground.db.begin() as session:
        session.execute(delete(HsmEscrowApproval).where(HsmEscrowApproval.approver == SECOND.label))
        session.execute(update(HsmEscrowApproval).values(at=true.at + timedelta(hours=9)))
    with pytest.raises(KeyDamaged):
        room.escrow.grant(grant.id)


def test_many_at_once_count_once(room: HsmRoom) -> None:
    grant, said = opened(room), []
    gate = threading.Barrier(6)

    def work(who: Principal) -> None:
        gate.wait()
        try:
            said.append(room.escrow.decide(grant.id, STATEMENT, who, approve=True))
        except YinxinError as error:
            said.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in (FIRST, FIRST, FIRST, SECOND, SECOND, SECOND)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = room.escrow.grant(grant.id)
    assert [one.approver for one in sorted(found.approvals, key=lambda one: one.approver)] == [
        FIRST.label,
        SECOND.label,
    ]
    assert found.state is GrantState.APPROVED
    assert not [one for one in said if isinstance(one, YinxinError)]


def test_the_escrow_attests_in_its_own_words(room: HsmRoom) -> None:
    centre = room.keys.ensure(CENTRE_KEY, Algorithm.SM2, {Purpose.KEY_CENTRE})
    grant = yes(room, opened(room), FIRST, SECOND)
    with pytest.raises(GrantClosed):
        room.escrow.attest(grant.id, ASKER)
    (envelope,) = room.escrow.release(grant.id, Form.SIGNED_AND_ENVELOPED, _signed(), ASKER)
    said = room.escrow.attest(grant.id, ASKER)
    verify(centre.spki, Scheme.SM2_SM3, said.octets, said.signature, sm2_id=DEFAULT_SM2_ID)
    for part in (FIRST.label, SECOND.label, ASKER.label, STATEMENT.hex(), envelope.sha256, str(grant.id)):
        assert part.encode() in said.octets
    assert room.escrow.attest(grant.id, ASKER) == said


def _signed() -> object:
    from dataclasses import replace

    return replace(PARTIES, sender=PARTIES.recipient)
