"""Tables of evidence records (证据记录登记): files by day, the trees over them, the time stamps over the trees.

A record is derived from these rows, file by file, whenever it is asked for; nothing is stored twice.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class EvidenceBatch(Base):
    """The files of one day that share their trees (归档批次). Never updated."""

    __tablename__ = "seal_evidence_batch"
    __table_args__ = (UniqueConstraint("day", "part"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, doc="Of sealing, in the region's time")
    part: Mapped[int] = mapped_column(Integer, doc="From 1; a day with many files, or with late ones, has several")
    files: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column()


class EvidenceFile(Base):
    """One sealed file (归档文件), digested once when it was taken in."""

    __tablename__ = "seal_evidence_file"
    __table_args__ = (Index("ix_seal_evidence_file_batch_id_day", "batch_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True, doc="Names the file")
    kind: Mapped[str] = mapped_column(String(16), doc="Format of its order")
    owner: Mapped[UUID] = mapped_column(index=True, doc="The seal order it came from")
    storage_key: Mapped[str] = mapped_column(String(200))
    day: Mapped[date] = mapped_column(Date)
    altered: Mapped[bool] = mapped_column(doc="The store gave back something else: no time stamp over that")
    batch_id: Mapped[UUID | None] = mapped_column(doc="Set once, when its day is over")
    created_at: Mapped[datetime] = mapped_column()


class EvidenceDigest(Base):
    """Digest of a file under one algorithm (归档摘要); null when the file could not be read again."""

    __tablename__ = "seal_evidence_digest"
    __table_args__ = (UniqueConstraint("file_id", "algorithm"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column()
    algorithm: Mapped[str] = mapped_column(String(8))
    value: Mapped[bytes | None] = mapped_column(LargeBinary(64))


class EvidenceTree(Base):
    """One hash tree (散列树): the first of a line, or of one of its later chains. Never updated."""

    __tablename__ = "seal_evidence_tree"
    __table_args__ = (UniqueConstraint("batch_id", "line", "chain"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column()
    line: Mapped[str] = mapped_column(String(8), doc="The algorithm its first tree was built with")
    chain: Mapped[int] = mapped_column(Integer, doc="0 for the first; each renewal of the hash tree begins another")
    algorithm: Mapped[str] = mapped_column(String(8))
    leaves: Mapped[bytes] = mapped_column(LargeBinary, doc="The digests in ascending order, one after the other")
    root: Mapped[bytes] = mapped_column(LargeBinary(64))
    created_at: Mapped[datetime] = mapped_column()


class EvidenceStamp(Base):
    """One archive time stamp (归档时间戳): over the root of a tree, then each over the one before. Never updated."""

    __tablename__ = "seal_evidence_stamp"
    __table_args__ = (UniqueConstraint("tree_id", "position"), Index("ix_seal_evidence_stamp_ends_at", "ends_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tree_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column(Integer)
    suite: Mapped[str] = mapped_column(String(8))
    token: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[datetime] = mapped_column()
    ends_at: Mapped[datetime] = mapped_column(doc="End of the certificate of whoever made it")
