"""Which credential a certificate was enrolled with over EST (登记来源): what its holder may renew with it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class EstEnrolment(Base):
    __tablename__ = "est_enrolment"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"), primary_key=True)
    credential: Mapped[str] = mapped_column(String(32), doc="Reference of the enrolment credential")
