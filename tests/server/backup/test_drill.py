"""The restore drill (恢复演练): from a backup taken at T to a service in which every serial ever signed is known.

Certificates issued after T are known from the journal, their revocations from exported audit rows or from a list that
somebody kept; all of them can be revoked, and lists and OCSP say so (facts: pki 1.1, 7.2).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from ca import crl, ocsp
from ca.crl_schedule import refresh
from ca.models import CaCertificate, State
from ca.reading import CertStatus, Reason, read_crl, read_ocsp_response
from ca.revoke import revoke
from ca.search import Query, Standing, search
from foundation import der
from foundation.audit.exporting import export
from foundation.errors import Damaged, InvalidInput
from foundation.principal import SYSTEM
from hsm.digests import Digest
from server.backup.relearn import relearn, serials_in
from server.backup.restore import restore
from server.backup_commands import finish
from server.house import House
from tests.server.backup.conftest import SECRET, Place, issued, source_of


def status(house: House, slug: str, serial: int) -> CertStatus:
    issuer = house.ca.authority(slug).certificate
    key_bits = der.parse(issuer.spki).children(2)[1].as_bits()
    cert_id = der.sequence(
        der.sequence(der.oid(Digest.SHA256.oid), der.null()),
        der.octet_string(Digest.SHA256.of(issuer.subject.raw)),
        der.octet_string(Digest.SHA256.of(key_bits)),
        der.integer(serial),
    )
    asked = der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))
    return read_ocsp_response(ocsp.answer(house.ca, slug, asked)).answers[0].status


def after_the_backup(place: Place, outside: Path) -> dict[str, int]:
    """Five certificates, two of them revoked; what an operator keeps outside is written to `outside`."""
    made: dict[str, int] = {}
    with place.house() as house:
        for number in range(3):
            made[f"after-{number}"] = issued(house, f"after-{number}").serial
        for number in range(2):
            made[f"citizen-{number}"] = issued(house, f"citizen-{number}", "citizen").serial
        for name, reason in (("after-0", Reason.KEY_COMPROMISE), ("citizen-0", Reason.SUPERSEDED)):
            revoke(house.ca, SYSTEM, reason=reason, authority="sm2-issuing", serial=made[name])
        (outside / "sm2-issuing.crl").write_bytes(crl.current(house.ca, "sm2-issuing"))
        house.checkpoint()
        export(house.ground.db, outside / "audit.jsonl")
    return made


@pytest.mark.parametrize(("goes_to", "kept"), [("sqlite", "audit"), ("postgresql", "list")])
def test_the_drill(
    place: Place, new_place: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory, goes_to: str, kept: str
) -> None:
    file, checked = place.backup()
    place.clock.advance(hours=5)
    outside = tmp_path_factory.mktemp("outside")
    made = after_the_backup(place, outside)
    last_number = read_crl((outside / "sm2-issuing.crl").read_bytes()).number or 0
    new = new_place(goes_to)
    place.clock.advance(hours=1)
    with source_of(new.settings, new.clock) as source:
        done = restore(source, file, SECRET)
    assert done.lost_audit_rows > 0
    with new.house() as house:
        audit = outside / "audit.jsonl" if kept == "audit" else None
        lists = (outside / "sm2-issuing.crl",) if kept == "list" else ()
        assert finish(house, done, "0" * 64, audit, lists)  # and the trail proves sound

        # every serial in the journal is known, and what was revoked is revoked again with its own date and reason
        known = set(serials_in(new.settings.journal_dir))
        assert {("sm2-issuing", f"{serial:x}") for serial in made.values()} <= known
        for slug, serial in known:
            if slug == "sm2-issuing":
                gone = int(serial, 16) in (made["after-0"], made["citizen-0"])
                wanted = CertStatus.REVOKED if gone else CertStatus.GOOD
                assert status(house, slug, int(serial, 16)) is wanted
        listed = read_crl(crl.current(house.ca, "sm2-issuing"))
        assert (listed.number or 0) > last_number
        entry = listed.find(made["after-0"])
        assert entry is not None
        assert (entry.reason, entry.revoked_at) == (Reason.KEY_COMPROMISE, place.clock.now().replace(hour=7))

        # every one of them can be revoked, and lists and OCSP say so
        for slug, serial in known:
            if slug == "sm2-issuing":
                revoke(house.ca, SYSTEM, reason=Reason.SUPERSEDED, authority=slug, serial=int(serial, 16))
        assert refresh(house.ca) == 0
        listed = read_crl(crl.publish(house.ca, "sm2-issuing"))
        for slug, serial in known:
            if slug == "sm2-issuing":
                assert listed.find(int(serial, 16)) is not None
                assert status(house, slug, int(serial, 16)) is CertStatus.REVOKED

        # it issues on, repeats nothing, and shows what it lost for what it is
        fresh = issued(house, "fresh")
        assert status(house, "sm2-issuing", fresh.serial) is CertStatus.GOOD
        assert issued(house, "before-0").der == _stored(house, "before-0")
        shown = search(house.ca, SYSTEM, Query(serial=made["citizen-0"])).items[0]
        assert (shown.standing, shown.octets) == (Standing.REVOKED, None)
        house.checkpoint()
        assert house.verify_audit().sound
    assert checked.journal_records > 0


def _stored(house: House, request_key: str) -> bytes:
    with house.ground.db.read() as session:
        row = session.scalars(select(CaCertificate).where(CaCertificate.request_key == request_key)).one()
    return base64.b64decode(row.der or "")


def test_learning_twice_is_learning_once(
    place: Place, new_place: Callable[[str], Place], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file, _ = place.backup()
    outside = tmp_path_factory.mktemp("outside")
    after_the_backup(place, outside)
    new = new_place("sqlite")
    with source_of(new.settings, new.clock) as source:
        restore(source, file, SECRET)
    with new.house() as house:
        journal = new.settings.journal_dir
        first = relearn(house.ca, journal=journal)
        assert (first.certificates, first.revocations) == (5, 0)
        second = relearn(house.ca, journal=journal, audit=outside / "audit.jsonl")
        assert (second.certificates, second.revocations) == (0, 2)
        third = relearn(house.ca, journal=journal, lists=[outside / "sm2-issuing.crl"])
        assert (third.certificates, third.revocations) == (0, 0)
        with house.ground.db.read() as session:
            lost = session.scalars(select(CaCertificate).where(CaCertificate.state == State.LOST)).all()
        assert len(lost) == 5
        assert all(row.not_after > place.clock.now() for row in lost)


def test_outside_sources_are_not_believed_unproven(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    after_the_backup(place, outside)
    with place.house() as house:
        text = (outside / "audit.jsonl").read_text("utf-8")
        forged = outside / "forged.jsonl"
        forged.write_text(text.replace("key_compromise", "superseded"), "utf-8")
        with pytest.raises(Damaged, match="Line"):
            relearn(house.ca, audit=forged)
        forged.write_text("{}\n", "utf-8")
        with pytest.raises(Damaged, match="Line 1"):
            relearn(house.ca, audit=forged)
        octets = bytearray((outside / "sm2-issuing.crl").read_bytes())
        octets[-1] ^= 1
        bad = outside / "bad"
        bad.mkdir()
        (bad / "sm2-issuing.crl").write_bytes(bytes(octets))
        with pytest.raises(InvalidInput, match="not signed by"):
            relearn(house.ca, lists=[bad / "sm2-issuing.crl"])


def test_an_export_goes_on_where_it_ended(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("outside") / "audit.jsonl"
    with place.house() as house:
        first = export(house.ground.db, out)
        issued(house, "one-more")
        house.checkpoint()
        second = export(house.ground.db, out, first)
    assert second > first
    assert len(out.read_text("utf-8").splitlines()) == second
