"""kill -9 at each step: one pair, one key, one envelope, one transcript; nothing certified that is not escrowed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from ca.kmc import upkeep
from ca.kmc.asking import open_judicial
from ca.kmc.collecting import collect
from ca.kmc.deliveries import Delivery, deliver
from ca.kmc.models import CaKmcPair, PairState
from ca.kmc.recoveries import prove, recovery
from ca.kmc.revoking import revoke_pair
from ca.kmc.transcript import verify_transcript
from ca.models import CaCertificate, CaRevocation, State
from ca.reading import read_certificate
from ca.reading.crl import Reason
from ca.recover import recover as recover_certificates
from ca.storing import opened
from foundation.audit.models import AuditRow
from foundation.principal import SYSTEM
from hsm.escrow.models import HsmEscrowKey, HsmEscrowRelease
from hsm.escrow.shapes import Form, GrantState
from tests.ca.conftest import Region
from tests.ca.kmc.conftest import AUDITOR, OPERATOR, fresh, holder, signed_request
from tests.ca.kmc.dying import crash
from tests.ca.kmc.recovering import CASE, Organ, agreed, asked_by_holder, asked_judicially, opens_with, organ, proof

STEPS = (
    "kmc.recorded",
    "escrow.allotted",
    "kmc.allotted",
    "ca.recorded",
    "ca.signed:1",
    "ca.signed:2",
    "ca.stored",
    "kmc.both_issued",
    "kmc.stored",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crashed(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    return make_region(request.param)


@pytest.fixture(scope="module")
def prosecutor(crashed: Region) -> Organ:
    return organ(crashed)


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def certified_keys_are_escrowed(region: Region) -> None:
    """The promise of the whole room, looked at after every crash: recorded intents count too."""
    room = region.room
    with room.ground.db.read() as session:
        rows = session.scalars(select(CaCertificate).where(CaCertificate.profile.endswith("-encryption"))).all()
        held = set(session.scalars(select(HsmEscrowKey.spki_hash).where(HsmEscrowKey.owner.is_not(None))))
    assert {row.key_hash for row in rows} <= held
    assert room.escrow is not None
    for row in rows:
        if row.state == State.ISSUED:
            assert room.escrow.holds(read_certificate(opened(room.ground.cipher, row, "der")).spki)


@pytest.mark.parametrize("again", [True, False], ids=["asked-again", "recovered"])
@pytest.mark.parametrize("point", STEPS)
def test_a_killed_pair_is_finished_once(crashed: Region, point: str, again: bool) -> None:
    who, key = holder(), fresh(crashed)
    crash(crashed, point, "pair", key=key, octets=text(signed_request(who.key)))
    certified_keys_are_escrowed(crashed)
    if not again:
        recover_certificates(crashed.room, older_than=timedelta())
        upkeep.recover(crashed.room, older_than=timedelta())
    made = who.enrol(crashed, key)
    assert upkeep.recover(crashed.room, older_than=timedelta()) == []
    with crashed.room.ground.db.read() as session:
        row = session.scalars(select(CaKmcPair).where(CaKmcPair.request_key == key)).one()
        keys = session.scalars(select(HsmEscrowKey).where(HsmEscrowKey.request_key == f"kmc:{row.id}")).all()
        certificates = session.scalars(
            select(CaCertificate).where(CaCertificate.request_key.startswith(f"kmc:{row.id}:"))
        ).all()
        audit = session.scalars(select(AuditRow.action).where(AuditRow.object == f"pair:{row.id}")).all()
    assert (row.state, row.order) == (PairState.ISSUED, None)
    assert [one.id for one in keys] == [made.escrow_id]
    assert {one.id for one in certificates} == {made.signing.id, made.encryption.id}
    assert sorted(audit) == ["ca.kmc.pair_issue", "ca.kmc.pair_record"]
    certified_keys_are_escrowed(crashed)


def test_recovery_leaves_young_pairs_alone(crashed: Region) -> None:
    who, key = holder(), fresh(crashed)
    crash(crashed, "kmc.recorded", "pair", key=key, octets=text(signed_request(who.key)))
    assert upkeep.recover(crashed.room) == []
    assert len(upkeep.recover(crashed.room, older_than=timedelta())) == 1


@pytest.mark.parametrize("point", ["escrow.release_recorded", "escrow.release_made"])
def test_a_killed_delivery_is_made_once(crashed: Region, point: str) -> None:
    made = holder().enrol(crashed, fresh(crashed))
    crash(crashed, point, "deliver", id=str(made.id))
    first = deliver(crashed.room, SYSTEM, made.id, Delivery.SIGNED_AND_ENVELOPED)
    assert deliver(crashed.room, SYSTEM, made.id, Delivery.SIGNED_AND_ENVELOPED).octets == first.octets
    with crashed.room.ground.db.read() as session:
        rows = session.scalars(select(HsmEscrowRelease).where(HsmEscrowRelease.key_id == made.escrow_id)).all()
        audit = session.scalars(
            select(AuditRow).where(
                AuditRow.object == f"escrow-key:{made.escrow_id}", AuditRow.action == "hsm.escrow.release"
            )
        ).all()
    assert len(rows) == len(audit) == 1


def test_a_killed_revocation_is_completed(crashed: Region) -> None:
    made = holder().enrol(crashed, fresh(crashed))
    crash(crashed, "kmc.encryption_revoked", "revoke", id=str(made.id))
    revoke_pair(crashed.room, SYSTEM, made.id, Reason.SUPERSEDED)
    with crashed.room.ground.db.read() as session:
        gone = set(session.scalars(select(CaRevocation.certificate_id)))
    assert {made.signing.id, made.encryption.id} <= gone


def test_a_killed_request_reaches_the_approvers(crashed: Region, prosecutor: Organ) -> None:
    made, key = holder().enrol(crashed, fresh(crashed)), fresh(crashed)
    crash(
        crashed,
        "kmc.recovery_recorded",
        "judicial",
        id=str(made.encryption.id),
        octets=text(prosecutor.certificate),
        key=key,
    )
    found = open_judicial(crashed.room, OPERATOR, [made.encryption.id], prosecutor.certificate, CASE, key)
    assert found.state is GrantState.WAITING


def test_a_killed_proof_can_be_given_again(crashed: Region) -> None:
    who = holder()
    made = who.enrol(crashed, fresh(crashed))
    found = asked_by_holder(crashed, made.signing.id)
    crash(crashed, "kmc.proven", "prove", id=str(found.id), octets=text(proof(who, found)))
    assert recovery(crashed.room, AUDITOR, found.id).state is None
    assert prove(crashed.room, OPERATOR, found.id, proof(who, found)).state is GrantState.WAITING


@pytest.mark.parametrize(
    "point", ["escrow.release_recorded", "escrow.release_made", "kmc.released", "escrow.attestation_recorded"]
)
def test_a_killed_collection_gives_one_transcript(crashed: Region, prosecutor: Organ, point: str) -> None:
    made = holder().enrol(crashed, fresh(crashed))
    found = agreed(crashed, asked_judicially(crashed, [made], prosecutor))
    crash(crashed, point, "collect", id=str(found.id))
    got = collect(crashed.room, OPERATOR, found.id, Form.SM2_ENVELOPED_KEY)
    opens_with(got, prosecutor.key)
    root = crashed.room.authority("sm2-root").certificate.der
    assert verify_transcript(got.transcript, [root]).genuine
    assert collect(crashed.room, OPERATOR, found.id, Form.SM2_ENVELOPED_KEY).transcript == got.transcript
