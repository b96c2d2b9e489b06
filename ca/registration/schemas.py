"""What crosses the wire of registration (注册审核接口数据): applications in, states and reasons out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, field_validator

from ca.names import Subject
from ca.reading.crl import Reason
from ca.registration.content import Content
from ca.registration.filing import Application
from ca.registration.policy import Channel, Delivery, Evidence
from ca.registration.search import Entry, Whole
from ca.registration.states import Kind, State, Step
from ca.schemas import IdentityBody, Line, NamesBody, SubjectBody, decode, reason_name
from ca.suites import Suite
from foundation.errors import YinxinError
from foundation.web.api import Wire, bad

ProfileText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ReasonText = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,30}$")]


class RegistrationPath(Wire):
    id: UUID


class EvidencePath(RegistrationPath):
    evidence: UUID


class ContentBody(Wire):
    """For oneself, name and number may be left out: they are the account's."""

    subject: SubjectBody | None = None
    identity: IdentityBody = IdentityBody()
    names: NamesBody = NamesBody()
    csr: str | None = Field(None, max_length=50_000, description="PKCS#10, PEM or base64 of DER; only its key is used")
    phone: str | None = Field(None, max_length=20, description="Of the holder: where the code and notices go")
    note: str | None = Field(None, max_length=300, description="What it is needed for")
    invalid_since: AwareDatetime | None = Field(None, description="When the key is thought to have been lost")

    @field_validator("csr")
    @classmethod
    def _decodes(cls, value: str | None) -> str | None:
        if value is not None:
            decode(value)
        return value

    def content(self) -> Content:
        return Content(
            self.subject.subject() if self.subject is not None else Subject(""),
            self.identity.identity(),
            self.names.names(),
            decode(self.csr) if self.csr is not None else None,
            self.phone,
            self.note,
            self.invalid_since,
        )


class RegistrationBody(ContentBody):
    kind: Kind = Kind.NEW
    profile: ProfileText = Field("citizen", description="Of a new application; otherwise the certificate's own")
    suite: Suite = Suite.SM2
    channel: Channel = Channel.SELF
    delivery: Delivery = Delivery.TOKEN
    certificate_id: UUID | None = Field(None, description="What a request is about; not for a new application")
    reason: ReasonText | None = Field(None, description="RFC 5280 5.3.1, for revoke and rekey")
    submit: bool = Field(default=False, description="Submit at once, when no evidence is needed")

    @field_validator("reason")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value.replace("-", "_").upper() not in Reason.__members__:
            raise bad("没有这种撤销原因", "there is no such reason")
        return value

    def application(self) -> Application:
        return Application(
            self.kind,
            self.profile,
            self.suite,
            self.channel,
            self.delivery,
            self.content(),
            self.certificate_id,
            Reason[self.reason.replace("-", "_").upper()] if self.reason is not None else None,
        )


class StepBody(Wire):
    step: Step
    digest: Digest | None = Field(None, description="Of what was looked at; decisions need it")
    reason: str | None = Field(None, max_length=500)


class ManyItem(Wire):
    id: UUID
    digest: Digest | None = None


class ManyBody(Wire):
    step: Step
    items: list[ManyItem] = Field(min_length=1, max_length=200)
    reason: str | None = Field(None, max_length=500)


class CollectBody(Wire):
    code: str = Field(min_length=1, max_length=60)
    password: str | None = Field(None, max_length=100, description="For a PKCS#12 file; you choose it")
    csr: str | None = Field(None, max_length=50_000, description="From your token, PEM or base64 of DER")

    @field_validator("csr")
    @classmethod
    def _decodes(cls, value: str | None) -> str | None:
        if value is not None:
            decode(value)
        return value


class EvidenceForm(Wire):
    kind: Evidence


class BulkForm(Wire):
    profile: ProfileText
    suite: Suite = Suite.SM2
    channel: Channel = Channel.DEPARTMENT
    partial: bool = Field(default=False, description="File the good lines although others are faulty")


class ListQuery(Wire):
    state: State | None = None
    kind: Kind | None = None
    profile: ProfileText | None = None
    queue: Annotated[str, StringConstraints(pattern="^(review|approve)$")] | None = None
    mine: bool = False
    bulk: UUID | None = None
    certificate: UUID | None = None
    after: UUID | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=100)


class NameBody(Wire):
    """In a body, because names of people do not belong in addresses."""

    name: Line
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=100)


class PageQuery(Wire):
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=100)


class RegistrationOut(Wire):
    id: UUID
    kind: Kind
    state: State
    channel: Channel
    profile: str
    suite: str
    delivery: Delivery
    name: str = Field(description="A natural person's is masked")
    owner: str | None
    needed: int = Field(description="Approvals it takes")
    agreed: int
    reason: str | None
    certificate_id: UUID | None
    issued_id: UUID | None
    bulk_id: UUID | None
    line: int | None
    created_at: datetime
    submitted_at: datetime | None
    changed_at: datetime
    ends_at: datetime
    due_at: datetime | None = Field(description="Revocation deadline")
    damaged: bool = Field(description="Its text fails the integrity check; have it audited")

    @classmethod
    def of(cls, one: Entry) -> RegistrationOut:
        return cls(**_fields(one))


def _fields(one: Entry) -> dict[str, object]:
    """Everything but the filer, whom only the history names."""
    said = {name: getattr(one, name) for name in Entry.__dataclass_fields__ if name != "filer"}
    return said | {"reason": reason_name(one.reason) if one.reason is not None else None}


class HappenedOut(Wire):
    step: str
    source: str | None
    target: str
    actor: str
    at: datetime
    reason: str | None


class WholeOut(RegistrationOut):
    history: list[HappenedOut]
    may: list[Step] = Field(description="Steps the caller may take now")

    @classmethod
    def whole(cls, one: Whole) -> WholeOut:
        history = [
            HappenedOut(
                step=two.step, source=two.source, target=two.target, actor=two.actor, at=two.at, reason=two.reason
            )
            for two in one.history
        ]
        return cls(**_fields(one.entry), history=history, may=list(one.may))


class RegistrationsOut(Wire):
    items: list[RegistrationOut]
    next: UUID | None


class FiledOut(Wire):
    id: UUID
    state: State


class OutcomeOut(Wire):
    id: UUID
    state: State | None
    code: str | None
    detail_zh: str | None
    detail_en: str | None

    @classmethod
    def of(cls, identifier: UUID, state: State | None, error: YinxinError | None) -> OutcomeOut:
        return cls(
            id=identifier,
            state=state,
            code=error.code if error else None,
            detail_zh=error.detail.zh if error else None,
            detail_en=error.detail.en if error else None,
        )


class OutcomesOut(Wire):
    items: list[OutcomeOut]
