"""Tables of the escrow (密钥库表), apart from the key store's: other rows, another key-encryption key.

Private halves are wrapped with owner and recipient as associated data, so a row given to another owner, or pointed at
another recipient, does not open. Requests for release carry a MAC under a key derived from the same key.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class HsmEscrowKek(Base):
    """Tells whether the centre's key-encryption key is the right one. Not the key itself."""

    __tablename__ = "hsm_escrow_kek"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    method: Mapped[str] = mapped_column(String(16), doc="file or passphrase")
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    check_value: Mapped[bytes] = mapped_column(LargeBinary(64), doc="A known text under the key")
    created_at: Mapped[datetime]


class HsmEscrowKey(Base):
    """One encryption key pair: spare, then somebody's for ever."""

    __tablename__ = "hsm_escrow_key"
    __table_args__ = (
        UniqueConstraint("owner", "version"),
        Index("ix_hsm_escrow_key_state_algorithm", "state", "algorithm"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    spki: Mapped[bytes] = mapped_column(LargeBinary(1024))
    spki_hash: Mapped[str] = mapped_column(String(64), unique=True, doc="SHA-256 of the SubjectPublicKeyInfo")
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(4096), doc="PKCS#8 under AES-256-GCM")
    state: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(String(120), doc="Opaque; NULL while spare")
    version: Mapped[int | None] = mapped_column(Integer, doc="Counts an owner's keys")
    recipient: Mapped[bytes | None] = mapped_column(LargeBinary(1024), doc="Whom it is first delivered to")
    request_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]
    allotted_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class HsmEscrowGrant(Base):
    """A request that keys leave for another recipient than the first."""

    __tablename__ = "hsm_escrow_grant"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    closed: Mapped[str | None] = mapped_column(String(16), doc="refused, withdrawn or released")
    keys: Mapped[str] = mapped_column(String(4000), doc="Identifiers, joined with commas")
    recipient: Mapped[bytes] = mapped_column(LargeBinary(1024))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    quorum: Mapped[int] = mapped_column(Integer)
    requester: Mapped[str] = mapped_column(String(120))
    approval_seconds: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    form: Mapped[str | None] = mapped_column(String(40))
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    attested: Mapped[bytes | None] = mapped_column(LargeBinary(256 * 1024), doc="Recorded before it is signed")
    signature: Mapped[bytes | None] = mapped_column(LargeBinary(512))


class HsmEscrowApproval(Base):
    """One person's yes or no."""

    __tablename__ = "hsm_escrow_approval"

    grant_id: Mapped[UUID] = mapped_column(ForeignKey("hsm_escrow_grant.id"), primary_key=True)
    approver: Mapped[str] = mapped_column(String(120), primary_key=True)
    approved: Mapped[bool]
    at: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class HsmEscrowRelease(Base):
    """One envelope: recorded before it is made, kept so that asking again gives the same."""

    __tablename__ = "hsm_escrow_release"
    __table_args__ = (UniqueConstraint("key_id", "occasion", "form"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("hsm_escrow_key.id"))
    occasion: Mapped[str] = mapped_column(String(60), doc="`allotment`, or the grant's id")
    form: Mapped[str] = mapped_column(String(40))
    recipient_hash: Mapped[str] = mapped_column(String(64))
    octets: Mapped[bytes | None] = mapped_column(LargeBinary(64 * 1024), doc="NULL until made")
    mac: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    recorded_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
