"""Each lint step refuses what its clause forbids: a right certificate is bent in one place, and one step says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca import lints, template
from ca.errors import LintFailed
from ca.lints import Order, Proposal
from ca.names import write_name
from ca.prepare import key_id_of, new_serial, prepare, wanted_from
from ca.profiles import CODE_SIGNER, DEPARTMENT_SEAL, TSA, Profile
from ca.reading.certificate import KeyUsage, read_tbs
from ca.suites import USUAL, Suite
from foundation import der
from tests.ca.conftest import IDENTITIES, SUBJECTS, Region

Bend = Callable[[dict[str, Any]], None]


def proposal(
    region: Region, suite: Suite = Suite.SM2, profile: Profile = CODE_SIGNER, bend: Bend = lambda _: None
) -> Proposal:
    """A certificate to be signed as `prepare` makes it, but bent: arguments of the template, or its octets."""
    authority = region.room.authority(f"{suite}-issuing")
    now = region.clock.now().replace(microsecond=0)
    subject = SUBJECTS.get(profile.name, SUBJECTS["code-signer"])
    identity = IDENTITIES.get(profile.name, IDENTITIES["code-signer"])
    parts: dict[str, Any] = {
        "serial": new_serial(region.room),
        "not_before": now,
        "not_after": now + timedelta(days=100),
        "subject": write_name(subject),
        "spki": region.key(suite),
        "key_id": key_id_of(region.key(suite)),
        "identity": template.identity_extensions(identity),
        "profile": profile,
        "issuer": authority.issuer,
        "replace": (b"", b""),
        "production": False,
        "ordered": None,
    }
    bend(parts)
    written = template.compile_template(parts.pop("profile"), parts.pop("issuer"), region.room.places)
    (old, new), production, ordered = parts.pop("replace"), parts.pop("production"), parts.pop("ordered")
    octets = written.tbs(**parts)
    if old:
        assert old in octets
        octets = octets.replace(old, new)
    order = Order(ordered or parts["subject"], parts["spki"], identity)
    return Proposal(
        read_tbs(octets), profile, authority.issuer, authority.certificate, region.room.places, now, production, order
    )


def other_profile(**changes: Any) -> Bend:
    return lambda parts: parts.update(profile=dataclasses.replace(parts["profile"], **changes))


def put(**changes: Any) -> Bend:
    return lambda parts: parts.update(changes)


def rdn(oid: str, value: bytes) -> bytes:
    return der.tlv(der.SET, der.sequence(der.oid(oid), value))


C, O, CN = "2.5.4.6", "2.5.4.10", "2.5.4.3"  # noqa: E741 - as X.520 calls it
COUNTRY = rdn(C, der.printable("CN"))
SHORT_RSA_KEY = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - too short on purpose
SHORT_RSA = SHORT_RSA_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SMALL_EXPONENT = (
    rsa.generate_private_key(3, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
P384 = (
    ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)

BENT: list[tuple[str, Bend]] = [
    ("encoding", put(replace=(bytes.fromhex("0603551d0f0101ff"), bytes.fromhex("0603551d0f010101")))),
    ("version", put(replace=(bytes.fromhex("a003020102"), bytes.fromhex("a003020101")))),
    ("serial", put(serial=1 << 63)),
    ("encoding", put(serial=1 << 159)),  # the reader already says so of 21 octets
    ("begin", lambda parts: parts.update(not_before=parts["not_before"] - timedelta(days=1))),
    ("begin", lambda parts: parts.update(not_before=parts["not_before"] + timedelta(seconds=1))),
    ("end", lambda parts: parts.update(not_after=parts["not_before"] + timedelta(days=1826))),
    ("end", lambda parts: parts.update(not_after=parts["not_before"] - timedelta(days=1))),
    ("public_key", put(spki=SHORT_RSA)),
    ("public_key", put(spki=P384)),
    ("subject_order", put(subject=der.sequence(rdn(CN, der.utf8("码")), rdn(O, der.utf8("局")), COUNTRY))),
    (
        "subject_order",
        put(subject=der.sequence(COUNTRY, rdn(O, der.utf8("局")), rdn(CN, der.utf8("a")), rdn(CN, der.utf8("b")))),
    ),
    ("subject_order", put(subject=der.sequence(COUNTRY, rdn("1.2.3.4", der.utf8("x")), rdn(CN, der.utf8("码"))))),
    ("subject_encoding", put(subject=der.sequence(COUNTRY, rdn(O, der.printable("ju")), rdn(CN, der.utf8("码"))))),
    ("subject_required", put(subject=der.sequence(COUNTRY, rdn(CN, der.utf8("码"))))),
    ("extensions", other_profile(eku=("1.3.6.1.5.5.7.3.36",))),
    ("extensions", other_profile(no_check=True)),
    ("key_usage", other_profile(key_usage=(KeyUsage.DIGITAL_SIGNATURE,))),
    (
        "key_usage",
        other_profile(key_usage=(KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION, KeyUsage.KEY_CERT_SIGN)),
    ),
    ("key_identifiers", put(key_id=b"x" * 20)),
    ("key_identifiers", lambda parts: parts.update(issuer=dataclasses.replace(parts["issuer"], key_id=b"x" * 20))),
    ("issuer", lambda parts: parts.update(issuer=dataclasses.replace(parts["issuer"], name=der.sequence(COUNTRY)))),
    ("algorithm", lambda parts: parts.update(issuer=dataclasses.replace(parts["issuer"], suite=Suite.RSA))),
    ("addresses", lambda parts: parts.update(issuer=dataclasses.replace(parts["issuer"], slug="other"))),
    ("policies", other_profile(number=77)),
    ("identity", put(identity=template.identity_extensions(IDENTITIES["citizen"]))),
    ("order", put(ordered=der.sequence(COUNTRY))),
    (
        "test_name",
        put(production=True, subject=der.sequence(COUNTRY, rdn(O, der.utf8("测试局")), rdn(CN, der.utf8("码")))),
    ),
]


@pytest.mark.parametrize(("check", "bend"), BENT, ids=[f"{at}-{name}" for at, (name, _) in enumerate(BENT)])
def test_a_bent_certificate_is_refused_by_the_step_that_knows(region: Region, check: str, bend: Bend) -> None:
    with pytest.raises(LintFailed) as caught:
        lints.check(proposal(region, bend=bend))
    assert caught.value.check == check
    assert caught.value.clause


@pytest.mark.parametrize("suite", USUAL)
@pytest.mark.parametrize("profile", [CODE_SIGNER, DEPARTMENT_SEAL, TSA])
def test_a_straight_certificate_passes(region: Region, suite: Suite, profile: Profile) -> None:
    lints.check(proposal(region, suite, profile))


def test_criticality_is_checked_both_ways(region: Region) -> None:
    for profile, changed in ((TSA, {"eku_critical": False}), (DEPARTMENT_SEAL, {"eku_critical": True})):
        with pytest.raises(LintFailed) as caught:
            lints.check(proposal(region, profile=profile, bend=other_profile(**changed)))
        assert caught.value.check == "criticality"


def test_another_extended_key_usage_is_refused(region: Region) -> None:
    with pytest.raises(LintFailed) as caught:
        lints.check(proposal(region, profile=TSA, bend=other_profile(eku=("1.3.6.1.5.5.7.3.9",))))
    assert caught.value.check == "extended_key_usage"


@pytest.mark.parametrize("spki", [SHORT_RSA, SMALL_EXPONENT, P384])
def test_weak_and_strange_rsa_suite_keys_are_refused(region: Region, spki: bytes) -> None:
    with pytest.raises(LintFailed) as caught:
        lints.check(proposal(region, Suite.RSA, bend=put(spki=spki, key_id=key_id_of(spki))))
    assert caught.value.check == "public_key"


def test_p256_is_certified_by_the_rsa_ca(region: Region) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    lints.check(proposal(region, Suite.RSA, bend=put(spki=spki, key_id=key_id_of(spki))))
    with pytest.raises(LintFailed):
        lints.check(proposal(region, Suite.SM2, bend=put(spki=spki, key_id=key_id_of(spki))))


def test_a_point_off_the_curve_is_refused(region: Region) -> None:
    spki = bytearray(region.key(Suite.SM2))
    spki[-1] ^= 1
    with pytest.raises(LintFailed) as caught:
        lints.check(proposal(region, bend=put(spki=bytes(spki), key_id=key_id_of(bytes(spki)))))
    assert caught.value.check == "public_key"


def test_the_cas_own_key_is_never_certified_for_another(region: Region) -> None:
    spki = region.room.authority("sm2-issuing").certificate.spki
    with pytest.raises(LintFailed) as caught:
        lints.check(proposal(region, bend=put(spki=spki, key_id=key_id_of(spki))))
    assert caught.value.check == "key_of_issuer"


def test_generalized_time_before_2050_is_refused(region: Region) -> None:
    straight = proposal(region)
    parts = [node.raw for node in der.parse(straight.tbs.tbs).children()]
    parts[4] = der.sequence(der.generalized_time(straight.tbs.not_before), der.x509_time(straight.tbs.not_after))
    with pytest.raises(LintFailed) as caught:
        lints.check(dataclasses.replace(straight, tbs=read_tbs(der.sequence(*parts))))
    assert caught.value.check == "time_encoding"


def test_a_leaf_cannot_issue(region: Region) -> None:
    """A path length of zero stops CAs below the issuing CA; a leaf stops everything."""
    above = region.room.authority("sm2-issuing").certificate
    straight = proposal(region)
    leaf = dataclasses.replace(above, is_ca=False)
    with pytest.raises(LintFailed) as caught:
        lints.check(dataclasses.replace(straight, issuer_certificate=leaf))
    assert caught.value.check == "basic_constraints"


def test_what_prepare_makes_passes_its_own_lints(region: Region) -> None:
    authority = region.room.authority("sm2-issuing")
    wanted = wanted_from(
        authority, CODE_SIGNER, SUBJECTS["code-signer"], region.key(Suite.SM2), IDENTITIES["code-signer"], "k"
    )
    assert prepare(region.room, wanted, region.clock.now()).tbs


def test_every_step_names_its_clause() -> None:
    assert len(set(lints.STEPS)) == len(lints.STEPS) >= 30
