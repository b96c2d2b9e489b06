"""Tables of dual control (双人控制): what was asked, and who judged it. Rows are never deleted."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class HsmKeyRequest(Base):
    __tablename__ = "hsm_key_request"
    __table_args__ = (Index("ix_hsm_key_request_state_requested_at", "state", "requested_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    operation: Mapped[str] = mapped_column(String(12))
    key_name: Mapped[str] = mapped_column(String(120), index=True)
    order: Mapped[str] = mapped_column(Text, doc="The exact operation, canonical JSON")
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of `order`: what approvers approve")
    reason: Mapped[str] = mapped_column(String(200))
    requester: Mapped[str] = mapped_column(String(120), doc="Label of the principal")
    person: Mapped[str] = mapped_column(String(120), doc="Whose account it is; approvals compare people")
    needed: Mapped[int] = mapped_column(Integer, doc="Approvals needed")
    state: Mapped[str] = mapped_column(String(12))
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    executed_at: Mapped[datetime | None]
    executor: Mapped[str | None] = mapped_column(String(120))


class HsmKeyApproval(Base):
    """One judgement of one person. A second of the same person is refused by the database."""

    __tablename__ = "hsm_key_approval"
    __table_args__ = (UniqueConstraint("request_id", "person"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("hsm_key_request.id"))
    approver: Mapped[str] = mapped_column(String(120))
    person: Mapped[str] = mapped_column(String(120))
    agreed: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64), doc="What the approver looked at")
    at: Mapped[datetime]
