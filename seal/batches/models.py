"""Tables of batches (批量用章表): they are the truth about a batch; jobs only say who works on it now.

An item's result is its order's, found again by the order key `batch:<batch>:<number>`, so a worker that died and the
one after it end with the same file. Names of files may name people and are sealed.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class BatchState(StrEnum):
    LOADING = "loading"
    """Documents may still be added."""
    WAITING = "waiting"
    """For approval of the whole list."""
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class ChunkState(StrEnum):
    WAITING = "waiting"
    DONE = "done"


class ItemState(StrEnum):
    READY = "ready"
    SEALED = "sealed"
    FAILED = "failed"
    """Stamping said no; the reason stands beside it."""
    REFUSED = "refused"
    """Never taken in: an entry of an archive that is no document, too large, or hostile."""


class SealBatch(Base):
    """One batch (批次): a seal, one way to stamp, and a list of documents that is closed when it starts."""

    __tablename__ = "seal_batch"
    __table_args__ = (Index("ix_seal_batch_department_id", "department", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(String(18))
    seal_id: Mapped[UUID] = mapped_column()
    principal: Mapped[str] = mapped_column(String(200))
    client_id: Mapped[str | None] = mapped_column(String(100))
    matter: Mapped[str | None] = mapped_column(String(64))
    matter_number: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), index=True)
    total: Mapped[int] = mapped_column(Integer, doc="Items taken in so far, refused ones among them")
    refused: Mapped[int] = mapped_column(Integer, server_default="0", doc="Of these, never taken in")
    run: Mapped[int] = mapped_column(Integer, doc="Counts starts and resumptions; names the jobs of each")
    way: Mapped[str] = mapped_column(Text, doc="Places, suites, reason, closing; sealed")
    list_sha256: Mapped[str | None] = mapped_column(String(64), doc="Over all item digests, once closed")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class SealBatchChunk(Base):
    """A few dozen items one worker takes at a time. Progress is the sum over chunks."""

    __tablename__ = "seal_batch_chunk"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    sealed: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)


class SealBatchItem(Base):
    """One document of a batch, numbered from 1 in the order it was taken in."""

    __tablename__ = "seal_batch_item"
    __table_args__ = (Index("ix_seal_batch_item_batch_id_state", "batch_id", "state", "number"),)

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, doc="As it was called by the department; sealed")
    format: Mapped[str | None] = mapped_column(String(8))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    order_id: Mapped[UUID | None] = mapped_column()
    result_sha256: Mapped[str | None] = mapped_column(String(64))
    code: Mapped[str | None] = mapped_column(String(80), doc="Why not, as an error's code")
    reason_zh: Mapped[str | None] = mapped_column(Text)
    reason_en: Mapped[str | None] = mapped_column(Text)
