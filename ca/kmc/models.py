"""Tables of the key-management centre (双证书与密钥恢复表). Keys, grants and approvals are the escrow's own rows.

A pair's row is its intent first and its record later. Whom it names is sealed while it is needed and gone afterwards;
what a recovery says of a case is sealed for good.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class PairState(StrEnum):
    RECORDED = "recorded"
    ISSUED = "issued"


class CaKmcPair(Base):
    """A signing certificate and the encryption certificate beside it."""

    __tablename__ = "ca_kmc_pair"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    request_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(10), index=True)
    owner: Mapped[str] = mapped_column(String(120), index=True, doc="Opaque reference of the holder, as in the escrow")
    department: Mapped[str | None] = mapped_column(String(18), index=True, doc="USCC of the organisation it belongs to")
    suite: Mapped[str] = mapped_column(String(10))
    profile: Mapped[str] = mapped_column(String(40))
    dialect: Mapped[str] = mapped_column(String(10), doc="plain, or cfca: enveloped to a temporary key")
    requested_by: Mapped[str] = mapped_column(String(120))
    order: Mapped[str | None] = mapped_column(Text, doc="Sealed; NULL once issued")
    escrow_id: Mapped[UUID | None] = mapped_column(Uuid)
    signing_id: Mapped[UUID | None] = mapped_column(ForeignKey("ca_certificate.id"), unique=True)
    encryption_id: Mapped[UUID | None] = mapped_column(ForeignKey("ca_certificate.id"), unique=True)
    recorded_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]


class CaKmcRecovery(Base):
    """What a recovery is about. Who agreed, and whether keys left, is the grant of the same id in the escrow."""

    __tablename__ = "ca_kmc_recovery"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    owner: Mapped[str] = mapped_column(String(120), index=True)
    requester: Mapped[str] = mapped_column(String(120), index=True)
    statement: Mapped[str] = mapped_column(Text, doc="Canonical JSON, sealed")
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the statement")
    recipient: Mapped[str] = mapped_column(Text, doc="Certificate the keys are enveloped to, base64, sealed")
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("ca_certificate.id"), doc="The recipient's, if ours")
    opened_at: Mapped[datetime] = mapped_column(index=True)
    proven_at: Mapped[datetime | None] = mapped_column(doc="Possession of the new signing key was shown")
    withdrawn_at: Mapped[datetime | None]
    transcript: Mapped[str | None] = mapped_column(Text, doc="Sealed; set once")
    collected_at: Mapped[datetime | None]
