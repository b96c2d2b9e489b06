"""What a profile file may say (模板文件格式): strict, every field named, nothing overlooked."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ca import oids
from ca.profiles.profile import DESCRIBED, Constraints, Holder, Numbering, Profile, Role, Subtrees
from ca.reading.certificate import KeyUsage
from foundation.text import Text
from hsm.keys import Algorithm

_EKU = {
    "serverAuth": oids.SERVER_AUTH,
    "clientAuth": oids.CLIENT_AUTH,
    "emailProtection": oids.EMAIL_PROTECTION,
    "timeStamping": oids.TIME_STAMPING,
    "OCSPSigning": oids.OCSP_SIGNING,
    "documentSigning": oids.DOCUMENT_SIGNING,
}
_ATTRIBUTES = {oids.SHORT_NAMES[oid]: oid for oid in DESCRIBED}
Attribute = Literal["C", "ST", "L", "O", "OU", "serialNumber", "CN"]
NameKind = Literal["dns", "ip", "email", "uri"]
Number = Literal[
    "citizen_number",
    "military_number",
    "passport_number",
    "insurance_number",
    "registration_number",
    "organization_code",
    "taxation_number",
]
_IN_2023 = frozenset({"citizen_number", "passport_number", "insurance_number", "organization_code"})
Policy = Annotated[str, StringConstraints(pattern=r"^(\.[1-9][0-9]{0,6}|[012](\.(0|[1-9][0-9]{0,18})){1,30})$")]
"""An object identifier, or `.13`: the policy of profile number 13 in this region."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Depth = Annotated[int, Field(ge=0, le=16)]
_AUTHORITY_ONLY = frozenset((KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN))
_ENCIPHERS = frozenset((KeyUsage.KEY_ENCIPHERMENT, KeyUsage.DATA_ENCIPHERMENT))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(_Part):
    zh: Line
    en: Line


class SubjectRules(_Part):
    required: tuple[Attribute, ...] = ("C", "O", "CN")
    allowed: tuple[Attribute, ...] = ("C", "ST", "L", "O", "OU", "serialNumber", "CN")
    patterns: dict[Attribute, str] = {}

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, value: dict[Attribute, str]) -> dict[Attribute, str]:
        for name, pattern in value.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{name}: not a regular expression ({error})") from error
        return value

    @model_validator(mode="after")
    def _required_is_allowed(self) -> SubjectRules:
        odd = [name for name in (*self.required, *self.patterns) if name not in self.allowed]
        if odd:
            raise ValueError(f"not among the allowed attributes: {', '.join(odd)}")
        return self


class NameRules(_Part):
    kinds: tuple[NameKind, ...]
    required: bool = False
    most: int = Field(50, ge=1, le=100)


class IdentityRules(_Part):
    allowed: tuple[Number, ...]
    required: tuple[Number, ...] = ()
    at_least_one: bool = False
    numbering: Numbering = Numbering.OF_2018

    @model_validator(mode="after")
    def _fits(self) -> IdentityRules:
        if not set(self.required) <= set(self.allowed):
            raise ValueError("a required number must be among the allowed ones")
        unknown = set(self.allowed) - _IN_2023
        if self.numbering is Numbering.OF_2023 and unknown:
            raise ValueError(f"GM/T 0015-2023 has no arc for: {', '.join(sorted(unknown))}")
        return self


class SubtreeRules(_Part):
    dns: tuple[Line, ...] = ()
    email: tuple[Line, ...] = ()
    uri: tuple[Line, ...] = ()
    ip: tuple[Line, ...] = ()
    directory: tuple[dict[Attribute, Line], ...] = ()

    @field_validator("ip")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(one)) for one in value)

    def subtrees(self) -> Subtrees:
        directory = tuple(
            tuple((_ATTRIBUTES[name], text) for name, text in sorted(one.items(), key=_written))
            for one in self.directory
        )
        return Subtrees(self.dns, self.email, self.uri, self.ip, directory)


def _written(item: tuple[str, str]) -> int:
    return DESCRIBED.index(_ATTRIBUTES[item[0]])


class ConstraintRules(_Part):
    path_length: Depth | None = None
    permitted: SubtreeRules = SubtreeRules()
    excluded: SubtreeRules = SubtreeRules()
    require_explicit_policy: Depth | None = None
    inhibit_policy_mapping: Depth | None = None
    inhibit_any_policy: Depth | None = None


class StatusRules(_Part):
    list: bool = True
    ocsp: bool = True
    no_check: bool = False


