"""The table of sealed reports (核验报告登记): digests, verdict and times; nothing of the file and nobody's name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class VerifyReport(Base):
    """One report. Recorded before it is signed; without `sha256` it never left, and a new request makes another."""

    __tablename__ = "verify_report"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_sha256: Mapped[str] = mapped_column(String(64), doc="Of the file that was judged")
    verdict: Mapped[str] = mapped_column(String(16))
    judged_at: Mapped[datetime] = mapped_column()
    suite: Mapped[str] = mapped_column(String(8))
    digest: Mapped[str] = mapped_column(String(64), doc="Of the report's octets that may be signed")
    certificate: Mapped[str] = mapped_column(String(64), doc="Digest of the certificate the signature names")
    created_at: Mapped[datetime] = mapped_column()
    sha256: Mapped[str | None] = mapped_column(String(64), doc="Of the signed report")
