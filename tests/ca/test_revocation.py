"""Revocation and lists: once is enough, numbers only grow, and other people's tools agree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from sqlalchemy import func, select, update

from ca import crl
from ca.crl_names import ListName
from ca.errors import CertificateUnknown, ClockWentBack
from ca.models import CaCertificate, CaCrl, CaRevocation, State
from ca.reading import Reason, read_crl
from ca.revoke import REASONS, revoke
from ca.signatures import check_crl
from ca.suites import USUAL, Suite
from foundation.audit.models import AuditRow
from foundation.errors import Conflict, InvalidInput
from foundation.principal import SYSTEM
from tests.bent import bent
from tests.ca.conftest import Region
from tests.ca.oracles import gmssl_accepts_sm2, openssl, openssl_accepts_sm2, pem, refused_by_openssl, write


def listed(region: Region, suite: Suite = Suite.SM2) -> object:
    return read_crl(crl.current(region.room, f"{suite}-issuing"))


@pytest.mark.parametrize("suite", USUAL)
@pytest.mark.parametrize("reason", REASONS)
def test_a_revoked_certificate_is_on_the_next_list(region: Region, suite: Suite, reason: Reason) -> None:
    made = region.issue(suite, "code-signer")
    if reason is Reason.CA_COMPROMISE:
        with pytest.raises(InvalidInput):
            revoke(region.room, SYSTEM, certificate_id=made.id, reason=reason)
        return
    revoke(region.room, SYSTEM, certificate_id=made.id, reason=reason)
    octets = crl.current(region.room, f"{suite}-issuing")
    entry = read_crl(octets).find(made.serial)
    assert entry is not None
    assert (entry.reason, entry.unknown_critical) == (reason, ())
    other = x509.load_der_x509_crl(octets).get_revoked_certificate_by_serial_number(made.serial)
    assert other is not None
    assert other.revocation_date_utc == entry.revoked_at


def test_a_ca_may_be_revoked_by_its_root(own_region: Region) -> None:
    issuing = own_region.room.authority("sm2-issuing")
    revoke(own_region.room, SYSTEM, certificate_id=issuing.certificate_id, reason=Reason.CA_COMPROMISE)
    entry = read_crl(crl.current(own_region.room, "sm2-root")).find(issuing.certificate.serial)
    assert entry is not None
    assert entry.reason is Reason.CA_COMPROMISE


def test_a_root_cannot_revoke_itself(region: Region) -> None:
    root = region.room.authority("sm2-root")
    with pytest.raises(InvalidInput):
        revoke(region.room, SYSTEM, certificate_id=root.certificate_id, reason=Reason.KEY_COMPROMISE)


def test_revoking_twice_keeps_the_first_reason_and_one_audit_row(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    first = revoke(own_region.room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    own_region.clock.advance(days=1)
    again = revoke(own_region.room, SYSTEM, authority=made.issuer, serial=made.serial, reason=Reason.SUPERSEDED)
    assert again == first
    with own_region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(AuditRow.action == "ca.certificate.revoke")) == 1


def test_eight_threads_revoking_one_certificate_revoke_it_once(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")

    def act(_: int) -> object:
        return revoke(own_region.room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(act, range(8)))) == 1


@pytest.mark.parametrize("reason", [Reason.CERTIFICATE_HOLD, Reason.REMOVE_FROM_CRL, Reason.AA_COMPROMISE])
def test_reasons_we_do_not_give_are_refused(region: Region, reason: Reason) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    with pytest.raises(InvalidInput):
        revoke(region.room, SYSTEM, certificate_id=made.id, reason=reason)


def test_an_unknown_certificate_cannot_be_revoked(region: Region) -> None:
    with pytest.raises(CertificateUnknown):
        revoke(region.room, SYSTEM, certificate_id=uuid4(), reason=Reason.SUPERSEDED)
    with pytest.raises(CertificateUnknown):
        revoke(region.room, SYSTEM, authority="sm2-issuing", serial=1, reason=Reason.SUPERSEDED)


def test_an_unfinished_certificate_is_finished_before_it_is_revoked(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    with own_region.room.ground.db.begin() as session:
        session.execute(update(CaCertificate).where(CaCertificate.id == made.id).values(state=State.RECORDED))
    with pytest.raises(Conflict):
        revoke(own_region.room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)


def test_an_invalidity_date_is_written_and_may_not_lie_ahead(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    now = own_region.clock.now()
    with pytest.raises(InvalidInput):
        revoke(
            own_region.room,
            SYSTEM,
            certificate_id=made.id,
            reason=Reason.KEY_COMPROMISE,
            invalidity=now + timedelta(minutes=1),
        )
    lost = now - timedelta(days=2)
    revoke(own_region.room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE, invalidity=lost)
    entry = read_crl(crl.current(own_region.room, "sm2-issuing")).find(made.serial)
    assert entry is not None
    assert entry.invalidity == lost


def test_an_empty_list_has_no_list_of_entries(own_region: Region) -> None:
    octets = crl.current(own_region.room, "sm2-issuing")
    empty = read_crl(octets)
    assert len(empty) == 0
    assert empty.entries_at == (0, 0)  # RFC 5280 5.1.2.6: absent, not empty
    assert empty.number == 1
    assert len(list(x509.load_der_x509_crl(octets))) == 0


def test_a_list_stands_until_it_is_dirty_or_half_over(own_region: Region) -> None:
    room = own_region.room
    first = crl.current(room, "sm2-issuing")
    own_region.clock.advance(hours=23)
    assert crl.current(room, "sm2-issuing") == first
    own_region.clock.advance(hours=1)
    second = read_crl(crl.current(room, "sm2-issuing"))
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    third = read_crl(crl.current(room, "sm2-issuing"))
    assert [read_crl(first).number, second.number, third.number] == [1, 2, 3]
    assert read_crl(first).this_update < second.this_update <= third.this_update
    assert third.next_update is not None
    assert third.next_update - third.this_update == timedelta(days=2)


def test_numbers_only_grow_under_concurrent_revocations(own_region: Region) -> None:
    room = own_region.room
    made = [own_region.issue(Suite.SM2, "code-signer") for _ in range(12)]

    def act(index: int) -> int:
        revoke(room, SYSTEM, certificate_id=made[index].id, reason=Reason.SUPERSEDED)
        found = read_crl(crl.current(room, "sm2-issuing"))
        assert found.find(made[index].serial) is not None
        return found.number or 0

    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(act, range(12)))
    final = read_crl(crl.current(room, "sm2-issuing"))
    assert len(final) == 12
    assert final.number == max(numbers)
    with room.ground.db.read() as session:
        published = session.scalars(select(CaCrl.number).where(CaCrl.sha256.is_not(None))).all()
    assert len(set(published)) == len(published)


def test_a_list_that_was_recorded_and_never_signed_is_made_again(own_region: Region) -> None:
    """As after a crash between record and sign: the number is lost, the revocation is not."""
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    crl._recorded(room, room.authority("sm2-issuing"), ListName("sm2-issuing"))
    found = read_crl(crl.current(room, "sm2-issuing"))
    assert found.number == 2
    assert found.find(made.serial) is not None


def test_an_entry_leaves_after_one_list_beyond_the_certificates_end(own_region: Region) -> None:
    room = own_region.room
    made = own_region.issue(Suite.SM2, "code-signer")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    crl.current(room, "sm2-issuing")
    own_region.clock.set(made.not_after + timedelta(days=1))
    assert read_crl(crl.publish(room, "sm2-issuing")).find(made.serial) is not None
    own_region.clock.advance(days=2)
    assert read_crl(crl.publish(room, "sm2-issuing")).find(made.serial) is None
    with room.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(CaRevocation)) == 1  # the row stays


def test_a_clock_set_back_makes_no_list(own_region: Region) -> None:
    crl.publish(own_region.room, "sm2-issuing")
    own_region.clock.advance(days=-1)
    with pytest.raises(ClockWentBack):
        crl.publish(own_region.room, "sm2-issuing")


def test_an_altered_stored_list_is_replaced(own_region: Region) -> None:
    room = own_region.room
    crl.publish(own_region.room, "sm2-issuing")
    path = next((own_region.home / "objects").rglob("*.crl"))
    path.write_bytes(bent(path.read_bytes()))
    room.kept.clear()
    found = read_crl(crl.current(room, "sm2-issuing"))
    check_crl(found, room.authority("sm2-issuing").certificate.spki)
    assert found.number == 2


def test_openssl_reads_and_applies_the_rsa_list(region: Region, tmp_path: Path) -> None:
    room = region.room
    good, bad = region.issue(Suite.RSA, "code-signer"), region.issue(Suite.RSA, "seal-maker")
    revoke(room, SYSTEM, certificate_id=bad.id, reason=Reason.KEY_COMPROMISE)
    files = {}
    for role in ("root", "issuing"):
        authority = room.authority(f"rsa-{role}")
        files[role] = write(tmp_path, f"{role}.pem", pem(authority.certificate.der))
        found = crl.current(room, authority.slug)
        files[f"{role}-crl"] = write(tmp_path, f"{role}.crl", pem(found, "X509 CRL"))
        assert "verify OK" in openssl("crl", "-in", files[f"{role}-crl"], "-CAfile", files[role], "-noout")
    lists = write(tmp_path, "lists.pem", files["root-crl"].read_bytes() + files["issuing-crl"].read_bytes())
    at = str(int(region.clock.now().timestamp()) + 60)
    command = ("verify", "-crl_check_all", "-x509_strict", "-attime", at, "-CAfile", files["root"])
    command += ("-untrusted", files["issuing"], "-CRLfile", lists)
    assert "OK" in openssl(*command, write(tmp_path, "good.pem", pem(good.der)))
    assert "certificate revoked" in refused_by_openssl(*command, write(tmp_path, "bad.pem", pem(bad.der)))


@pytest.mark.parametrize("role", ["root", "issuing"])
def test_the_sm2_list_is_signed_as_openssl_and_gmssl_have_it(region: Region, tmp_path: Path, role: str) -> None:
    authority = region.room.authority(f"sm2-{role}")
    found = read_crl(crl.current(region.room, authority.slug))
    openssl_accepts_sm2(authority.certificate.spki, found.tbs, found.signature)
    assert gmssl_accepts_sm2(authority.certificate.spki, found.tbs, found.signature)
    text = openssl("crl", "-inform", "DER", "-in", write(tmp_path, "list.crl", found.der), "-noout", "-text")
    assert "X509v3 Authority Key Identifier" in text
    assert f"X509v3 CRL Number: \n                {found.number}" in text
