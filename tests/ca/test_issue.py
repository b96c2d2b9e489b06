"""Issuing: what comes out, once per request, and what is refused before a key is touched."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography import x509
from sqlalchemy import func, select

from ca.errors import ClockWentBack, LintFailed, RequestKeyTaken
from ca.hierarchy import establish
from ca.issue import Subject, issue
from ca.models import CaCertificate
from ca.prepare import new_serial
from ca.profiles import PROFILES, REQUESTABLE
from ca.reading import IdentityExtensions, identity_of, read_certificate, read_token
from ca.reading.alternative import NO_NAMES, names_of
from ca.signatures import check_certificate
from ca.suites import USUAL, Suite
from ca.timestamps import token
from foundation.audit.models import AuditRow
from foundation.errors import InvalidInput, YinxinError
from foundation.principal import SYSTEM
from hsm.digests import Digest
from tests.ca.conftest import CITIZEN_NUMBER, IDENTITIES, NAMES, PERSON, SUBJECTS, USCC, Region

LEAVES = [profile.name for profile in REQUESTABLE]


@pytest.mark.parametrize("profile", LEAVES)
@pytest.mark.parametrize("suite", USUAL)
def test_every_profile_is_issued_as_ordered(region: Region, suite: Suite, profile: str) -> None:
    made = region.issue(suite, profile)
    certificate = read_certificate(made.der)
    authority = region.room.authority(f"{suite}-issuing")
    check_certificate(certificate, authority.certificate.spki)
    assert certificate.subject.attributes == SUBJECTS[profile].attributes()
    assert identity_of(certificate) == IDENTITIES[profile]
    assert certificate.not_before == region.clock.now().replace(microsecond=0)
    assert certificate.not_after - certificate.not_before < PROFILES[profile].lifetime
    assert not certificate.is_ca
    machine = profile in ("device", "tls-server")
    assert certificate.key_usage == {"digitalSignature"} | (set() if machine else {"nonRepudiation"})
    assert names_of(certificate) == NAMES.get(profile, NO_NAMES)
    assert certificate.authority_key_id == authority.certificate.subject_key_id
    # a second reader, written by others, sees the same certificate
    other = x509.load_der_x509_certificate(made.der)
    assert other.serial_number == made.serial
    assert other.tbs_certificate_bytes == certificate.tbs
    assert [attribute.value for attribute in other.subject] == [value for _, value in SUBJECTS[profile].attributes()]
    assert {extension.oid.dotted_string for extension in other.extensions} == {e.oid for e in certificate.extensions}


def test_a_name_stands_in_the_order_of_government_certificates(region: Region) -> None:
    made = region.issue(Suite.SM2, "official")
    assert (
        read_certificate(made.der).subject.text
        == f"C=CN, O=印川市交通运输局, OU=运政科, serialNumber=2199-0042, CN={PERSON}"
    )


def test_the_same_request_key_gives_the_same_certificate(region: Region) -> None:
    first = region.issue(Suite.SM2, "seal-maker", "again")
    assert region.issue(Suite.SM2, "seal-maker", "again") == first


def test_a_request_key_cannot_be_used_for_another_request(region: Region) -> None:
    region.issue(Suite.SM2, "seal-maker", "taken")
    with pytest.raises(RequestKeyTaken):
        region.issue(Suite.SM2, "code-signer", "taken")


def test_eight_threads_with_one_request_key_get_one_certificate(region: Region) -> None:
    region.key(Suite.SM2)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: region.issue(Suite.SM2, "code-signer", "raced"), range(8)))
    assert len({certificate.der for certificate in made}) == 1
    with region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(CaCertificate.request_key == "raced")) == 1
        actions = session.scalars(select(AuditRow.action).where(AuditRow.object == f"certificate:{made[0].id}")).all()
    assert Counter(actions) == {"ca.certificate.record": 1, "ca.certificate.issue": 1}


def test_serials_are_unpredictable_and_long(region: Region) -> None:
    serials = [new_serial(region.room) for _ in range(20_000)]
    assert len(set(serials)) == len(serials)
    assert {serial.bit_length() for serial in serials} == {127}
    for bit in range(126):  # each free bit is one about half the time: 6 sigma
        ones = sum(serial >> bit & 1 for serial in serials)
        assert abs(ones - 10_000) < 6 * 71


def test_a_serial_already_in_the_database_is_not_signed_again(
    own_region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = own_region.issue(Suite.SM2, "code-signer").serial
    drawn = iter([taken, taken, taken + 1])
    monkeypatch.setattr("ca.prepare.new_serial", lambda _room: next(drawn))
    assert own_region.issue(Suite.SM2, "code-signer").serial == taken + 1


def test_nothing_personal_lies_in_clear(own_region: Region) -> None:
    """Neither the citizen number nor the name, as text or inside DER or base64, in any row; and none in the audit."""
    for profile in ("citizen", "official"):
        own_region.issue(Suite.SM2, profile)
    with own_region.room.ground.db.read() as session:
        rows = session.scalars(select(CaCertificate).where(CaCertificate.personal)).all()
        audits = session.scalars(select(AuditRow)).all()
    stored = " ".join(str(value) for row in rows for value in vars(row).values())
    assert len(rows) == 2
    for secret in (CITIZEN_NUMBER, PERSON):
        assert secret not in stored
        assert secret not in " ".join(row.payload + row.object for row in audits)
    if own_region.room.ground.db.dialect == "sqlite":
        for name in ("ca.db", "ca.db-wal"):
            octets = (own_region.home / name).read_bytes()
            assert CITIZEN_NUMBER.encode() not in octets
            assert PERSON.encode() not in octets


def test_every_certificate_has_both_audit_rows(region: Region) -> None:
    with region.room.ground.db.read() as session:
        issued = session.scalars(select(CaCertificate.id).where(CaCertificate.state == "issued")).all()
        rows = session.scalars(select(AuditRow)).all()
    for action in ("ca.certificate.record", "ca.certificate.issue"):
        assert {f"certificate:{identifier}" for identifier in issued} <= {r.object for r in rows if r.action == action}
    assert all(isinstance(json.loads(row.payload), dict) for row in rows)


def test_a_shorter_validity_is_granted_and_a_longer_one_refused(region: Region) -> None:
    def order(validity: timedelta) -> object:
        return issue(
            region.room,
            SYSTEM,
            suite=Suite.SM2,
            profile="code-signer",
            subject=SUBJECTS["code-signer"],
            spki=region.key(Suite.SM2),
            request_key=f"validity-{validity}",
            validity=validity,
        )

    made = order(timedelta(days=1))
    assert made.not_after - made.not_before == timedelta(days=1) - timedelta(seconds=1)  # type: ignore[attr-defined]
    for wrong in (timedelta(days=1826), timedelta(0), timedelta(days=-1)):
        with pytest.raises(InvalidInput):
            order(wrong)


def test_no_certificate_outlives_its_ca(own_region: Region) -> None:
    own_region.clock.advance(days=3600)
    made = own_region.issue(Suite.SM2, "code-signer")
    assert made.not_after == own_region.room.authority("sm2-issuing").certificate.not_after


def test_a_clock_set_back_stops_issuing(own_region: Region) -> None:
    own_region.issue(Suite.SM2, "code-signer")
    own_region.clock.advance(days=-30)
    with pytest.raises(ClockWentBack):
        own_region.issue(Suite.SM2, "code-signer")


def test_ca_certificates_cannot_be_asked_for(region: Region) -> None:
    for profile in ("root", "issuing"):
        with pytest.raises(InvalidInput):
            issue(
                region.room,
                SYSTEM,
                suite=Suite.SM2,
                profile=profile,
                subject=Subject("甲", "乙"),
                spki=region.key(Suite.SM2),
                request_key=f"sub-{profile}",
            )


def test_establishing_again_changes_nothing(own_region: Region) -> None:
    def count() -> int | None:
        with own_region.room.ground.db.read() as session:
            return session.scalar(select(func.count()).select_from(CaCertificate))

    before = count()
    establish(own_region.room, (Suite.SM2,))
    assert count() == before == 4


def test_service_certificates_are_renewed_before_they_end(own_region: Region) -> None:
    own_region.clock.advance(days=340)
    establish(own_region.room, (Suite.SM2,))
    with own_region.room.ground.db.read() as session:
        profiles = Counter(session.scalars(select(CaCertificate.profile)).all())
    assert profiles == {"root": 1, "issuing": 1, "tsa": 1, "ocsp": 2}


def test_a_renewed_service_key_gets_a_certificate_of_its_own(own_region: Region) -> None:
    room = own_region.room
    old = read_token(token(room, Suite.SM2, Digest.SM3, b"x" * 32)).signer.serial
    room.keys.renew("ca/sm2-tsa")
    room.keys.retire("ca/sm2-tsa", 1)
    own_region.clock.advance(minutes=2)
    found = read_token(token(room, Suite.SM2, Digest.SM3, b"x" * 32))
    assert found.signer.serial != old
    assert found.signer_certificate().spki == room.keys.find("ca/sm2-tsa").spki  # type: ignore[union-attr]


def test_authorities_stay_within_the_gmssl_limit(region: Region) -> None:
    for slug in ("sm2-root", "sm2-issuing"):
        certificate = region.room.authority(slug).certificate
        assert certificate.not_after - certificate.not_before <= timedelta(days=3653)


@pytest.mark.parametrize(
    ("profile", "subject", "identity", "check"),
    [
        ("department-seal", Subject("2199000000000", f"{USCC}局"), {}, "common_name"),
        ("department-seal", Subject("21990000000001", "印川市市场监督管理局"), {}, "seal_organization"),
        ("department-seal", Subject("21990000000001", USCC), {}, "seal_organization"),
        ("citizen", Subject("张三"), {}, "identity"),
        (
            "citizen",
            Subject("张三"),
            {"citizen_number": CITIZEN_NUMBER[:17] + ("1" if CITIZEN_NUMBER[17] == "0" else "0")},
            "identity",
        ),
        ("citizen", Subject("张三"), {"citizen_number": CITIZEN_NUMBER, "passport_number": "E12345678"}, "order"),
        ("citizen", Subject("张三"), {"citizen_number": CITIZEN_NUMBER, "organization_code": USCC}, "identity"),
        ("code-signer", Subject("码", "局"), {"citizen_number": CITIZEN_NUMBER}, "identity"),
        ("seal-maker", Subject("章", "局"), {"organization_code": USCC[:-1] + "0"}, "identity"),
        ("official", Subject("张三"), {}, "subject_required"),
        ("code-signer", Subject("码", "局", country="cn"), {}, "country"),
        ("code-signer", Subject("码", "局", serial_number="a@b"), {}, "subject_printable"),
    ],
)
def test_orders_outside_a_profile_are_refused(
    region: Region, profile: str, subject: Subject, identity: dict[str, str], check: str
) -> None:
    with pytest.raises(LintFailed) as caught:
        issue(
            region.room,
            SYSTEM,
            suite=Suite.SM2,
            profile=profile,
            subject=subject,
            spki=region.key(Suite.SM2),
            identity=IdentityExtensions(**identity),
            request_key=f"refused-{region.room.ground.ids.token()}",
        )
    assert caught.value.check == check
    assert CITIZEN_NUMBER not in str(caught.value)


def test_a_refused_order_leaves_no_row(region: Region) -> None:
    with pytest.raises(YinxinError):
        issue(
            region.room,
            SYSTEM,
            suite=Suite.SM2,
            profile="code-signer",
            subject=Subject("x" * 65, "局"),
            spki=region.key(Suite.SM2),
            request_key="never",
        )
    with region.room.ground.db.read() as session:
        assert session.scalar(select(func.count()).where(CaCertificate.request_key == "never")) == 0
