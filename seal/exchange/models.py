"""Table of foreign seals (外来印章): read, judged and kept; nothing is ever stamped with one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class ForeignSealRow(Base):
    """One SESeal of somebody else, as a department handed it in. Its octets lie in storage under their hash."""

    __tablename__ = "seal_foreign"
    __table_args__ = (UniqueConstraint("department", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(String(18), doc="USCC of the department that handed it in")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    standard: Mapped[str] = mapped_column(String(20), doc="By the shape of the structure")
    facts: Mapped[str] = mapped_column(Text, doc="Encrypted JSON: code, name, maker; a seal may bear a person's name")
    valid_from: Mapped[datetime] = mapped_column()
    valid_until: Mapped[datetime] = mapped_column()
    verdict: Mapped[str] = mapped_column(String(20), doc="genuine, not_genuine or cannot_tell, when it was handed in")
    findings: Mapped[str] = mapped_column(Text, doc="JSON list of finding codes")
    judged_at: Mapped[datetime] = mapped_column()
    imported_by: Mapped[str] = mapped_column(String(200))
