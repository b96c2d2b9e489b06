"""Mass revocation: by list, by key, by query; approved by another; killed and resumed; told apart from what stood."""

from __future__ import annotations

import signal
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from ca import crl, ocsp, revocation_jobs, revoke_many
from ca.errors import MassRevocationUnknown
from ca.mass_selection import Progress, Selection, prepare, progress, recent, refusals
from ca.models import CaCertificate, CaRevocation, State
from ca.reading import CertStatus, Reason, read_crl, read_ocsp_response
from ca.revocation_models import CaMassItem, CaOcspAnswer
from ca.revoke import hold, revoke
from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import Conflict, Forbidden, InvalidInput
from foundation.jobs import Worker
from foundation.principal import SYSTEM, Kind, Permission, Principal
from tests.ca.conftest import USCC, Region
from tests.ca.test_crl_recovery import run_child
from tests.ca.test_ocsp import request

CA = "sm2-issuing"
ASKER = Principal(Kind.OFFICIAL, "official:asker", frozenset({Permission.CA_REVOKE}))
OTHER = Principal(Kind.OFFICIAL, "official:other", frozenset({Permission.CA_REVOKE}))
STRANGER = Principal(
    Kind.CLIENT, "client:x", frozenset({Permission.CA_REVOKE}), department="91219900MB1000050X", client_id="x"
)


def carry_out(region: Region, job: Progress) -> Progress:
    """By a worker, as it happens in production."""
    room = region.room
    revoke_many.approve(room, OTHER, job.id)
    worker = Worker(room.ground.db, room.ground.jobs, revocation_jobs.handlers(room))
    assert worker.drain() == 1
    return progress(room, ASKER, job.id)


def bulk(region: Region, many: int) -> list[str]:
    """Certificates of one more key, copied row by row: what the database sees after years of issuing."""
    made = region.issue(Suite.SM2, "code-signer")
    room = region.room
    with room.ground.db.begin() as session:
        row = session.get_one(CaCertificate, made.id)
        shared = {c.key: getattr(row, c.key) for c in CaCertificate.__mapper__.column_attrs}
        serials = [made.serial + 1 + number for number in range(many - 1)]
        rows = [
            {
                **shared,
                "id": room.ground.ids.uuid7(),
                "request_key": f"bulk:{serial:x}",
                "serial": f"{serial:x}",
                "shard": serial % room.authority(CA).shards,
                "fingerprint": f"{serial:064x}",
            }
            for serial in serials
        ]
        session.execute(CaCertificate.__table__.insert(), [dict(one) for one in rows])
    return [f"{made.serial:x}", *(f"{serial:x}" for serial in serials)]


def key_of(region: Region, serial: str) -> str:
    with region.room.ground.db.read() as session:
        return session.scalars(select(CaCertificate.key_hash).where(CaCertificate.serial == serial)).one()


def test_a_list_of_serials_is_revoked_and_counted(own_region: Region) -> None:
    room = own_region.room
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(5)]
    revoke(room, SYSTEM, certificate_id=made[0].id, reason=Reason.SUPERSEDED)
    hold(room, SYSTEM, certificate_id=made[1].id)
    data = request(own_region, Suite.SM2, made[2].serial)
    ocsp.answer(room, CA, data)
    job = prepare(room, ASKER, Selection(CA, tuple(one.serial for one in made)), Reason.CESSATION_OF_OPERATION)
    assert (job.total, job.state, job.revoked) == (5, "prepared", 0)
    done = carry_out(own_region, job)
    assert (done.state, done.revoked, done.standing, done.refused) == ("done", 4, 1, 0)
    found = read_crl(crl.current(room, CA))
    reasons = [found.find(one.serial).reason for one in made]  # type: ignore[union-attr]
    assert reasons == [Reason.SUPERSEDED, *[Reason.CESSATION_OF_OPERATION] * 4]
    assert read_ocsp_response(ocsp.answer(room, CA, data)).answers[0].status is CertStatus.REVOKED
    with room.ground.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "ca.certificate.revoke")).all()
    assert [row.actor for row in rows] == [SYSTEM.label, *["official:asker"] * 4]


def test_by_key_by_profile_and_by_time(own_region: Region) -> None:
    room = own_region.room
    many = bulk(own_region, 4)
    own_region.clock.advance(hours=1)
    seal = own_region.issue(Suite.SM2, "seal-maker")
    own_region.clock.advance(hours=1)
    late = own_region.issue(Suite.SM2, "code-signer")
    reason = Reason.SUPERSEDED
    assert prepare(room, ASKER, Selection(key_hash=key_of(own_region, many[0])), reason).total == 4
    assert prepare(room, ASKER, Selection(profile="seal-maker"), reason).total == 1
    assert prepare(room, ASKER, Selection(CA, profile="code-signer"), reason).total == 5
    window = Selection(issued_from=seal.not_before, issued_before=late.not_before)
    job = prepare(room, ASKER, window, reason)
    assert job.total == 1
    assert carry_out(own_region, job).revoked == 1
    with room.ground.db.read() as session:
        assert session.scalars(select(CaRevocation.serial)).all() == [f"{seal.serial:x}"]


