"""Tables of the regions (区域互认): changes by hand with who agreed, editions of lists taken in, lists of our own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class ChangeKind(StrEnum):
    REGION = "region"
    """Enter a region, or replace its entry; withdrawing a root is an entry with `withdrawn_since`."""
    REMOVE = "remove"
    SIGNERS = "signers"
    """Whose signatures count on the lists of one scheme, and how many."""


class ChangeState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"


class TrustChange(Base):
    """One change of whom we believe. Proposed by one person, agreed to or refused by another; never edited."""

    __tablename__ = "trust_change"
    __table_args__ = (Index("ix_trust_change_state", "state", "turn"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(100), doc="Region code, or scheme")
    document: Mapped[str] = mapped_column(Text, doc="JSON in one spelling")
    reason: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    turn: Mapped[int | None] = mapped_column(Integer, unique=True, doc="Order of what was agreed to; clocks tie")
    mac: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Keyed digest of what was agreed to, and by whom")


class TrustEdition(Base):
    """One edition of a signed list, as taken in."""

    __tablename__ = "trust_edition"
    __table_args__ = (UniqueConstraint("scheme", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(100))
    number: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    octets: Mapped[bytes] = mapped_column(LargeBinary)
    next_update: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(String(200))
    imported_at: Mapped[datetime]


class TrustPublication(Base):
    """One edition of our own list. Recorded before it is signed; without `octets` it was never published."""

    __tablename__ = "trust_publication"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    issued: Mapped[datetime]
    next_update: Mapped[datetime]
    payload_sha256: Mapped[str] = mapped_column(String(64))
    octets: Mapped[bytes | None] = mapped_column(LargeBinary)
