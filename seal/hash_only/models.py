"""The digest of a hash-only order (摘要用章记录): committed before it is signed, one for each order, never another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class SealHashDigest(Base):
    """What the order's owner had signed: the digest of its prepared file, which we never see."""

    __tablename__ = "seal_hash_digest"

    order_id: Mapped[UUID] = mapped_column(primary_key=True, doc="seal_order.id")
    digest: Mapped[str] = mapped_column(String(64), doc="Hexadecimal, under the digest of the order's suite")
    property_info: Mapped[str | None] = mapped_column(String(200), doc="OFD: the path of Signature.xml")
    recorded_at: Mapped[datetime] = mapped_column()
