"""Tables of the seal room (印章库): seals made, and every order to stamp one.

A seal's row is its record for the state system; the SESeal itself and its pictures lie in storage, named by their hash.
Orders never hold the document, only its digest: what is approved, signed and stored is compared through it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Float, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class SealState(StrEnum):
    """Life of a seal (4.3 of the standards facts, as far as one region's own seals go)."""

    RECORDED = "recorded"
    """Making was approved and written down; nothing is signed yet."""
    MADE = "made"
    """Signed by its maker, not yet filed, issued and taken into use (`seal.management`)."""
    IN_USE = "in_use"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    DESTROYED = "destroyed"


class OrderState(StrEnum):
    WAITING = "waiting"
    """For approval: on record with its digest, and no key may be used for it yet (`seal.approval`)."""
    RECORDED = "recorded"
    SEALED = "sealed"
    ENDED = "ended"
    """Refused, withdrawn or expired before anything was signed; its case says which."""


class SealRow(Base):
    """One electronic seal of one department (电子印章)."""

    __tablename__ = "seal"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(14), unique=True, doc="esID: region and serial")
    department: Mapped[str] = mapped_column(String(18), index=True, doc="USCC of the department")
    name: Mapped[str] = mapped_column(String(200), doc="Name of the seal, as in SES_ESPropertyInfo")
    department_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    ring_text: Mapped[str] = mapped_column(String(80))
    line_text: Mapped[str | None] = mapped_column(String(40))
    diameter: Mapped[float] = mapped_column(Float, doc="Millimetres")
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(doc="Frozen making time: createDate of the seal")
    valid_from: Mapped[datetime | None] = mapped_column()
    valid_until: Mapped[datetime | None] = mapped_column()
    esl_sha256: Mapped[str | None] = mapped_column(String(64))
    sm2_certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    rsa_certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    p256_certificate: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Issued when first needed")
    made_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime] = mapped_column()
    picture: Mapped[str | None] = mapped_column(Text, doc="The design, encrypted; null: round with a star, as above")
    ses_version: Mapped[int | None] = mapped_column(Integer, doc="Header version, 4 or 5; null: 4")
    cert_list: Mapped[str | None] = mapped_column(String(12), doc="certificates or digests; null: certificates")
    token_key: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Public key on the holder's token; null: ours")


class SealOrder(Base):
    """One order to stamp one document (用章记录). Written before anything is signed, never deleted."""

    __tablename__ = "seal_order"
    __table_args__ = (
        UniqueConstraint("department", "order_key"),
        Index("ix_seal_order_state_recorded_at", "state", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(String(18), doc="USCC of the seal's department; order keys are its own")
    order_key: Mapped[str] = mapped_column(String(200))
    seal_id: Mapped[UUID] = mapped_column(index=True)
    format: Mapped[str] = mapped_column(String(8), doc="pdf or ofd")
    document_sha256: Mapped[str] = mapped_column(String(64), doc="Digest of the exact bytes that were approved")
    document_size: Mapped[int] = mapped_column(Integer)
    terms: Mapped[str] = mapped_column(Text, doc="Canonical JSON: place, suites, reason, closing")
    principal: Mapped[str] = mapped_column(String(200))
    signing_time: Mapped[datetime] = mapped_column(doc="Frozen when recorded, so that a second run says the same")
    state: Mapped[str] = mapped_column(String(20))
    approvals: Mapped[int] = mapped_column(
        Integer, server_default="0", doc="How many the seal's rules wanted when it was recorded"
    )
    recorded_at: Mapped[datetime] = mapped_column()
    sealed_at: Mapped[datetime | None] = mapped_column()
    result_sha256: Mapped[str | None] = mapped_column(String(64))
    result_size: Mapped[int | None] = mapped_column(Integer)
