"""Tables of ACME (RFC 8555 7.1): accounts, orders, authorisations and the numbers used once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class AccountState(StrEnum):
    VALID = "valid"
    DEACTIVATED = "deactivated"


class OrderState(StrEnum):
    """RFC 8555 7.1.6."""

    PENDING = "pending"
    READY = "ready"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"


class ProofState(StrEnum):
    """Of an authorisation and its one challenge together."""

    PENDING = "pending"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"
    DEACTIVATED = "deactivated"


class AcmeAccount(Base):
    __tablename__ = "acme_account"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    thumbprint: Mapped[str] = mapped_column(String(43), unique=True, doc="RFC 7638 of the account key")
    jwk: Mapped[dict[str, str]] = mapped_column(JSON, doc="Public members only")
    credential: Mapped[str] = mapped_column(String(32), index=True, doc="Reference of the enrolment credential")
    contact: Mapped[str] = mapped_column(Text, doc="sealed JSON list of addresses")
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]


class AcmeOrder(Base):
    __tablename__ = "acme_order"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("acme_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    names: Mapped[list[str]] = mapped_column(JSON, doc="DNS names asked for, in order")
    csr: Mapped[str | None] = mapped_column(Text, doc="base64url, from finalisation until issued")
    certificate_id: Mapped[UUID | None] = mapped_column(Uuid)
    error: Mapped[dict[str, object] | None] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]


class AcmeAuthorization(Base):
    __tablename__ = "acme_authorization"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("acme_order.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("acme_account.id"))
    name: Mapped[str] = mapped_column(String(253))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    state: Mapped[str] = mapped_column(String(12))
    error: Mapped[dict[str, object] | None] = mapped_column(JSON)
    validated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class AcmeNonce(Base):
    """A number that was used. Unused ones leave no row: they carry their own proof."""

    __tablename__ = "acme_nonce"

    value: Mapped[str] = mapped_column(String(96), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
