"""Compiled templates (编译后的模板): a profile under one issuer becomes constant DER, so only what varies is written.

What may vary is what `tbs` takes as arguments, and nothing else can: that is what makes a profile a promise. Byte
equality with an asn1crypto-built certificate is a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ca import oids
from ca.profiles import Profile, Role
from ca.reading.certificate import KeyUsage
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.suites import Suite
from foundation import der
from foundation.errors import FieldFault, InvalidInput
from foundation.text import Text

_VERSION_3 = der.explicit(0, der.integer(2))
_USAGE_BITS = {usage: at for at, usage in enumerate(KeyUsage)}


@dataclass(frozen=True, slots=True)
class Issuer:
    """What a template needs to know of the CA that will sign."""

    slug: str
    suite: Suite
    name: bytes
    key_id: bytes


@dataclass(frozen=True, slots=True)
class Places:
    """Where relying parties find things: public address of the platform, and the arc of its policies."""

    base_url: str
    policy_arc: str

    def crl(self, slug: str, shard: int | None = None) -> str:
        """The full list, or the shard a certificate was given at issuance."""
        return f"{self.base_url}/crl/{slug}.crl" if shard is None else f"{self.base_url}/crl/{slug}/{shard}.crl"

    def delta_crl(self, slug: str) -> str:
        return f"{self.base_url}/crl/{slug}/delta.crl"

    def ocsp(self, slug: str) -> str:
        return f"{self.base_url}/ocsp/{slug}"

    def certificate(self, slug: str) -> str:
        return f"{self.base_url}/ca/{slug}.cer"

    def certificate_policy(self, profile: Profile) -> str:
        return oids.ANY_POLICY if profile.role is Role.ISSUING else f"{self.policy_arc}.1.{profile.number}"


@dataclass(frozen=True, slots=True)
class Template:
    profile: Profile
    issuer: Issuer
    before: bytes
    """Version excepted, everything from the signature algorithm to the issuer name."""
    first: bytes
    """Extensions before the subject key identifier."""
    then: bytes
    """Extensions after it, before the distribution point."""
    places: Places
    after: bytes
    """Extensions after the distribution point, before the identity extensions."""

    def tbs(
        self,
        *,
        serial: int,
        not_before: datetime,
        not_after: datetime,
        subject: bytes,
        spki: bytes,
        key_id: bytes,
        identity: bytes = b"",
        shard: int | None = None,
    ) -> bytes:
        """DER of the TBSCertificate (RFC 5280 4.1). `shard` names the list that would say it is revoked."""
        key = extension(oids.SUBJECT_KEY_ID, der.octet_string(key_id))
        point = b""
        if has_list(self.profile):
            value = distribution_points(self.places.crl(self.issuer.slug, shard))
            point = extension(oids.CRL_DISTRIBUTION_POINTS, value)
        return der.sequence(
            _VERSION_3,
            der.integer(serial),
            self.before,
            der.sequence(der.x509_time(not_before), der.x509_time(not_after)),
            subject,
            spki,
            der.explicit(3, der.sequence(self.first, key, self.then, point, self.after, identity)),
        )


def compile_template(profile: Profile, issuer: Issuer, places: Places) -> Template:
    return Template(
        profile,
        issuer,
        before=issuer.suite.scheme.algorithm_identifier() + issuer.name,
        first=authority_key_id(issuer.key_id),
        then=b"".join(_before_point(profile, places)),
        places=places,
        after=b"".join(_after_point(profile, issuer, places)),
    )


def has_list(profile: Profile) -> bool:
    """Names a revocation list: all but roots, and what is valid without asking."""
    return profile.role is not Role.ROOT and not profile.no_check


def _before_point(profile: Profile, places: Places) -> list[bytes]:
    usage = der.named_bits(*(_USAGE_BITS[usage] for usage in profile.key_usage))
    found = [extension(oids.KEY_USAGE, usage, critical=True)]
    if profile.is_ca:
        limit = b"" if profile.path_len is None else der.integer(profile.path_len)
        found.append(extension(oids.BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True), limit), critical=True))
    if profile.eku:
        purposes = der.sequence(*(der.oid(purpose) for purpose in profile.eku))
        found.append(extension(oids.EXTENDED_KEY_USAGE, purposes, critical=profile.eku_critical))
    if profile.role is not Role.ROOT:
        policy = der.sequence(der.sequence(der.oid(places.certificate_policy(profile))))
        found.append(extension(oids.CERTIFICATE_POLICIES, policy))
    return found


def _after_point(profile: Profile, issuer: Issuer, places: Places) -> list[bytes]:
    if profile.role is Role.ROOT:
        return []
    access = [(oids.ACCESS_CA_ISSUERS, places.certificate(issuer.slug))]
    if profile.role is Role.LEAF and not profile.no_check:
        # A root answers no OCSP: it may be offline, and its list is short (facts: pki 5.2)
        access.insert(0, (oids.ACCESS_OCSP, places.ocsp(issuer.slug)))
    found = [extension(oids.AUTHORITY_INFO_ACCESS, der.sequence(*(_access(*pair) for pair in access)))]
    if profile.no_check:
        found.append(extension(oids.OCSP_NO_CHECK, der.null()))
    return found


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """Extension; FALSE is the default and so never written (X.690 11.5)."""
    return der.sequence(der.oid(oid), der.boolean(value=True) if critical else b"", der.octet_string(value))


def authority_key_id(key_id: bytes) -> bytes:
    return extension(oids.AUTHORITY_KEY_ID, der.sequence(der.implicit(0, der.octet_string(key_id))))


def _uri(address: str) -> bytes:
    return der.implicit(6, der.ia5(address))


def distribution_point_name(address: str) -> bytes:
    """DistributionPointName (RFC 5280 4.2.1.13), in certificates and, octet for octet the same, in their list."""
    return der.explicit(0, der.explicit(0, _uri(address)))


def distribution_points(address: str) -> bytes:
    return der.sequence(der.sequence(distribution_point_name(address)))


def _access(method: str, address: str) -> bytes:
    return der.sequence(der.oid(method), _uri(address))


def identity_extensions(identity: IdentityExtensions) -> bytes:
    """GB/T 20518 identity extensions in arc order; IdentifyCode with IMPLICIT tags (facts: standards 1.5)."""
    if identity == NO_IDENTITY:
        return b""
    _check_characters(identity)
    found: list[bytes] = []
    if identity.citizen_number is not None:
        found.append(extension(oids.IDENTIFY_CODE, der.implicit(0, der.printable(identity.citizen_number))))
    elif identity.military_number is not None:
        found.append(extension(oids.IDENTIFY_CODE, der.implicit(1, der.utf8(identity.military_number))))
    elif identity.passport_number is not None:
        found.append(extension(oids.IDENTIFY_CODE, der.implicit(2, der.printable(identity.passport_number))))
    found += [
        extension(oid, der.printable(value))
        for oid, value in (
            (oids.INSURANCE_NUMBER, identity.insurance_number),
            (oids.REGISTRATION_NUMBER, identity.registration_number),
            (oids.ORGANIZATION_CODE, identity.organization_code),
            (oids.TAXATION_NUMBER, identity.taxation_number),
        )
        if value is not None
    ]
    return b"".join(found)


def _check_characters(identity: IdentityExtensions) -> None:
    for name in IdentityExtensions.__slots__:
        value = getattr(identity, name)
        pattern = _MILITARY if name == "military_number" else _CODE
        if value is not None and not pattern.fullmatch(value):
            raise InvalidInput(
                "ca.identity_characters",
                Text(
                    "证件号码含有不允许的字符或过长。",
                    "An identity number has characters that may not stand in it, or is too long.",
                ),
                faults=(FieldFault(f"/identity/{name}", Text("号码格式不对", "not such a number")),),
            )


_CODE = re.compile(r"[A-Z0-9-]{1,32}")
_MILITARY = re.compile(r"[\u4e00-\u9fff A-Z0-9-]{1,32}")
