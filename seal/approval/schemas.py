"""What crosses the wire about approvals, rules and the ledger (审批与台账接口数据)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Base64Bytes, Field

from foundation.web.api import Wire
from seal.approval.models import SealCase, SealPolicy
from seal.approval.rules import FORMATS, MOST_APPROVERS, MOST_HOURS, MOST_LISTED, Approver, Hours, Rules
from seal.ledger import Line

_Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
_Word = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.:\-]{1,64}$")]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the certificate, hexadecimal")]


class SealPath(Wire):
    id: UUID


class CasePath(Wire):
    id: UUID


class PagePath(Wire):
    id: UUID
    page: int = Field(ge=1, le=10_000)


class ApproverBody(Wire):
    person: str = Field(pattern=r"^person:[0-9a-f\-]{36}$", description="The person's account")
    certificate: Fingerprint


class HoursBody(Wire):
    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7, description="Monday is 1")
    start: _Clock
    end: _Clock


class RulesBody(Wire):
    """Left out means: no limit of that kind. Times are the region's civil time."""

    approvals: int = Field(0, ge=0, le=2)
    approvers: list[ApproverBody] = Field(default_factory=list, max_length=MOST_APPROVERS)
    hours: list[HoursBody] | None = Field(None, min_length=1, max_length=MOST_HOURS)
    formats: list[Literal["pdf", "ofd", "detached", "hash"]] | None = Field(None, min_length=1, max_length=len(FORMATS))
    matters: list[_Word] | None = Field(None, min_length=1, max_length=MOST_LISTED)
    clients: list[_Word] | None = Field(
        None, min_length=1, max_length=MOST_LISTED, description="Programs; `people` allows orders given by hand"
    )
    per_day: int | None = Field(None, ge=1, le=10_000_000)
    in_total: int | None = Field(None, ge=1, le=1_000_000_000)
    valid_minutes: int = Field(4320, ge=5, le=60 * 24 * 90)

    def rules(self) -> Rules:
        return Rules(
            self.approvals,
            tuple(Approver(one.person, one.certificate) for one in self.approvers),
            None if self.hours is None else tuple(Hours(tuple(h.days), h.start, h.end) for h in self.hours),
            None if self.formats is None else tuple(self.formats),
            None if self.matters is None else tuple(self.matters),
            None if self.clients is None else tuple(self.clients),
            self.per_day,
            self.in_total,
            self.valid_minutes,
        )


class PolicyOut(Wire):
    id: UUID
    seal: UUID
    number: int
    state: str
    rules: dict[str, Any]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: SealPolicy) -> PolicyOut:
        return cls(
            id=row.id,
            seal=row.seal_id,
            number=row.number,
            state=row.state,
            rules=json.loads(row.rules),
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
        )


class PoliciesOut(Wire):
    items: list[PolicyOut]


class StatementQuery(Wire):
    decision: Literal["approve", "refuse"] = "approve"


class StatementOut(Wire):
    statement: str = Field(description="Base64 of the octets to sign, exactly")
    text: str = Field(description="The same, to be shown to the person who signs")

    @classmethod
    def of(cls, octets: bytes) -> StatementOut:
        return cls(statement=base64.b64encode(octets).decode(), text=octets.decode())


class DecisionBody(Wire):
    decision: Literal["approve", "refuse"]
    certificate: Fingerprint
    signature: Base64Bytes = Field(
        max_length=8192, description="Over the statement, with the key of the certificate: SM2 (DER or r‖s), RSA, P-256"
    )
    reason: str | None = Field(None, min_length=1, max_length=500)


class WithdrawBody(Wire):
    reason: str | None = Field(None, min_length=1, max_length=500)


class CaseOut(Wire):
    """`sha256` is of the exact bytes; of a batch, of the list of its documents."""

    id: UUID
    kind: str
    subject: UUID
    seal: UUID
    state: str
    format: str
    sha256: str
    size: int
    matter: str | None
    matter_number: str | None
    requester: str
    approvals_needed: int
    approvals_given: int | None
    expires_at: datetime
    created_at: datetime
    reason: str | None

    @classmethod
    def of(cls, case: SealCase, given: int | None = None, reason: str | None = None) -> CaseOut:
        return cls(
            id=case.id,
            kind=case.kind,
            subject=case.subject_id,
            seal=case.seal_id,
            state=case.state,
            format=case.format,
            sha256=case.digest,
            size=case.size,
            matter=case.matter,
            matter_number=case.matter_number,
            requester=case.requester,
            approvals_needed=case.needed,
            approvals_given=given,
            expires_at=case.expires_at,
            created_at=case.created_at,
            reason=reason,
        )


class CasesOut(Wire):
    items: list[CaseOut]


class LedgerQuery(Wire):
    since: datetime | None = None
    until: datetime | None = None
    matter: _Word | None = None
    format: Literal["pdf", "ofd", "pdf-hash", "ofd-hash", "cms", "gm-cms", "jws"] | None = None
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class LineOut(Wire):
    order: UUID
    at: datetime
    format: str
    document_sha256: str
    result_sha256: str
    picture_sha256: str | None
    picture_how: str | None = Field(description="What was hashed; null until the page was painted")
    document_seen: bool = Field(description="False for hash-only uses: the digest is the owner's word")
    requester: str
    client: str | None
    matter: str | None
    matter_number: str | None
    approvers: list[str] = Field(description="Names, masked")

    @classmethod
    def of(cls, line: Line) -> LineOut:
        return cls(
            order=line.order_id,
            at=line.at,
            format=line.format,
            document_sha256=line.document_sha256,
            result_sha256=line.result_sha256,
            picture_sha256=line.picture_sha256,
            picture_how=line.picture_how,
            document_seen=line.seen,
            requester=line.requester,
            client=line.client,
            matter=line.matter,
            matter_number=line.matter_number,
            approvers=list(line.approvers),
        )


class LedgerOut(Wire):
    items: list[LineOut]
    next: UUID | None


class DifferingOut(Wire):
    orders: list[UUID] = Field(description="Uses whose line does not agree with the audit trail")
