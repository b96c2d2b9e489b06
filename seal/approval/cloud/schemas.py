"""What crosses the wire about cloud keys (云签名接口数据)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from foundation.web.api import Wire
from seal.approval.cloud.consents import Sent
from seal.approval.cloud.models import SealCloudKey


class KeyPath(Wire):
    id: UUID


class KeyOut(Wire):
    id: UUID
    person: str
    department: str
    state: str
    certificate: str | None = Field(description="SHA-256 of the certificate, hexadecimal: what rules name")
    requested_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, row: SealCloudKey) -> KeyOut:
        return cls(
            id=row.id,
            person=row.person,
            department=row.department,
            state=row.state,
            certificate=row.certificate,
            requested_at=row.requested_at,
            decided_at=row.decided_at,
            ended_at=row.ended_at,
        )


class KeysOut(Wire):
    items: list[KeyOut]


class AnswerBody(Wire):
    decision: Literal["approve", "refuse"]


class RevokeBody(Wire):
    compromised: bool = Field(default=False, description="Somebody else may have used it; its certificate says so")


class CodeBody(Wire):
    decision: Literal["approve", "refuse"] = "approve"


class SentOut(Wire):
    phone: str = Field(description="Masked")
    expires_at: datetime

    @classmethod
    def of(cls, sent: Sent) -> SentOut:
        return cls(phone=sent.phone, expires_at=sent.expires_at)


class CloudDecisionBody(Wire):
    decision: Literal["approve", "refuse"]
    code: str = Field(pattern=r"^[0-9]{6}$", description="As it came by SMS for this decision on this case")
    reason: str | None = Field(None, min_length=1, max_length=500)
