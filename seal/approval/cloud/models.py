"""Tables of cloud keys (云签名表): whose key it is, and each code that was sent for one statement.

No personal data: a person is the account's label, the code is kept as a MAC that names the statement too.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base
from foundation.ground import Ground


class KeyState(StrEnum):
    REQUESTED = "requested"
    AGREED = "agreed"
    """A second person agreed; key and certificate are being made."""
    ACTIVE = "active"
    REFUSED = "refused"
    REVOKED = "revoked"


class SealCloudKey(Base):
    """One approver's key (审批人云密钥). Never deleted."""

    __tablename__ = "seal_cloud_key"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(200), index=True, doc="As rules name the approver")
    person_id: Mapped[UUID] = mapped_column()
    department: Mapped[str] = mapped_column(String(18))
    state: Mapped[str] = mapped_column(String(10), index=True)
    live: Mapped[str | None] = mapped_column(String(200), unique=True, doc="The person, while it may be used or asked")
    certificate: Mapped[str | None] = mapped_column(String(64), doc="SHA-256 of the certificate")
    certificate_id: Mapped[UUID | None] = mapped_column()
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """In the key store."""
        return f"person/{self.id}/approval"


class SealCloudConsent(Base):
    """A code sent to the approver for one decision on one case (二次验证); confirmed, it lets the key sign that."""

    __tablename__ = "seal_cloud_consent"
    __table_args__ = (Index("ix_seal_cloud_consent_case_id_person", "case_id", "person"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column()
    key_id: Mapped[UUID] = mapped_column()
    person: Mapped[str] = mapped_column(String(200))
    decision: Mapped[str] = mapped_column(String(8))
    statement_sha256: Mapped[str] = mapped_column(String(64))
    code_mac: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]

    @property
    def intent(self) -> str:
        return f"seal-consent:{self.id}"


def mac_of(ground: Ground, consent_id: UUID, statement_sha256: str, code: str) -> str:
    """The code counts for this consent and this statement only."""
    return ground.mac.mac("seal.consent", f"{consent_id}|{statement_sha256}|{code}".encode()).hex()
