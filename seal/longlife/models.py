"""Table of extended files (长期保存登记): each stands on the one before it, the first on the result of its order.

Files lie in storage under their own hash and are never replaced; a row says which of them is the newest.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class LongLifeState(StrEnum):
    EXTENDED = "extended"
    REFUSED = "refused"
    """This file can never be extended; why stands beside it."""


class SealLongLife(Base):
    """One step in the long life of one sealed PDF (延长记录). Never updated."""

    __tablename__ = "seal_long_life"
    __table_args__ = (
        UniqueConstraint("order_id", "generation"),
        Index("ix_seal_long_life_source_generation", "source_sha256", "generation"),
        Index("ix_seal_long_life_renew_by", "renew_by"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(doc="The seal order whose result this goes on from")
    generation: Mapped[int] = mapped_column(Integer, doc="1 stands on the order's result")
    state: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(8), doc="B-LT or B-LTA; of a refusal: what was wanted")
    source_sha256: Mapped[str] = mapped_column(String(64), doc="The order's result")
    parent_sha256: Mapped[str] = mapped_column(String(64), doc="What this file begins with")
    result_sha256: Mapped[str | None] = mapped_column(String(64))
    result_size: Mapped[int | None] = mapped_column(Integer)
    settled: Mapped[bool] = mapped_column(doc="Data about the newest document time stamp itself stands beside it")
    renew_by: Mapped[datetime | None] = mapped_column(doc="End of the newest document time stamp's certificate")
    reason: Mapped[str | None] = mapped_column(String(60), doc="Error code of a refusal")
    created_at: Mapped[datetime] = mapped_column()
