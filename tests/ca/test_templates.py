"""Byte equality with certificates built by asn1crypto's own objects, which know nothing of our templates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import core, keys, x509

from ca.extensions import alternative_names
from ca.names import Subject, write_name
from ca.prepare import key_id_of
from ca.profiles import PROFILES, Profile, Role
from ca.reading import IdentityExtensions, identity_of
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.certificate import read_tbs
from ca.suites import USUAL, Suite
from ca.template import Issuer, Places, compile_template, identity_extensions
from foundation import der
from foundation.errors import InvalidInput
from hsm import private_keys
from hsm.keys import Algorithm
from tests.ca.conftest import IDENTITIES, NAMES, SUBJECTS

PLACES = Places("https://yinxin.example", "1.3.6.1.4.1.32473.219900")
SPKI = {suite: private_keys.generate(suite.leaf_algorithm).spki for suite in (*USUAL, Suite.P256)}
BEGIN, SERIAL = datetime(2026, 11, 22, 2, 0, tzinfo=UTC), (1 << 126) + 99
ENDS = [datetime(2029, 11, 22, 1, 59, 59, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC)]  # either side of 2050
ISSUER = Subject("印川市电子政务CA", organization="印川市电子政务电子认证服务")
IDENTIFY_CODE, ORGANIZATION_CODE = "1.2.156.10260.4.1.1", "1.2.156.10260.4.1.4"


def subject_of(profile: Profile) -> Subject:
    return SUBJECTS.get(profile.name, Subject("印川市服务", organization="印川市电子政务电子认证服务"))


def identity_for(profile: Profile) -> IdentityExtensions:
    return IDENTITIES.get(profile.name, IdentityExtensions())


def by_asn1crypto(profile: Profile, suite: Suite, not_after: datetime) -> bytes:
    """The same certificate, field by field, from the profile's words and asn1crypto's models."""
    name = name_of(ISSUER)
    algorithm: Any = {"algorithm": "1.2.156.10197.1.501"}
    if suite is Suite.P256:
        algorithm = {"algorithm": "sha256_ecdsa"}
    if suite is Suite.RSA:
        algorithm = {"algorithm": "sha256_rsa", "parameters": core.Null()}
    root = profile.role is Role.ROOT
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": SERIAL,
            "signature": algorithm,
            "issuer": name_of(subject_of(profile)) if root else name,
            "validity": {"not_before": moment(BEGIN), "not_after": moment(not_after)},
            "subject": name_of(subject_of(profile)),
            "subject_public_key_info": keys.PublicKeyInfo.load(SPKI[suite]),
            "extensions": [x509.Extension(one) for one in extensions_of(profile, suite)],
        }
    )
    return bytes(tbs.dump(force=True))


def name_of(subject: Subject) -> x509.Name:
    rdns = []
    for oid, value in subject.attributes():
        kind = core.PrintableString if oid in ("2.5.4.6", "2.5.4.5") else core.UTF8String
        pair = x509.NameTypeAndValue({"type": oid, "value": kind(value)})
        rdns.append(x509.RelativeDistinguishedName([pair]))
    return x509.Name(name="", value=x509.RDNSequence(rdns))


def moment(at: datetime) -> x509.Time:
    kind = x509.UTCTime if at.year < 2050 else x509.GeneralizedTime
    return x509.Time({"utc_time": kind(at)} if at.year < 2050 else {"general_time": kind(at)})


def extensions_of(profile: Profile, suite: Suite) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(name: str, value: Any, *, critical: bool = False) -> None:
        found.append({"extn_id": name, "critical": critical, "extn_value": value})

    root, leaf = profile.role is Role.ROOT, profile.role is Role.LEAF
    add("authority_key_identifier", x509.AuthorityKeyIdentifier({"key_identifier": b"k" * 20}))
    add("key_identifier", core.OctetString(key_id_of(SPKI[suite])))
    usage = {
        usage.replace("nonRepudiation", "non_repudiation")
        for usage in map(_snake, profile.usage_for(suite.leaf_algorithm))
    }
    add("key_usage", x509.KeyUsage(usage), critical=True)
    if profile.is_ca:
        add(
            "basic_constraints",
            x509.BasicConstraints({"ca": True, "path_len_constraint": profile.path_len}),
            critical=True,
        )
    if profile.eku:
        add("extended_key_usage", x509.ExtKeyUsageSyntax(list(profile.eku)), critical=profile.eku_critical)
    if not root:
        policy = "2.5.29.32.0" if profile.role is Role.ISSUING else f"{PLACES.policy_arc}.1.{profile.number}"
        policies = [f"{PLACES.policy_arc}.1{one}" for one in profile.policies] or [policy]
        add("certificate_policies", x509.CertificatePolicies([{"policy_identifier": one} for one in policies]))
        if profile.constraints.permitted:
            found += constraints_of(profile)
        base = PLACES.base_url
        if not profile.no_check:
            points = [{"distribution_point": x509.DistributionPointName("full_name", [uri(f"{base}/crl/sm2-x.crl")])}]
            add("crl_distribution_points", x509.CRLDistributionPoints(points))
        access = [{"access_method": "ca_issuers", "access_location": uri(f"{base}/ca/sm2-x.cer")}]
        if leaf and not profile.no_check:
            access.insert(0, {"access_method": "ocsp", "access_location": uri(f"{base}/ocsp/sm2-x")})
        add("authority_information_access", x509.AuthorityInfoAccessSyntax(access))
    if profile.no_check:
        add("ocsp_no_check", core.Null())
    if NAMES.get(profile.name):
        add("subject_alt_name", x509.GeneralNames(general_names(NAMES[profile.name])))
    return found + identities_of(identity_for(profile))


def constraints_of(profile: Profile) -> list[dict[str, Any]]:
    """Of the shipped sub-CA, from the words of its file."""
    base = x509.GeneralName
    china = x509.Name(name="", value=name_of(Subject("x")).chosen[:1])
    trees = [
        base("rfc822_name", x509.EmailAddress("gov.cn")),
        base("dns_name", x509.DNSName("gov.cn")),
        base("directory_name", china),
        base("uniform_resource_identifier", x509.URI(".gov.cn")),
        base("ip_address", x509.IPAddress("10.0.0.0/8")),
        base("ip_address", x509.IPAddress("fd00::/8")),
    ]
    permitted = x509.GeneralSubtrees([{"base": tree} for tree in trees])
    policies = x509.PolicyConstraints({"require_explicit_policy": 0, "inhibit_policy_mapping": 0})
    values = [
        ("name_constraints", x509.NameConstraints({"permitted_subtrees": permitted})),
        ("policy_constraints", policies),
        ("inhibit_any_policy", core.Integer(0)),
    ]
    return [
        {"extn_id": kind, "critical": True, "extn_value": core.ParsableOctetString(value.dump())}
        for kind, value in values
    ]


def general_names(names: AlternativeNames) -> list[x509.GeneralName]:
    made = [x509.GeneralName("dns_name", x509.DNSName(one)) for one in names.dns]
    made += [x509.GeneralName("ip_address", x509.IPAddress(one)) for one in names.ip]
    made += [x509.GeneralName("rfc822_name", x509.EmailAddress(one)) for one in names.email]
    return made + [uri(one) for one in names.uri]


def identities_of(identity: IdentityExtensions) -> list[dict[str, Any]]:
    values: list[tuple[str, core.Asn1Value]] = []
    if identity.citizen_number:
        values.append((IDENTIFY_CODE, core.PrintableString(identity.citizen_number, implicit=0)))
    if identity.organization_code:
        values.append((ORGANIZATION_CODE, core.PrintableString(identity.organization_code)))
    return [
        {"extn_id": oid, "critical": False, "extn_value": core.ParsableOctetString(value.dump())}
        for oid, value in values
    ]


def uri(address: str) -> x509.GeneralName:
    return x509.GeneralName("uniform_resource_identifier", address)


def _snake(name: str) -> str:
    return {
        "digitalSignature": "digital_signature",
        "keyCertSign": "key_cert_sign",
        "cRLSign": "crl_sign",
        "keyEncipherment": "key_encipherment",
        "dataEncipherment": "data_encipherment",
        "keyAgreement": "key_agreement",
    }.get(name, name)


@pytest.mark.parametrize("not_after", ENDS)
@pytest.mark.parametrize("profile", list(PROFILES.values()), ids=lambda profile: profile.name)
@pytest.mark.parametrize("suite", [*USUAL, Suite.P256])
def test_a_template_writes_what_asn1crypto_writes(suite: Suite, profile: Profile, not_after: datetime) -> None:
    subject = write_name(subject_of(profile))
    issuer = Issuer("sm2-x", suite, subject if profile.role is Role.ROOT else write_name(ISSUER), b"k" * 20)
    written = compile_template(profile, issuer, PLACES).tbs(
        serial=SERIAL,
        not_before=BEGIN,
        not_after=not_after,
        subject=subject,
        spki=SPKI[suite],
        key_id=key_id_of(SPKI[suite]),
        names=alternative_names(NAMES.get(profile.name, NO_NAMES)),
        identity=identity_extensions(identity_for(profile)),
    )
    assert written.hex() == by_asn1crypto(profile, suite, not_after).hex()


@pytest.mark.parametrize(
    "identity",
    [
        IdentityExtensions(citizen_number="219901199003070018"),
        IdentityExtensions(military_number="军字第1234567号"),
        IdentityExtensions(passport_number="E12345678", insurance_number="12345", taxation_number="TAX-1"),
        IdentityExtensions(registration_number="REG1", organization_code="ORG1"),
    ],
)
def test_identity_extensions_are_read_as_written(identity: IdentityExtensions) -> None:
    tbs = compile_template(PROFILES["citizen"], Issuer("sm2-x", Suite.SM2, write_name(ISSUER), b"k" * 20), PLACES).tbs(
        serial=SERIAL,
        not_before=BEGIN,
        not_after=ENDS[0],
        subject=write_name(Subject("张三")),
        spki=SPKI[Suite.SM2],
        key_id=b"k" * 20,
        identity=identity_extensions(identity),
    )
    assert identity_of(read_tbs(tbs)) == identity


def test_an_explicit_identify_code_is_read_too() -> None:
    """The tag mode is disputed (facts: standards 1.5)."""
    written = identity_extensions(IdentityExtensions(citizen_number="219901199003070018"))
    explicit = der.explicit(0, der.printable("219901199003070018"))
    other = der.sequence(der.oid(IDENTIFY_CODE), der.octet_string(explicit))
    tbs = compile_template(PROFILES["citizen"], Issuer("sm2-x", Suite.SM2, write_name(ISSUER), b"k" * 20), PLACES).tbs(
        serial=SERIAL,
        not_before=BEGIN,
        not_after=ENDS[0],
        subject=write_name(Subject("张三")),
        spki=SPKI[Suite.SM2],
        key_id=b"k" * 20,
        identity=other,
    )
    assert written != other
    assert identity_of(read_tbs(tbs)).citizen_number == "219901199003070018"


@pytest.mark.parametrize("number", ["", "2199\x00", "张三", "x" * 33, "lower"])
def test_identity_numbers_with_odd_characters_are_refused(number: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        identity_extensions(IdentityExtensions(passport_number=number))
    assert not number or number not in str(caught.value)


def test_keys_used_here_are_what_the_suites_say() -> None:
    assert Suite.SM2.leaf_algorithm is Algorithm.SM2
    assert Suite.RSA.authority_algorithm is Algorithm.RSA_3072
