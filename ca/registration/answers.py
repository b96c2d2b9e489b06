"""Answers of registration (注册审核接口应答): details in clear, codes, holdings, deadlines, notices, batches."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from pydantic import Field

from ca.registration.about import Now
from ca.registration.batches import Batch
from ca.registration.collect import Handed
from ca.registration.content import Content
from ca.registration.deadlines import Case
from ca.registration.evidence import Piece
from ca.registration.holdings import Holding
from ca.registration.notices import Notice
from ca.registration.policy import Evidence
from ca.registration.search import Clear
from ca.registration.states import Kind, State
from ca.schemas import IdentityBody, NamesBody, SubjectBody, pem, reason_name
from foundation.web.api import Wire


class DetailsOut(Wire):
    """In clear. Asking for it leaves a row in the audit trail."""

    subject: SubjectBody
    identity: IdentityBody
    names: NamesBody
    csr: str | None
    phone: str | None
    note: str | None
    invalid_since: datetime | None
    digest: str = Field(description="Name it in your decision: it stands for exactly this")

    @classmethod
    def of(cls, one: Clear) -> DetailsOut:
        said: Content = one.content
        fields = said.subject.__dataclass_fields__
        return cls(
            subject=SubjectBody.model_construct(**{name: getattr(said.subject, name) for name in fields}),
            identity=IdentityBody.model_construct(
                **{name: getattr(said.identity, name) for name in said.identity.__dataclass_fields__}
            ),
            names=NamesBody.model_construct(
                dns=list(said.names.dns),
                ip=list(said.names.ip),
                email=list(said.names.email),
                uri=list(said.names.uri),
            ),
            csr=base64.b64encode(said.csr).decode() if said.csr is not None else None,
            phone=said.phone,
            note=said.note,
            invalid_since=said.invalid_since,
            digest=one.digest,
        )


class EvidenceOut(Wire):
    id: UUID
    kind: Evidence
    media_type: str
    size: int
    name: str
    added_at: datetime

    @classmethod
    def of(cls, one: Piece) -> EvidenceOut:
        return cls(
            id=one.id,
            kind=one.kind,
            media_type=one.media_type,
            size=one.size,
            name=one.name,
            added_at=one.added_at,
        )


class EvidencesOut(Wire):
    items: list[EvidenceOut]


class AttachedOut(Wire):
    id: UUID


class CodeOut(Wire):
    code: str | None = Field(description="Shown once; null when it went to the holder's phone only")
    sent: bool
    expires_at: datetime


class HandedOut(Wire):
    """`pkcs12` is base64 and leaves once; certificates are PEM."""

    certificate: str
    chain: list[str]
    pkcs12: str | None

    @classmethod
    def of(cls, one: Handed) -> HandedOut:
        return cls(
            certificate=pem(one.certificate),
            chain=[pem(above) for above in one.chain],
            pkcs12=base64.b64encode(one.pkcs12).decode() if one.pkcs12 is not None else None,
        )


class HoldingOut(Wire):
    id: UUID
    authority: str
    serial: str
    profile: str
    name: str
    organization: str | None
    owner: str | None
    status: Now
    not_before: datetime
    not_after: datetime
    days_left: int
    may: list[Kind] = Field(description="What may be asked for now")

    @classmethod
    def of(cls, one: Holding) -> HoldingOut:
        return cls(
            id=one.id,
            authority=one.authority,
            serial=one.serial,
            profile=one.profile,
            name=one.name,
            organization=one.organization,
            owner=one.owner,
            status=one.now,
            not_before=one.not_before,
            not_after=one.not_after,
            days_left=one.days_left,
            may=list(one.may),
        )


class HoldingsOut(Wire):
    items: list[HoldingOut]
    next: UUID | None


class CaseOut(Wire):
    id: UUID
    kind: Kind
    state: State
    certificate_id: UUID | None
    reason: str | None
    asked_at: datetime
    due_at: datetime
    seconds_left: int = Field(description="Negative when it is late")
    urgent: bool = Field(description="24 hours instead of five days (BR 4.9.1.1)")
    overdue: bool

    @classmethod
    def of(cls, one: Case) -> CaseOut:
        return cls(
            id=one.id,
            kind=one.kind,
            state=one.state,
            certificate_id=one.certificate_id,
            reason=reason_name(one.reason) if one.reason is not None else None,
            asked_at=one.asked_at,
            due_at=one.due_at,
            seconds_left=int(one.left.total_seconds()),
            urgent=one.urgent,
            overdue=one.overdue,
        )


class CasesOut(Wire):
    items: list[CaseOut]


class NoticeOut(Wire):
    certificate_id: UUID
    days: int
    owner: str | None
    not_after: datetime
    written_at: datetime
    sent: bool = Field(description="Handed to the message sender; false when no phone is known")

    @classmethod
    def of(cls, one: Notice) -> NoticeOut:
        return cls(
            certificate_id=one.certificate_id,
            days=one.days,
            owner=one.owner,
            not_after=one.not_after,
            written_at=one.written_at,
            sent=one.sent,
        )


class NoticesOut(Wire):
    items: list[NoticeOut]


class FaultOut(Wire):
    line: int
    column: int = Field(description="0: the line as a whole")
    reason_zh: str
    reason_en: str


class BatchOut(Wire):
    id: UUID
    state: str = Field(description="checking, refused, filing or done")
    profile: str
    suite: str
    channel: str
    partial: bool
    lines: int
    checked: int
    filed: int
    already: int
    faulty: int
    faults: list[FaultOut]
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: Batch) -> BatchOut:
        plain = {name: getattr(one, name) for name in Batch.__dataclass_fields__ if name != "faults"}
        faults = [
            FaultOut(line=two.line, column=two.column, reason_zh=two.reason.zh, reason_en=two.reason.en)
            for two in one.faults
        ]
        return cls(**plain, faults=faults)


class BatchesOut(Wire):
    items: list[BatchOut]
