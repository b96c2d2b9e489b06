"""What crosses the wire (接口数据): orders, certificates and authorities as JSON."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, field_validator

from ca.names import Subject
from ca.reading.alternative import AlternativeNames
from ca.reading.crl import Reason
from ca.reading.identity import IdentityExtensions
from ca.revoke import Revocation
from ca.room import Authority
from ca.search import Entry, Page, Standing
from ca.suites import Suite
from foundation.web.api import Wire, bad

ProfileName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$"), Field(description="GET /api/v1/ca/profiles lists them")
]
ReasonName = Literal[
    "unspecified",
    "key-compromise",
    "ca-compromise",
    "affiliation-changed",
    "superseded",
    "cessation-of-operation",
    "privilege-withdrawn",
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Number = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{1,32}$")]
SerialText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]
_PEM_HEADS = ("-----BEGIN CERTIFICATE REQUEST-----", "-----BEGIN NEW CERTIFICATE REQUEST-----")


def pem(octets: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(octets).decode()}-----END CERTIFICATE-----\n"


class AuthorityPath(Wire):
    ca: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="sm2-root, sm2-issuing, rsa-root or rsa-issuing")


class PartialListPath(AuthorityPath):
    part: str = Field(pattern=r"^(delta|0|[1-9][0-9]{0,3})$", description="Number of a shard, or `delta`")


class OcspPath(AuthorityPath):
    request: str = Field(min_length=1, max_length=4096, description="Base64 of the OCSPRequest, percent-encoded")


class CertificatePath(Wire):
    id: UUID


class SubjectBody(Wire):
    common_name: Line
    organization: Line | None = None
    organizational_unit: Line | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "CN"
    state: Line | None = None
    locality: Line | None = None
    serial_number: Line | None = None

    def subject(self) -> Subject:
        return Subject(**self.model_dump())


class IdentityBody(Wire):
    """Identity extensions of GB/T 20518; at most one of the first three."""

    citizen_number: Number | None = None
    military_number: Line | None = None
    passport_number: Number | None = None
    insurance_number: Number | None = None
    registration_number: Number | None = None
    organization_code: Number | None = Field(None, description="Unified social credit code")
    taxation_number: Number | None = None

    def identity(self) -> IdentityExtensions:
        return IdentityExtensions(**self.model_dump())


class NamesBody(Wire):
    """Alternative names; the profile says which kinds it allows."""

    dns: list[Line] = Field(default_factory=list, max_length=100)
    ip: list[Line] = Field(default_factory=list, max_length=100)
    email: list[Line] = Field(default_factory=list, max_length=100)
    uri: list[Line] = Field(default_factory=list, max_length=100)

    def names(self) -> AlternativeNames:
        return AlternativeNames(tuple(self.dns), tuple(self.ip), tuple(self.email), tuple(self.uri))


class IssueBody(Wire):
    suite: Suite
    profile: ProfileName
    subject: SubjectBody
    identity: IdentityBody = IdentityBody()
    names: NamesBody = NamesBody()
    csr: str = Field(max_length=50_000, description="PKCS#10 request, PEM or base64 of DER; only its key is used")
    validity_days: int | None = Field(None, ge=1, le=1825, description="Shorter than the profile's own lifetime")

    @field_validator("csr")
    @classmethod
    def _decodes(cls, value: str) -> str:
        decode(value)
        return value

    def csr_octets(self) -> bytes:
        return decode(self.csr)


def decode(text: str) -> bytes:
    lines = [line.strip() for line in text.strip().splitlines()]
    if lines and lines[0] in _PEM_HEADS:
        lines = lines[1:-1]
    try:
        return base64.b64decode("".join(lines), validate=True)
    except ValueError as error:
        raise bad("不是 PEM 或 base64 格式的证书请求", "neither PEM nor base64") from error


class ListQuery(Wire):
    profile: str | None = Field(None, max_length=40)
    authority: str | None = Field(None, max_length=40)
    status: Standing | None = None
    serial: SerialText | None = None
    expires_before: AwareDatetime | None = Field(None, description="With a zone, as RFC 3339 writes it")
    after: UUID | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=100)


class SearchBody(Wire):
    """By common name, exactly. In a body, because names of people do not belong in addresses."""

    name: Line
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=100)


class RevokeBody(Wire):
    reason: ReasonName
    invalid_since: AwareDatetime | None = Field(None, description="When the key is thought to have been lost")

    def code(self) -> Reason:
        return Reason[self.reason.replace("-", "_").upper()]


def reason_name(reason: Reason) -> str:
    return reason.name.lower().replace("_", "-")


class RevocationOut(Wire):
    certificate_id: UUID
    authority: str
    serial: str
    revoked_at: datetime
    reason: str

    @classmethod
    def of(cls, made: Revocation) -> RevocationOut:
        return cls(
            certificate_id=made.certificate_id,
            authority=made.authority,
            serial=f"{made.serial:x}",
            revoked_at=made.revoked_at,
            reason=reason_name(made.reason),
        )


class CertificateOut(Wire):
    id: UUID
    authority: str
    serial: str
    profile: str
    subject: str = Field(description="Common name; a natural person's is masked")
    organization: str | None
    personal: bool
    status: Standing
    not_before: datetime
    not_after: datetime
    issued_at: datetime | None
    sha256: str | None
    revoked_at: datetime | None
    reason: str | None
    certificate: str | None = Field(description="PEM; never for a natural person's, and not in lists")

    @classmethod
    def of(cls, entry: Entry) -> CertificateOut:
        return cls(
            id=entry.id,
            authority=entry.authority,
            serial=entry.serial,
            profile=entry.profile,
            subject=entry.subject,
            organization=entry.organization,
            personal=entry.personal,
            status=entry.standing,
            not_before=entry.not_before,
            not_after=entry.not_after,
            issued_at=entry.issued_at,
            sha256=entry.fingerprint,
            revoked_at=entry.revoked_at,
            reason=reason_name(entry.reason) if entry.reason is not None else None,
            certificate=pem(entry.octets) if entry.octets else None,
        )


class PageOut(Wire):
    items: list[CertificateOut]
    next: UUID | None

    @classmethod
    def of(cls, page: Page) -> PageOut:
        return cls(items=[CertificateOut.of(entry) for entry in page.items], next=page.next)


class IssuedOut(Wire):
    """The one who asked gets the certificate itself, also a natural person's."""

    id: UUID
    authority: str
    serial: str
    not_before: datetime
    not_after: datetime
    sha256: str
    certificate: str
    chain: list[str]


class AuthorityOut(Wire):
    name: str
    suite: Suite
    role: str
    parent: str | None
    subject: str
    not_before: datetime
    not_after: datetime
    sha256: str
    certificate: str
    certificate_url: str
    crl_url: str
    ocsp_url: str | None

    @classmethod
    def of(cls, one: Authority, *, certificate_url: str, crl_url: str, ocsp_url: str | None) -> AuthorityOut:
        return cls(
            name=one.slug,
            suite=one.suite,
            role=one.role,
            parent=one.parent,
            subject=one.certificate.subject.text,
            not_before=one.certificate.not_before,
            not_after=one.certificate.not_after,
            sha256=one.certificate.fingerprint,
            certificate=pem(one.certificate.der),
            certificate_url=certificate_url,
            crl_url=crl_url,
            ocsp_url=ocsp_url,
        )


class AuthoritiesOut(Wire):
    items: list[AuthorityOut]
