"""Tables of seal management (印章档案): one file per seal, its history line by line, counters without gaps.

A file is never deleted. Names of persons are sealed; reasons in words too, for people write names into them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class SealFile(Base):
    """One seal from its application to its destruction (印章档案). What it says is fixed when it is applied for."""

    __tablename__ = "seal_file"
    __table_args__ = (Index("ix_seal_file_state_id", "state", "id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str | None] = mapped_column(String(14), unique=True, doc="Taken when it is approved")
    state: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(20))
    department: Mapped[str] = mapped_column(String(18), index=True, doc="USCC")
    department_name: Mapped[str] = mapped_column(String(200))
    ring_text: Mapped[str] = mapped_column(String(80), doc="Empty where it is a person's name")
    line_text: Mapped[str | None] = mapped_column(String(40))
    diameter: Mapped[float] = mapped_column(Float)
    design: Mapped[str | None] = mapped_column(Text, doc="The design, sealed; null: round with a star, as above")
    custody: Mapped[str] = mapped_column(String(8), doc="cloud or ukey")
    custodian: Mapped[str | None] = mapped_column(Text, doc="Who holds it, sealed")
    version: Mapped[int] = mapped_column(Integer, doc="1, and one more with each change")
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("seal_file.id"), index=True)
    filing_number: Mapped[str | None] = mapped_column(String(40), unique=True)
    filed_at: Mapped[datetime | None]
    approver: Mapped[str | None] = mapped_column(String(120))
    approval_mac: Mapped[bytes | None] = mapped_column(LargeBinary(32), doc="Over what was approved, and by whom")
    moves: Mapped[int] = mapped_column(Integer, doc="Lines of history so far")
    public: Mapped[str] = mapped_column(Text, doc="JSON: public states with their time and reason, oldest first")
    ended_at: Mapped[datetime | None] = mapped_column(doc="Its certificates are revoked, after the state says so")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SealStep(Base):
    """What happened to a seal, in order: who, when, why."""

    __tablename__ = "seal_step"
    __table_args__ = (UniqueConstraint("file_id", "number"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("seal_file.id"))
    number: Mapped[int] = mapped_column(Integer, doc="Their order; times may be equal")
    step: Mapped[str] = mapped_column(String(12))
    source: Mapped[str | None] = mapped_column(String(12), doc="NULL: it was applied for, or adopted")
    target: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(12), doc="As whom: keeper, approver, maker, registrar, system")
    actor: Mapped[str] = mapped_column(String(120))
    person: Mapped[UUID | None] = mapped_column(Uuid, doc="The person behind the account, whatever the account")
    reason: Mapped[str] = mapped_column(String(30))
    words: Mapped[str | None] = mapped_column(Text, doc="Sealed: people write names into reasons")
    at: Mapped[datetime]


class SealCounter(Base):
    """A number taken in the transaction that uses it, so a rolled-back one leaves no gap."""

    __tablename__ = "seal_counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
