"""Compiled templates (编译后的模板): a profile under one issuer becomes constant DER, so only what varies is written.

What may vary is what `tbs` takes as arguments, and nothing else can: that is what makes a profile a promise. Byte
equality with an asn1crypto-built certificate is a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ca import oids
from ca.extensions import constraint_extensions, extension, identity_extensions
from ca.profiles import Profile, Role
from ca.reading.certificate import KeyUsage
from ca.suites import Suite
from foundation import der
from hsm.keys import Algorithm
from hsm.public_keys import algorithm_of_spki

__all__ = [
    "Issuer",
    "Places",
    "Template",
    "authority_key_id",
    "compile_template",
    "distribution_point_name",
    "distribution_points",
    "extension",
    "identity_extensions",
]

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
        """Its own, by which a relying party knows the profile again."""
        return f"{self.policy_arc}.1.{profile.number}"

    def certificate_policies(self, profile: Profile) -> tuple[str, ...]:
        if profile.role is Role.ROOT:
            return ()
        if profile.role is Role.ISSUING:
            return self._whole(profile.policies) or (oids.ANY_POLICY,)
        return self.certificate_policy(profile), *self._whole(profile.policies)

    def _whole(self, policies: tuple[str, ...]) -> tuple[str, ...]:
        """`.13` is the policy of profile number 13 in this region."""
        return tuple(f"{self.policy_arc}.1{one}" if one.startswith(".") else one for one in policies)


@dataclass(frozen=True, slots=True)
class Template:
    profile: Profile
    issuer: Issuer
    before: bytes
    """Version excepted, everything from the signature algorithm to the issuer name."""
    first: bytes
    """Extensions before the subject key identifier."""
    usage: bytes
    """Key usage, after it."""
    usage_of: dict[Algorithm, bytes]
    """Where the key's algorithm calls for another."""
    then: bytes
    """Extensions after that, before the distribution point."""
    places: Places
    points: dict[int | None, bytes]
    """Distribution points written so far, by shard: as many as there are shards."""
    after: bytes
    """Extensions after the distribution point, before alternative names and identity."""

    def tbs(
        self,
        *,
        serial: int,
        not_before: datetime,
        not_after: datetime,
        subject: bytes,
        spki: bytes,
        key_id: bytes,
        names: bytes = b"",
        identity: bytes = b"",
        shard: int | None = None,
    ) -> bytes:
        """DER of the TBSCertificate (RFC 5280 4.1). `shard` names the list that would say it is revoked."""
        usage = self.usage
        if self.usage_of:
            kind = algorithm_of_spki(spki)
            usage = usage if kind is None else self.usage_of.get(kind, usage)
        key = extension(oids.SUBJECT_KEY_ID, der.octet_string(key_id))
        point = b""
        if self.profile.has_list:
            point = self.points.get(shard, b"") or self._point(shard)
        return der.sequence(
            _VERSION_3,
            der.integer(serial),
            self.before,
            der.sequence(der.x509_time(not_before), der.x509_time(not_after)),
            subject,
            spki,
            der.explicit(3, der.sequence(self.first, key, usage, self.then, point, self.after, names, identity)),
        )

    def _point(self, shard: int | None) -> bytes:
        value = distribution_points(self.places.crl(self.issuer.slug, shard))
        return self.points.setdefault(shard, extension(oids.CRL_DISTRIBUTION_POINTS, value))


def compile_template(profile: Profile, issuer: Issuer, places: Places) -> Template:
    return Template(
        profile,
        issuer,
        before=issuer.suite.scheme.algorithm_identifier() + issuer.name,
        first=authority_key_id(issuer.key_id),
        usage=_key_usage(profile.key_usage),
        usage_of={kind: _key_usage(usage) for kind, usage in profile.key_usage_of},
        then=b"".join(_before_point(profile, places)),
        places=places,
        points={},
        after=b"".join(_after_point(profile, issuer, places)),
    )


def _key_usage(usage: tuple[KeyUsage, ...]) -> bytes:
    return extension(oids.KEY_USAGE, der.named_bits(*(_USAGE_BITS[one] for one in usage)), critical=True)


def _before_point(profile: Profile, places: Places) -> list[bytes]:
    found = []
    if profile.is_ca:
        limit = b"" if profile.path_len is None else der.integer(profile.path_len)
        found.append(extension(oids.BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True), limit), critical=True))
    if profile.eku:
        purposes = der.sequence(*(der.oid(purpose) for purpose in profile.eku))
        found.append(extension(oids.EXTENDED_KEY_USAGE, purposes, critical=profile.eku_critical))
    policies = places.certificate_policies(profile)
    if policies:
        written = der.sequence(*(der.sequence(der.oid(policy)) for policy in policies))
        found.append(extension(oids.CERTIFICATE_POLICIES, written))
    found.append(constraint_extensions(profile.constraints))
    return found


def _after_point(profile: Profile, issuer: Issuer, places: Places) -> list[bytes]:
    if profile.role is Role.ROOT:
        return []
    access = [(oids.ACCESS_CA_ISSUERS, places.certificate(issuer.slug))]
    if profile.has_ocsp:
        access.insert(0, (oids.ACCESS_OCSP, places.ocsp(issuer.slug)))
    found = [extension(oids.AUTHORITY_INFO_ACCESS, der.sequence(*(_access(*pair) for pair in access)))]
    if profile.no_check:
        found.append(extension(oids.OCSP_NO_CHECK, der.null()))
    return found


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