def test_killed_anywhere_it_goes_on_and_does_nothing_twice(own_region: Region) -> None:
    room = own_region.room
    serials = bulk(own_region, 1250)
    job = prepare(room, ASKER, Selection(key_hash=key_of(own_region, serials[0])), Reason.SUPERSEDED)
    assert job.total == 1250
    revoke_many.approve(room, OTHER, job.id)
    assert run_child(own_region, "many", str(job.id), "ca.revoke_many.chunk") == -signal.SIGKILL
    half = progress(room, ASKER, job.id)
    assert (half.state, half.position, half.revoked) == ("running", 500, 500)
    own_region.clock.advance(hours=1)
    revoke_many.run(room, job.id)
    revoke_many.run(room, job.id)
    done = progress(room, ASKER, job.id)
    assert (done.state, done.position, done.revoked, done.standing) == ("done", 1250, 1250, 0)
    with room.ground.db.read() as session:
        count = select(func.count()).where(AuditRow.action == "ca.certificate.revoke")
        assert session.scalar(count) == 1250
        assert session.scalar(select(func.count()).select_from(CaRevocation)) == 1250
    assert len(read_crl(crl.current(room, CA))) == 1250


def test_nobody_approves_what_he_asked_for(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    job = prepare(room, ASKER, Selection(CA, (made.serial,)), Reason.SUPERSEDED)
    with pytest.raises(Forbidden):
        revoke_many.approve(room, ASKER, job.id)
    revoke_many.run(room, job.id)  # not approved: nothing happens
    assert progress(room, ASKER, job.id).revoked == 0
    revoke_many.approve(room, OTHER, job.id)
    with pytest.raises(Conflict):
        revoke_many.approve(room, OTHER, job.id)


def test_cancelled_is_cancelled(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    job = prepare(room, ASKER, Selection(CA, (made.serial,)), Reason.SUPERSEDED)
    revoke_many.cancel(room, ASKER, job.id)
    with pytest.raises(Conflict):
        revoke_many.approve(room, OTHER, job.id)
    with pytest.raises(Conflict):
        revoke_many.cancel(room, ASKER, job.id)
    with pytest.raises(MassRevocationUnknown):
        revoke_many.cancel(room, ASKER, uuid4())
    assert [one.state for one in recent(room, ASKER)] == ["cancelled"]


def test_what_cannot_be_revoked_is_told_and_the_rest_goes_on(own_region: Region) -> None:
    room = own_region.room
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(2)]
    job = prepare(room, ASKER, Selection(CA, tuple(one.serial for one in made)), Reason.SUPERSEDED)
    with room.ground.db.begin() as session:
        session.get_one(CaCertificate, made[0].id).state = State.RECORDED
    done = carry_out(own_region, job)
    assert (done.revoked, done.refused) == (1, 1)
    assert refusals(room, job.id) == [(made[0].id, "ca.certificate_unfinished")]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(authority=CA),
        Selection(serials=(1,)),
        Selection(CA, (1, 2)),
        Selection(profile="no-such"),
        Selection(CA, tuple(range(100_001))),
    ],
)
def test_a_selection_that_means_too_much_or_nothing_is_refused(region: Region, selection: Selection) -> None:
    before = _chosen(region)
    with pytest.raises(InvalidInput):
        prepare(region.room, ASKER, selection, Reason.SUPERSEDED)
    assert _chosen(region) == before


def _chosen(region: Region) -> int:
    """Other tests of this run share the region and leave theirs."""
    with region.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(CaMassItem)) or 0


def test_a_program_chooses_among_its_departments_certificates(own_region: Region) -> None:
    room = own_region.room
    own = own_region.issue(Suite.SM2, "seal-maker")  # its identity names USCC
    own_region.issue(Suite.SM2, "code-signer")
    program = Principal(Kind.CLIENT, "client:own", STRANGER.permissions, department=USCC, client_id="own")
    everything = Selection(issued_from=own.not_before - timedelta(days=1))
    job = prepare(room, program, everything, Reason.SUPERSEDED)
    assert job.total == 1
    with pytest.raises(InvalidInput):
        prepare(room, STRANGER, everything, Reason.SUPERSEDED)
    with pytest.raises(MassRevocationUnknown):
        progress(room, STRANGER, job.id)
    assert recent(room, STRANGER) == []
    assert isinstance(job.id, UUID)


def test_an_answer_stored_meanwhile_does_not_survive(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    job = prepare(room, ASKER, Selection(CA, (made.serial,)), Reason.SUPERSEDED)
    ocsp.answer(room, CA, request(own_region, Suite.SM2, made.serial))
    carry_out(own_region, job)
    with room.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(CaOcspAnswer)) == 0
