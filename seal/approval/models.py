"""Tables of approval (用章审批表): the rules of each seal, what waits under them, and every signed approval.

The signer reads these rows over its own connection and believes none of them: what counts is signed (`statements`).
Reasons are free text and may name people, so they are sealed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Float, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class PolicyState(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class CaseKind(StrEnum):
    ORDER = "order"
    BATCH = "batch"


class CaseState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Decision(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


class SealPolicy(Base):
    """One version of a seal's rules of use (用章规则). Versions only grow; a second person signed the active one."""

    __tablename__ = "seal_policy"
    __table_args__ = (UniqueConstraint("seal_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column()
    department: Mapped[str] = mapped_column(String(18), index=True)
    number: Mapped[int] = mapped_column(Integer, doc="Counts the versions of one seal")
    rules: Mapped[str] = mapped_column(Text, doc="Canonical JSON of `Rules`")
    state: Mapped[str] = mapped_column(String(12))
    proposed_by: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    certificate: Mapped[str | None] = mapped_column(String(64), doc="SHA-256 of the deciding person's certificate")
    signature: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Over the statement of this version")


class SealCase(Base):
    """What was asked for under the rules of a seal: one order, or one batch (审批事项)."""

    __tablename__ = "seal_case"
    __table_args__ = (Index("ix_seal_case_department_state", "department", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[UUID] = mapped_column(unique=True, doc="The order, or the batch")
    department: Mapped[str] = mapped_column(String(18))
    seal_id: Mapped[UUID] = mapped_column(index=True)
    policy_id: Mapped[UUID] = mapped_column()
    policy_sha256: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the exact bytes, or of the list of a batch")
    size: Mapped[int] = mapped_column(Integer, doc="Octets of the document, or documents of the batch")
    format: Mapped[str] = mapped_column(String(8), doc="pdf, ofd …; `list` for a batch")
    terms: Mapped[str] = mapped_column(Text, doc="Canonical JSON: terms by format")
    matter: Mapped[str | None] = mapped_column(String(64))
    matter_number: Mapped[str | None] = mapped_column(String(64))
    requester: Mapped[str] = mapped_column(String(200))
    client_id: Mapped[str | None] = mapped_column(String(100))
    needed: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text, doc="Why it was refused or withdrawn; sealed")
    sealed_order: Mapped[str | None] = mapped_column(Text, doc="The order as given, to carry it out later; sealed")


class SealApproval(Base):
    """One person's decision (审批意见): a signature over the statement of the case. Never changed, never deleted."""

    __tablename__ = "seal_approval"
    __table_args__ = (UniqueConstraint("case_id", "person"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(index=True)
    person: Mapped[str] = mapped_column(String(200), doc="As the rules name the approver")
    certificate: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the certificate")
    decision: Mapped[str] = mapped_column(String(8))
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class SealUse(Base):
    """One use of a seal beside its order (用章台账): the matter, the case, and what its page looked like."""

    __tablename__ = "seal_use"
    __table_args__ = (Index("ix_seal_use_seal_id_order_id", "seal_id", "order_id"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column()
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    item: Mapped[int | None] = mapped_column(Integer, doc="Number within the batch of the case")
    matter: Mapped[str | None] = mapped_column(String(64))
    matter_number: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(100))
    picture_sha256: Mapped[str | None] = mapped_column(String(64))
    picture_how: Mapped[str | None] = mapped_column(String(40), doc="What was hashed; see docs/seal-approval.md")
    pictured_at: Mapped[datetime | None] = mapped_column(index=True)


class SealLook(Base):
    """How a seal shows (印章外观), for the signer, which sees no files. Written once; the first one it signs stays."""

    __tablename__ = "seal_look"

    seal_id: Mapped[UUID] = mapped_column(primary_key=True)
    width: Mapped[float] = mapped_column(Float, doc="Millimetres")
    height: Mapped[float] = mapped_column(Float)
    deflated: Mapped[bytes] = mapped_column(LargeBinary, doc="Operators of the form, as they stand in a PDF")
