"""Tables of the audit trail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class AuditRow(Base):
    """One state change. `seq` is given by the sequencer, never by the writer: commit order is not insert order."""

    __tablename__ = "audit_row"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    node: Mapped[str] = mapped_column(String(36), doc="Process that wrote the row")
    nseq: Mapped[int] = mapped_column(BigInteger, doc="Counter of that process")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60), index=True)
    object: Mapped[str] = mapped_column(String(200), index=True)
    payload: Mapped[str] = mapped_column(Text, doc="Canonical JSON without personal data")
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class AuditNode(Base):
    """A subtree hash that never changes again (a full 2^level block), so appending costs a few reads."""

    __tablename__ = "audit_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The single row that says how far the sequencer has come; its row lock makes the sequencer single."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)


class AuditCheckpoint(Base):
    """A copy of what was written outside, for pages; the files are the proof."""

    __tablename__ = "audit_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
