"""Table of drafts (待盖文件表): in the database and not in the object store, because they are deleted again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from foundation.database import Base


class SealDraft(Base):
    """One document somebody is about to stamp by hand; theirs alone."""

    __tablename__ = "seal_draft"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(200), index=True, doc="The principal who uploaded it")
    format: Mapped[str] = mapped_column(String(8), doc="pdf or ofd")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    octets: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    created_at: Mapped[datetime] = mapped_column(index=True)
