"""Table of enrolment credentials (登记凭据表). The secret is sealed: an HMAC needs it again, so no digest will do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class CaCredential(Base):
    __tablename__ = "ca_credential"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reference: Mapped[str] = mapped_column(String(32), unique=True, doc="What the machine sends: EAB kid, user name")
    protocol: Mapped[str] = mapped_column(String(8), index=True, doc="acme, est or cmp")
    secret: Mapped[str] = mapped_column(Text, doc="sealed, base64url")
    title: Mapped[str] = mapped_column(String(100), doc="What the officer calls it")
    department: Mapped[str] = mapped_column(String(18), index=True, doc="USCC the certificates belong to")
    organization: Mapped[str] = mapped_column(String(64), doc="O of the certificates")
    profile: Mapped[str] = mapped_column(String(40))
    names: Mapped[list[str]] = mapped_column(JSON, doc="Patterns of names that may be asked for")
    uses_left: Mapped[int | None] = mapped_column(Integer, doc="NULL: as often as needed until it ends")
    valid_until: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
