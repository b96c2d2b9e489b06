"""Certificate profiles (证书模板): what each kind of certificate holds, in the shape of GB/T 20518.

A profile never changes in place: a change gets a new `version`, and each certificate's row says which version made it.
Signing certificates of the dual-certificate scheme (双证书) have digitalSignature and nonRepudiation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ca import oids
from ca.reading.certificate import KeyUsage
from foundation.errors import InvalidInput
from foundation.text import Text


class Role(StrEnum):
    """Who signs: a root signs itself and issuing CAs, an issuing CA signs everything else."""

    ROOT = "root"
    ISSUING = "issuing"
    LEAF = "leaf"


class Holder(StrEnum):
    AUTHORITY = "authority"
    ORGANIZATION = "organization"
    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    version: int
    number: int
    """Last arc of its certificate policy."""
    title: Text
    role: Role
    holder: Holder
    lifetime: timedelta
    key_usage: tuple[KeyUsage, ...]
    eku: tuple[str, ...] = ()
    eku_critical: bool = False
    path_len: int | None = None
    subject: tuple[str, ...] = (oids.COUNTRY, oids.ORGANIZATION, oids.COMMON_NAME)
    """Attributes the subject must have."""
    common_name: re.Pattern[str] | None = None
    identity: frozenset[str] = frozenset()
    """Identity extensions it may have."""
    needs_identity: bool = False
    no_check: bool = False
    """Valid without asking for its status (OCSP responders, RFC 6960 4.2.2.2.1)."""

    @property
    def is_ca(self) -> bool:
        return self.role is not Role.LEAF

    @property
    def personal(self) -> bool:
        """Names a natural person: stored encrypted, masked in lists."""
        return self.holder is Holder.PERSON


_SIGNING = (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.NON_REPUDIATION)
_AUTHORITY = (KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
_ORGANIZATION_IDENTITY = frozenset({"organization_code", "registration_number", "taxation_number"})
_PERSON_IDENTITY = frozenset({"citizen_number", "passport_number", "military_number", "insurance_number"})
_DAY = timedelta(days=1)

ROOT = Profile("root", 1, 1, Text("根 CA", "Root CA"), Role.ROOT, Holder.AUTHORITY, 3652 * _DAY, _AUTHORITY, path_len=1)
"""3653 days is the longest GmSSL accepts, at every level (facts: pki 2.1)."""

ISSUING = Profile(
    "issuing", 1, 2, Text("签发 CA", "Issuing CA"), Role.ISSUING, Holder.AUTHORITY, 3650 * _DAY, _AUTHORITY, path_len=0
)
SEAL_MAKER = Profile(
    "seal-maker",
    1,
    3,
    Text("制章系统", "Seal maker"),
    Role.LEAF,
    Holder.ORGANIZATION,
    1825 * _DAY,
    _SIGNING,
    identity=_ORGANIZATION_IDENTITY,
)
DEPARTMENT_SEAL = Profile(
    "department-seal",
    1,
    4,
    Text("单位电子印章", "Department seal"),
    Role.LEAF,
    Holder.ORGANIZATION,
    1095 * _DAY,
    _SIGNING,
    eku=(oids.DOCUMENT_SIGNING,),
    common_name=re.compile(r"[0-9]{14}"),
    identity=_ORGANIZATION_IDENTITY,
)
OFFICIAL = Profile(
    "official",
    1,
    5,
    Text("行政人员", "Official"),
    Role.LEAF,
    Holder.PERSON,
    730 * _DAY,
    _SIGNING,
    eku=(oids.CLIENT_AUTH, oids.DOCUMENT_SIGNING),
    identity=_PERSON_IDENTITY | {"organization_code"},
)
CITIZEN = Profile(
    "citizen",
    1,
    6,
    Text("自然人", "Citizen"),
    Role.LEAF,
    Holder.PERSON,
    1095 * _DAY,
    _SIGNING,
    eku=(oids.CLIENT_AUTH, oids.DOCUMENT_SIGNING),
    subject=(oids.COUNTRY, oids.COMMON_NAME),
    identity=_PERSON_IDENTITY,
    needs_identity=True,
)
TSA = Profile(
    "tsa",
    1,
    7,
    Text("时间戳服务", "Time-stamping authority"),
    Role.LEAF,
    Holder.SERVICE,
    1825 * _DAY,
    _SIGNING,
    eku=(oids.TIME_STAMPING,),
    eku_critical=True,
)
OCSP = Profile(
    "ocsp",
    1,
    8,
    Text("证书状态服务", "OCSP responder"),
    Role.LEAF,
    Holder.SERVICE,
    366 * _DAY,
    (KeyUsage.DIGITAL_SIGNATURE,),
    eku=(oids.OCSP_SIGNING,),
    no_check=True,
)
CODE_SIGNER = Profile(
    "code-signer",
    1,
    9,
    Text("证照二维码签名", "Signer of printed codes"),
    Role.LEAF,
    Holder.ORGANIZATION,
    1825 * _DAY,
    _SIGNING,
    identity=_ORGANIZATION_IDENTITY,
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (ROOT, ISSUING, SEAL_MAKER, DEPARTMENT_SEAL, OFFICIAL, CITIZEN, TSA, OCSP, CODE_SIGNER)
}
REQUESTABLE = (SEAL_MAKER, DEPARTMENT_SEAL, OFFICIAL, CITIZEN, CODE_SIGNER)
"""What may be asked for over the API; CAs and services are made by `hierarchy.establish` only."""


def profile_named(name: str) -> Profile:
    try:
        return PROFILES[name]
    except KeyError:
        raise InvalidInput(
            "ca.profile_unknown",
            Text(
                "没有这种证书模板，请从列表中选择。",
                f"There is no certificate profile of that name; choose one of {', '.join(PROFILES)}.",
            ),
        ) from None
