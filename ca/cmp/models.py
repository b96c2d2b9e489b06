"""CMP transactions (事务): what was asked under which number, and whether the certificate was confirmed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class TransactionState(StrEnum):
    ACCEPTED = "accepted"
    """The request is good; a certificate may exist under its request key."""
    WAITING = "waiting"
    """Sent, and the client has not confirmed yet."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class CmpTransaction(Base):
    __tablename__ = "cmp_transaction"

    number: Mapped[str] = mapped_column(String(256), primary_key=True, doc="transactionID, hexadecimal")
    credential: Mapped[str] = mapped_column(String(32), index=True)
    request: Mapped[bytes] = mapped_column(LargeBinary(32), doc="SHA-256 of the body: a retransmission is the same")
    state: Mapped[str] = mapped_column(String(10), index=True)
    certificate_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(128), doc="Our last senderNonce; the client must send it back")
    expires_at: Mapped[datetime] = mapped_column(index=True)
