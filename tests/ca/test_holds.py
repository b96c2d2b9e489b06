"""Hold, release, and what may follow what: RFC 5280 5.3.1, X.509 9.5.3.1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ca import crl, ocsp
from ca.errors import CertificateRevoked, CertificateUnknown, NotOnHold
from ca.models import CaRevocation
from ca.reading import CertStatus, Reason, read_crl, read_ocsp_response
from ca.revocation_models import CaRelease
from ca.revoke import hold, release, revoke
from ca.search import Query, Standing, find, search
from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import InvalidInput
from foundation.principal import SYSTEM, Kind, Permission, Principal
from tests.ca.conftest import Region
from tests.ca.test_ocsp import request

CA = "sm2-issuing"


def status(region: Region, serial: int) -> tuple[CertStatus, Reason | None]:
    answer = read_ocsp_response(ocsp.answer(region.room, CA, request(region, Suite.SM2, serial))).answers[0]
    return answer.status, answer.reason


def standing(region: Region, certificate_id: object) -> Standing:
    return find(region.room, SYSTEM, certificate_id).standing  # type: ignore[arg-type]


def test_a_hold_is_answered_at_once_and_lifted_at_once(region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    assert status(region, made.serial) == (CertStatus.GOOD, None)
    held = hold(region.room, SYSTEM, certificate_id=made.id)
    assert held.reason is Reason.CERTIFICATE_HOLD
    assert status(region, made.serial) == (CertStatus.REVOKED, Reason.CERTIFICATE_HOLD)
    assert standing(region, made.id) is Standing.HELD
    assert made.id in {one.id for one in search(region.room, SYSTEM, Query(standing=Standing.HELD)).items}
    lifted = release(region.room, SYSTEM, authority=CA, serial=made.serial)
    assert (lifted.certificate_id, lifted.held_at) == (made.id, held.revoked_at)
    assert status(region, made.serial) == (CertStatus.GOOD, None)
    assert standing(region, made.id) is Standing.VALID


def test_doing_it_twice_is_doing_it_once(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    first = hold(room, SYSTEM, certificate_id=made.id)
    own_region.clock.advance(hours=1)
    assert hold(room, SYSTEM, certificate_id=made.id) == first
    lifted = release(room, SYSTEM, certificate_id=made.id)
    own_region.clock.advance(hours=1)
    assert release(room, SYSTEM, certificate_id=made.id) == lifted
    with room.ground.db.read() as session:
        for verb in ("hold", "release"):
            assert session.scalar(select(func.count()).where(AuditRow.action == f"ca.certificate.{verb}")) == 1


def test_only_a_hold_can_be_lifted(region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    with pytest.raises(NotOnHold):
        release(region.room, SYSTEM, certificate_id=made.id)
    revoke(region.room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    with pytest.raises(CertificateRevoked):
        release(region.room, SYSTEM, certificate_id=made.id)
    with pytest.raises(CertificateRevoked):
        hold(region.room, SYSTEM, certificate_id=made.id)


def test_a_revocation_after_a_hold_dates_from_the_hold(own_region: Region) -> None:
    """X.509 9.5.3.1 c: the revocation date is that of the hold; and an invalidity date hinders no lifting."""
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    held = hold(room, SYSTEM, certificate_id=made.id)
    own_region.clock.advance(days=1)
    lost = own_region.clock.now() - timedelta(days=3)
    gone = revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE, invalidity=lost)
    assert (gone.revoked_at, gone.invalidity) == (held.revoked_at, lost)
    entry = read_crl(crl.current(room, CA)).find(made.serial)
    assert entry is not None
    assert (entry.revoked_at, entry.reason, entry.invalidity) == (held.revoked_at, Reason.KEY_COMPROMISE, lost)


def test_a_second_revocation_counts_only_when_it_says_more(own_region: Region) -> None:
    room, clock = own_region.room, own_region.clock
    made = own_region.issue(Suite.SM2, "code-signer")
    now = clock.now()
    first = revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    crl.current(room, CA)
    clock.advance(days=1)

    def again(reason: Reason, days: float | None = None) -> tuple[Reason, object]:
        invalidity = None if days is None else now - timedelta(days=days)
        found = revoke(room, SYSTEM, certificate_id=made.id, reason=reason, invalidity=invalidity)
        assert found.revoked_at == first.revoked_at
        return found.reason, found.invalidity

    assert again(Reason.PRIVILEGE_WITHDRAWN, 9) == (Reason.SUPERSEDED, None)
    assert again(Reason.KEY_COMPROMISE) == (Reason.KEY_COMPROMISE, None)
    assert again(Reason.KEY_COMPROMISE, 2) == (Reason.KEY_COMPROMISE, now - timedelta(days=2))
    assert again(Reason.KEY_COMPROMISE, 1) == (Reason.KEY_COMPROMISE, now - timedelta(days=2))
    assert again(Reason.KEY_COMPROMISE, 5) == (Reason.KEY_COMPROMISE, now - timedelta(days=5))
    assert again(Reason.SUPERSEDED) == (Reason.KEY_COMPROMISE, now - timedelta(days=5))
    for octets in (crl.current(room, CA), crl.delta(room, CA)):
        entry = read_crl(octets).find(made.serial)
        assert entry is not None
        assert (entry.reason, entry.invalidity) == (Reason.KEY_COMPROMISE, now - timedelta(days=5))
    assert status(own_region, made.serial) == (CertStatus.REVOKED, Reason.KEY_COMPROMISE)


def test_a_ca_and_an_expired_certificate_are_not_held(own_region: Region) -> None:
    room = own_region.room
    with pytest.raises(InvalidInput):
        hold(room, SYSTEM, certificate_id=room.authority(CA).certificate_id)
    made = own_region.issue(Suite.SM2, "code-signer")
    own_region.clock.set(made.not_after + timedelta(seconds=1))
    with pytest.raises(InvalidInput):
        hold(room, SYSTEM, certificate_id=made.id)


def test_a_program_reaches_its_departments_certificates_only(region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    program = Principal(
        Kind.CLIENT, "client:x", frozenset({Permission.CA_REVOKE}), department="91219900MB1000050X", client_id="x"
    )
    for act in (hold, release):
        with pytest.raises(CertificateUnknown):
            act(region.room, program, certificate_id=made.id)


def test_holding_and_releasing_at_once_ends_in_one_state(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")

    def act(number: int) -> None:
        try:
            (hold if number % 2 else release)(room, SYSTEM, certificate_id=made.id)
        except NotOnHold:
            assert number % 2 == 0

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(12)))
    with room.ground.db.read() as session:
        held = session.get(CaRevocation, (CA, f"{made.serial:x}"))
        lifted = session.get(CaRelease, (CA, f"{made.serial:x}"))
    assert (held is None) is not (lifted is None)
    expected = CertStatus.GOOD if held is None else CertStatus.REVOKED
    assert status(own_region, made.serial)[0] is expected
