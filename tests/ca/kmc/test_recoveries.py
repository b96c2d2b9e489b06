"""User and judicial recovery: who gets which keys, and everybody who must not."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, update

from ca.errors import CertificateUnknown
from ca.kmc.asking import open_judicial, open_user
from ca.kmc.collecting import collect
from ca.kmc.errors import (
    BadRecipient,
    DutiesMixed,
    NotTheOwner,
    NotTheRequester,
    PairKeyTaken,
    ProofFailed,
    RecoveryUnknown,
    Unproven,
)
from ca.kmc.models import CaKmcRecovery
from ca.kmc.recoveries import decide, prove, recoveries, recovery, withdraw
from ca.kmc.transcript import verify_transcript
from ca.reading.crl import Reason
from ca.revoke import revoke
from foundation.audit.models import AuditRow
from foundation.errors import Forbidden, InvalidInput, YinxinError
from foundation.principal import SYSTEM
from hsm.digests import sha256
from hsm.errors import BadCiphertext, KeyDamaged
from hsm.escrow.errors import GrantClosed, NotYours, OtherStatement
from hsm.escrow.models import HsmEscrowGrant
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Form, GrantState
from hsm.sm2 import Sm2PrivateKey
from tests.ca.conftest import Region
from tests.ca.kmc.conftest import APPROVERS, AUDITOR, ISSUER, OPERATOR, fresh, holder
from tests.ca.kmc.recovering import (
    CASE,
    agreed,
    asked_by_holder,
    asked_judicially,
    collected,
    opens_with,
    organ,
    proof,
    proven,
)


def test_a_holder_with_a_new_token_gets_every_key_back(region: Region) -> None:
    """Lost his token twice; the third signing key opens what was encrypted to the first two."""
    earlier = [holder(51).enrol(region, fresh(region)) for _ in range(2)]
    now = holder(51)
    newest = now.enrol(region, fresh(region))
    found = asked_by_holder(region, newest.signing.id)
    assert found.state is None
    found = proven(region, now, found)
    assert found.state is GrantState.WAITING
    assert agreed(region, found, APPROVERS[0]).state is GrantState.APPROVED
    got = collected(region, found)
    assert isinstance(now.key, Sm2PrivateKey)
    opened = opens_with(got, now.key)
    assert {str(one.escrow_id) for one in (*earlier, newest)} == set(opened)
    assert [one.key.version for one in got.keys] == [1, 2, 3]


def test_a_judicial_recovery_gives_the_organ_the_named_key_only(region: Region) -> None:
    to, who = organ(region), holder(52)
    first, second = who.enrol(region, fresh(region)), holder(52).enrol(region, fresh(region))
    found = asked_judicially(region, [first], to)
    assert found.state is GrantState.WAITING
    assert agreed(region, found, APPROVERS[0]).state is GrantState.WAITING
    assert agreed(region, found, APPROVERS[1]).state is GrantState.APPROVED
    got = collected(region, found, Form.SIGNED_AND_ENVELOPED)
    assert [one.key.id for one in got.keys] == [first.escrow_id]
    centre = region.room.keys.find("ca/sm2-kmc")
    assert centre is not None
    (only,) = got.keys
    open_envelope(Form.SIGNED_AND_ENVELOPED, only.envelope.octets, to.key.pkcs8(), only.key.spki, centre.spki)
    for other in (who.key, *(Sm2PrivateKey.generate() for _ in range(1))):
        with pytest.raises(BadCiphertext):
            open_envelope(Form.SIGNED_AND_ENVELOPED, only.envelope.octets, other.pkcs8(), only.key.spki, centre.spki)
    whole = asked_judicially(region, [second], to, with_history=True)
    assert whole.keys == (first.escrow_id, second.escrow_id)


def test_collecting_again_gives_the_same(region: Region) -> None:
    to = organ(region)
    found = agreed(region, asked_judicially(region, [holder().enrol(region, fresh(region))], to))
    first, again = collected(region, found), collected(region, found)
    assert [one.envelope.octets for one in first.keys] == [one.envelope.octets for one in again.keys]
    assert first.transcript == again.transcript
    with pytest.raises(GrantClosed):
        collected(region, found, Form.SKF)


def test_nothing_leaves_before_enough_others_agreed(region: Region) -> None:
    to, made = organ(region), holder().enrol(region, fresh(region))
    found = asked_judicially(region, [made], to)
    with pytest.raises(GrantClosed):
        collected(region, found)
    agreed(region, found, APPROVERS[0])
    with pytest.raises(GrantClosed):
        collected(region, found)


def test_the_wrong_people(region: Region) -> None:
    to, made = organ(region), holder().enrol(region, fresh(region))
    found = asked_judicially(region, [made], to)
    digest = found.statement.digest
    for who, error in ((OPERATOR, Forbidden), (AUDITOR, Forbidden), (ISSUER, DutiesMixed), (SYSTEM, DutiesMixed)):
        with pytest.raises(error):
            decide(region.room, who, found.id, digest, approve=True)
    both = APPROVERS[2]
    own = open_judicial(
        region.room,
        type(both)(both.kind, both.label, both.permissions | OPERATOR.permissions),
        [made.encryption.id],
        to.certificate,
        CASE,
        fresh(region),
    )
    with pytest.raises(NotYours):
        decide(region.room, both, own.id, own.statement.digest, approve=True)
    agreed(region, found)
    for who in (APPROVERS[0], AUDITOR, ISSUER):
        with pytest.raises(Forbidden):
            collect(region.room, who, found.id, Form.SKF)
    other = type(OPERATOR)(OPERATOR.kind, "person:other", OPERATOR.permissions)
    with pytest.raises(NotTheRequester):
        collect(region.room, other, found.id, Form.SKF)


def test_who_sees_recoveries(region: Region) -> None:
    found = asked_judicially(region, [holder().enrol(region, fresh(region))], organ(region))
    assert recovery(region.room, AUDITOR, found.id).id == found.id
    assert found.id in {one.id for one in recoveries(region.room, AUDITOR, limit=100)}
    for who in (ISSUER, type(AUDITOR)(AUDITOR.kind, "person:nobody")):
        with pytest.raises(RecoveryUnknown):
            recovery(region.room, who, found.id)
        with pytest.raises(Forbidden):
            recoveries(region.room, who)


def test_the_statement_approved_is_the_one_shown(region: Region) -> None:
    found = asked_judicially(region, [holder().enrol(region, fresh(region))], organ(region))
    with pytest.raises(OtherStatement):
        decide(region.room, APPROVERS[0], found.id, sha256(b"other"), approve=True)
    said = json.loads(found.statement.octets)
    assert (said["case"]["number"], said["requester"]) == (CASE.number, OPERATOR.label)


def test_case_and_organ_stand_nowhere_in_clear(region: Region) -> None:
    found = asked_judicially(region, [holder().enrol(region, fresh(region))], organ(region))
    with region.room.ground.db.read() as session:
        row = session.get_one(CaKmcRecovery, found.id)
        audit = session.scalars(select(AuditRow.payload).where(AuditRow.object == f"recovery:{found.id}")).all()
    for text in (row.statement, row.recipient, *audit):
        assert CASE.number not in text
        assert CASE.organ not in text


def test_the_holder_must_sign_the_challenge_with_the_new_key(region: Region) -> None:
    who = holder(53)
    made = who.enrol(region, fresh(region))
    found = asked_by_holder(region, made.signing.id)
    other = asked_by_holder(region, made.signing.id)
    for value in (proof(holder(53), found), proof(who, other), b"", b"\x30\x00"):
        with pytest.raises(ProofFailed):
            prove(region.room, OPERATOR, found.id, value)
    with pytest.raises(Unproven):
        agreed(region, found, APPROVERS[0])
    with pytest.raises(Unproven):
        collected(region, found)
    assert proven(region, who, found).state is GrantState.WAITING
    assert proven(region, who, found).state is GrantState.WAITING, "the same proof again changes nothing"


def test_only_a_valid_signing_certificate_of_the_holder_will_do(region: Region) -> None:
    who = holder(54)
    made = who.enrol(region, fresh(region))
    with pytest.raises(NotTheOwner):
        asked_by_holder(region, made.encryption.id)
    with pytest.raises(CertificateUnknown):
        asked_by_holder(region, region.room.ground.ids.uuid7())
    stranger = holder(55).enrol(region, fresh(region))
    found = asked_by_holder(region, stranger.signing.id)
    assert made.escrow_id not in found.keys, "another person's certificate reaches that person's keys"
    revoke(region.room, SYSTEM, certificate_id=made.signing.id, reason=Reason.SUPERSEDED)
    with pytest.raises(NotTheOwner):
        asked_by_holder(region, made.signing.id)


def test_a_certificate_revoked_after_approval_gets_nothing(region: Region) -> None:
    who = holder(56)
    made = who.enrol(region, fresh(region))
    found = agreed(region, proven(region, who, asked_by_holder(region, made.signing.id)), APPROVERS[0])
    revoke(region.room, SYSTEM, certificate_id=made.signing.id, reason=Reason.KEY_COMPROMISE)
    with pytest.raises(NotTheOwner):
        collected(region, found)


def test_the_organs_certificate_is_checked(region: Region) -> None:
    made, to = holder().enrol(region, fresh(region)), organ(region)
    for octets in (b"", b"\x30\x00", made.signing.der, region.room.authority("sm2-issuing").certificate.der):
        with pytest.raises(BadRecipient):
            open_judicial(region.room, OPERATOR, [made.encryption.id], octets, CASE, fresh(region))
    found = agreed(region, asked_judicially(region, [made], to))
    revoke(region.room, SYSTEM, certificate_id=_id(region, to.certificate), reason=Reason.SUPERSEDED)
    with pytest.raises(BadRecipient):
        collected(region, found)


def _id(region: Region, certificate: bytes) -> object:
    from ca.models import CaCertificate

    with region.room.ground.db.read() as session:
        return session.scalars(
            select(CaCertificate.id).where(CaCertificate.fingerprint == sha256(certificate).hex())
        ).one()


def test_one_request_concerns_one_holder(region: Region) -> None:
    pairs = [holder(57).enrol(region, fresh(region)), holder(58).enrol(region, fresh(region))]
    with pytest.raises(InvalidInput) as refused:
        asked_judicially(region, pairs, organ(region))
    assert refused.value.code == "kmc.one_holder"
    with pytest.raises(InvalidInput):
        asked_judicially(region, [], organ(region))


def test_the_same_request_key_again(region: Region) -> None:
    made, key = holder(59).enrol(region, fresh(region)), fresh(region)
    first = asked_by_holder(region, made.signing.id, key)
    assert asked_by_holder(region, made.signing.id, key).id == first.id
    other = holder(60).enrol(region, fresh(region))
    with pytest.raises(PairKeyTaken):
        asked_by_holder(region, other.signing.id, key)
    with pytest.raises(PairKeyTaken):
        open_user(region.room, type(OPERATOR)(OPERATOR.kind, "person:o2", OPERATOR.permissions), made.signing.id, key)


def test_withdrawn_and_refused_and_run_out(own_region: Region) -> None:
    region = own_region
    who, to = holder(61), organ(region)
    made = who.enrol(region, fresh(region))
    gone = asked_by_holder(region, made.signing.id)
    assert withdraw(region.room, OPERATOR, gone.id).state is GrantState.WITHDRAWN
    with pytest.raises(GrantClosed):
        proven(region, who, gone)
    taken_back = asked_judicially(region, [made], to)
    assert withdraw(region.room, OPERATOR, taken_back.id).state is GrantState.WITHDRAWN
    refused = asked_judicially(region, [made], to)
    decide(region.room, APPROVERS[0], refused.id, refused.statement.digest, approve=False)
    late = asked_judicially(region, [made], to)
    unproven = asked_by_holder(region, made.signing.id)
    agreed(region, late)
    region.clock.advance(hours=25)
    assert recovery(region.room, AUDITOR, late.id).state is GrantState.WAITING, "the approvals ran out"
    region.clock.advance(hours=48)
    for found, state in ((refused, GrantState.REFUSED), (late, GrantState.EXPIRED), (unproven, GrantState.EXPIRED)):
        assert recovery(region.room, AUDITOR, found.id).state is state
        with pytest.raises(GrantClosed):
            collected(region, found)
    with pytest.raises(GrantClosed):
        proven(region, who, unproven)


def test_a_grant_pointed_elsewhere_in_the_database_releases_nothing(own_region: Region) -> None:
    found = agreed(own_region, asked_judicially(own_region, [holder().enrol(own_region, "p")], organ(own_region)))
    with own_region.room.ground.db.begin() as session:
        session.execute(update(HsmEscrowGrant).values(recipient=Sm2PrivateKey.generate().spki))
    with pytest.raises(KeyDamaged):
        collected(own_region, found)


def test_a_statement_moved_to_another_case_does_not_open(own_region: Region) -> None:
    to, made = organ(own_region), holder().enrol(own_region, "p")
    one, two = (asked_judicially(own_region, [made], to) for _ in range(2))
    with own_region.room.ground.db.begin() as session:
        other = session.get_one(CaKmcRecovery, two.id).statement
        session.execute(update(CaKmcRecovery).where(CaKmcRecovery.id == one.id).values(statement=other))
    with pytest.raises(YinxinError) as refused:
        recovery(own_region.room, AUDITOR, one.id)
    assert refused.value.code == "hsm.field_damaged"


def test_the_trail_tells_the_whole_story(region: Region) -> None:
    found = agreed(region, asked_judicially(region, [holder().enrol(region, fresh(region))], organ(region)))
    collected(region, found)
    with region.room.ground.db.read() as session:
        rows = session.scalars(
            select(AuditRow)
            .where(AuditRow.object.in_([f"recovery:{found.id}", f"escrow-grant:{found.id}"]))
            .order_by(AuditRow.nseq)
        ).all()
    assert [(row.action, row.actor) for row in rows] == [
        ("ca.kmc.recovery_open", OPERATOR.label),
        ("hsm.escrow.grant_open", OPERATOR.label),
        ("hsm.escrow.grant_approve", APPROVERS[0].label),
        ("hsm.escrow.grant_approve", APPROVERS[1].label),
        ("hsm.escrow.attest", OPERATOR.label),
        ("ca.kmc.recovery_collect", OPERATOR.label),
    ]
    root = region.room.authority("sm2-root").certificate.der
    assert verify_transcript(collected(region, found).transcript, [root]).genuine