class ProfileFile(_Part):
    """A whole file. Field names are those of docs/profiles.md."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    version: int = Field(ge=1, le=100_000)
    number: int = Field(ge=1, le=1_000_000)
    title: Title
    role: Role
    holder: Holder
    requestable: bool = False
    lifetime_days: int = Field(ge=1, le=10_958)
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)
    key_usage: tuple[KeyUsage, ...] = Field(min_length=1)
    key_usage_of: dict[Algorithm, tuple[KeyUsage, ...]] = {}
    extended_key_usage: tuple[str, ...] = ()
    extended_key_usage_critical: bool = False
    subject: SubjectRules = SubjectRules()
    names: NameRules | None = None
    identity: IdentityRules | None = None
    constraints: ConstraintRules = ConstraintRules()
    policies: tuple[Policy, ...] = ()
    status: StatusRules = StatusRules()

    @field_validator("extended_key_usage")
    @classmethod
    def _known_purposes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if one not in _EKU and not re.fullmatch(r"[012](\.[0-9]{1,19}){2,30}", one):
                raise ValueError(f"{one}: neither {', '.join(_EKU)} nor an object identifier")
        return value

    @model_validator(mode="after")
    def _belongs_together(self) -> ProfileFile:
        leaf = self.role is Role.LEAF
        for usage in (self.key_usage, *self.key_usage_of.values()):
            _check_usage(frozenset(usage), leaf=leaf)
        limits = self.constraints.model_dump(exclude_defaults=True)
        if leaf and limits:
            raise ValueError(f"constraints.{next(iter(limits))}: only a CA has constraints")
        if not leaf and (self.requestable or self.names or self.identity or self.extended_key_usage):
            raise ValueError(
                "a CA's profile has no alternative names, identity or extended key usage, and is not asked for"
            )
        if self.extended_key_usage_critical and not self.extended_key_usage:
            raise ValueError("extended_key_usage_critical without any extended_key_usage")
        if self.status.no_check and (self.status.list or self.status.ocsp):
            raise ValueError("status.no_check goes with list = false and ocsp = false (RFC 6960 4.2.2.2.1)")
        return self

    def canonical(self) -> str:
        """The same for every spelling of the same file; a field added later with its default changes nothing."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def profile(self) -> Profile:
        content, subject, identity, names = self.canonical(), self.subject, self.identity, self.names
        limits = self.constraints
        return Profile(
            name=self.name,
            version=self.version,
            number=self.number,
            title=Text(self.title.zh, self.title.en),
            role=self.role,
            holder=self.holder,
            lifetime=timedelta(days=self.lifetime_days),
            key_usage=self.key_usage,
            key_usage_of=tuple(self.key_usage_of.items()),
            eku=tuple(_EKU.get(one, one) for one in self.extended_key_usage),
            eku_critical=self.extended_key_usage_critical,
            path_len=limits.path_length,
            algorithms=frozenset(self.algorithms),
            subject=tuple(_ATTRIBUTES[one] for one in subject.required),
            allowed=tuple(_ATTRIBUTES[one] for one in subject.allowed),
            patterns=tuple((_ATTRIBUTES[one], re.compile(text)) for one, text in subject.patterns.items()),
            names=frozenset(names.kinds if names else ()),
            needs_name=names is not None and names.required,
            most_names=names.most if names else 0,
            identity=frozenset(identity.allowed if identity else ()),
            needs_identity=identity is not None and identity.at_least_one,
            identities=frozenset(identity.required if identity else ()),
            numbering=identity.numbering if identity else Numbering.OF_2018,
            constraints=Constraints(
                limits.permitted.subtrees(),
                limits.excluded.subtrees(),
                limits.require_explicit_policy,
                limits.inhibit_policy_mapping,
                limits.inhibit_any_policy,
            ),
            policies=self.policies,
            has_list=self.status.list and self.role is not Role.ROOT,
            has_ocsp=self.status.ocsp and leaf_role(self.role),
            no_check=self.status.no_check,
            requestable=self.requestable,
            content=content,
            digest=hashlib.sha256(content.encode()).hexdigest(),
        )


def leaf_role(role: Role) -> bool:
    """A root answers no OCSP: it may be offline, and its list is short (facts: pki 5.2)."""
    return role is Role.LEAF


def _check_usage(usage: frozenset[KeyUsage], *, leaf: bool) -> None:
    if leaf and usage & _AUTHORITY_ONLY:
        raise ValueError("key_usage: only a CA signs certificates and lists (RFC 5280 4.2.1.9)")
    if not leaf and usage != _AUTHORITY_ONLY:
        raise ValueError("key_usage: a CA has keyCertSign and cRLSign and nothing else")
    if KeyUsage.NON_REPUDIATION in usage and usage & _ENCIPHERS:
        raise ValueError("key_usage: a key that enciphers is escrowed, so it proves nothing about its holder (双证书)")
