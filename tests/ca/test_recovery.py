"""kill -9 at each step: the intent is finished with its own serial and octets, once, and nothing is lost."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from ca import ocsp, profiles
from ca.models import CaCertificate, State
from ca.reading import CertStatus, read_certificate, read_ocsp_response
from ca.recover import recover, unfinished
from ca.signatures import check_certificate
from ca.storing import opened
from ca.suites import Suite
from ca.template import identity_extensions
from foundation.audit.models import AuditRow
from foundation.errors import Damaged
from tests.ca.conftest import IDENTITIES, Region
from tests.ca.test_ocsp import request
from tests.dying import killed


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crashed(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    region = make_region(request.param)
    region.key(Suite.SM2)
    return region


def crash(region: Region, point: str, profile: str, request_key: str) -> None:
    settings = region.room.ground.settings
    words = (str(region.home), settings.database_url, profile, request_key)
    killed("tests.ca.crash_child:main", *words, point=point)


def row_of(region: Region, request_key: str) -> CaCertificate:
    with region.room.ground.db.read() as session:
        return session.scalars(select(CaCertificate).where(CaCertificate.request_key == request_key)).one()


@pytest.mark.parametrize("profile", ["code-signer", "citizen"])
@pytest.mark.parametrize("point", ["ca.recorded", "ca.signed"])
def test_a_killed_issue_is_finished_by_recovery(crashed: Region, point: str, profile: str) -> None:
    key = f"{point}-{profile}-killed"
    crash(crashed, point, profile, key)
    before = row_of(crashed, key)
    assert before.state == State.RECORDED
    intended = opened(crashed.room.ground.cipher, before, "tbs")
    serial = int(before.serial, 16)
    asked = ocsp.answer(crashed.room, "sm2-issuing", request(crashed, Suite.SM2, serial))
    assert read_ocsp_response(asked).answers[0].status is CertStatus.GOOD  # P11: never "unknown" for an intended serial
    assert unfinished(crashed.room) == []  # it may still be under way
    assert recover(crashed.room, older_than=timedelta()) == [before.id]
    after = row_of(crashed, key)
    made = read_certificate(opened(crashed.room.ground.cipher, after, "der"))
    assert (made.tbs, made.serial, after.tbs) == (intended, serial, None)
    check_certificate(made, crashed.room.authority("sm2-issuing").certificate.spki)
    assert recover(crashed.room, older_than=timedelta()) == []
    assert crashed.issue(Suite.SM2, profile, key).der == made.der


@pytest.mark.parametrize("point", ["ca.recorded", "ca.signed"])
def test_a_killed_issue_is_finished_by_asking_again(crashed: Region, point: str) -> None:
    key = f"{point}-again"
    crash(crashed, point, "code-signer", key)
    serial = row_of(crashed, key).serial
    assert f"{crashed.issue(Suite.SM2, 'code-signer', key).serial:x}" == serial


def test_a_kill_after_storing_changes_nothing(crashed: Region) -> None:
    crash(crashed, "ca.stored", "code-signer", "stored")
    assert row_of(crashed, "stored").state == State.ISSUED
    assert recover(crashed.room, older_than=timedelta()) == []


def test_every_serial_has_one_certificate_and_two_audit_rows(crashed: Region) -> None:
    crash(crashed, "ca.signed", "code-signer", "counted")
    recover(crashed.room, older_than=timedelta())
    identifier = row_of(crashed, "counted").id
    with crashed.room.ground.db.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.object == f"certificate:{identifier}")).all()
        serials = session.scalars(select(CaCertificate.serial)).all()
        prints = session.scalars(select(CaCertificate.fingerprint)).all()
    assert sorted(actions) == ["ca.certificate.issue", "ca.certificate.record"]
    assert len(set(serials)) == len(serials) == len(set(prints))


def test_a_profile_changed_meanwhile_does_not_change_the_certificate(
    crashed: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let's Encrypt 2023: one order uses one frozen profile (facts: security P9)."""
    crash(crashed, "ca.recorded", "code-signer", "frozen")
    before = row_of(crashed, "frozen")
    intended = opened(crashed.room.ground.cipher, before, "tbs")
    newer = dataclasses.replace(profiles.CODE_SIGNER, version=2, eku=("1.3.6.1.5.5.7.3.36",))
    monkeypatch.setitem(profiles.PROFILES, "code-signer", newer)
    recover(crashed.room, older_than=timedelta())
    after = row_of(crashed, "frozen")
    assert read_certificate(opened(crashed.room.ground.cipher, after, "der")).tbs == intended
    assert after.profile_version == 1
    other = crashed.issue(Suite.SM2, "code-signer", "newer")
    assert read_certificate(other.der).eku == newer.eku
    assert row_of(crashed, "newer").profile_version == 2


def test_an_intent_altered_in_the_database_is_never_signed(own_region: Region) -> None:
    """Somebody with the database writes CA:TRUE into a waiting intent."""
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer", "altered")
    row = row_of(own_region, "altered")
    evil = bytearray(read_certificate(made.der).tbs)
    evil[-1] ^= 1
    with room.ground.db.begin() as session:
        session.execute(
            update(CaCertificate)
            .where(CaCertificate.id == row.id)
            .values(state=State.RECORDED, der=None, fingerprint=None, tbs=base64.b64encode(evil).decode())
        )
    assert recover(room, older_than=timedelta()) == []
    with pytest.raises(Damaged):
        own_region.issue(Suite.SM2, "code-signer", "altered")
    assert row_of(own_region, "altered").state == State.RECORDED


def test_a_sealed_row_moved_to_another_person_does_not_open(own_region: Region) -> None:
    own_region.issue(Suite.SM2, "citizen", "one")
    own_region.issue(Suite.SM2, "citizen", "two")
    stolen = row_of(own_region, "two").der
    with own_region.room.ground.db.begin() as session:
        session.execute(update(CaCertificate).where(CaCertificate.request_key == "one").values(der=stolen))
    with pytest.raises(Damaged):
        own_region.issue(Suite.SM2, "citizen", "one")


def test_a_hierarchy_interrupted_anywhere_is_completed(own_region: Region) -> None:
    from ca.hierarchy import establish

    with own_region.room.ground.db.begin() as session:
        session.execute(
            update(CaCertificate)
            .where(CaCertificate.profile == "tsa")
            .values(state=State.RECORDED, tbs=CaCertificate.der, fingerprint=None)
        )
        row = session.scalars(select(CaCertificate).where(CaCertificate.profile == "tsa")).one()
        row.tbs = base64.b64encode(read_certificate(base64.b64decode(row.der or "")).tbs).decode()
    establish(own_region.room, (Suite.SM2,))
    with own_region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(CaCertificate.state == State.RECORDED)) == 0
        assert session.scalar(select(func.count()).where(CaCertificate.profile == "tsa")) == 1


def test_identity_of_a_citizen_survives_the_crash(crashed: Region) -> None:
    crash(crashed, "ca.recorded", "citizen", "identity")
    recover(crashed.room, older_than=timedelta())
    octets = opened(crashed.room.ground.cipher, row_of(crashed, "identity"), "der")
    assert identity_extensions(IDENTITIES["citizen"]) in octets
