"""Tables of the key room (密钥表): private halves and data keys, always wrapped under the key-encryption key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class HsmKek(Base):
    """The single row that tells whether the key-encryption key we were given is the right one. Not the key itself."""

    __tablename__ = "hsm_kek"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    method: Mapped[str] = mapped_column(String(16), doc="file or passphrase")
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    time_cost: Mapped[int]
    memory_kib: Mapped[int]
    lanes: Mapped[int]
    check_value: Mapped[bytes] = mapped_column(LargeBinary(64), doc="A known text under the key")
    created_at: Mapped[datetime]


class HsmKey(Base):
    """One version of a signing key. Everything but `state` is bound to the wrapped octets or to the public half."""

    __tablename__ = "hsm_key"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("uq_hsm_key_backend_reference", "backend", "reference", unique=True),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
    algorithm: Mapped[str] = mapped_column(String(16))
    purposes: Mapped[str] = mapped_column(String(200), doc="Sorted, joined with commas")
    spki: Mapped[bytes] = mapped_column(LargeBinary(1024))
    wrapped: Mapped[bytes] = mapped_column(
        LargeBinary(4096), doc="Under AES-256-GCM: PKCS#8, or where in its device the key is"
    )
    backend: Mapped[str | None] = mapped_column(String(32), doc="None is software")
    reference: Mapped[str | None] = mapped_column(String(120), doc="The key's place in its device; used once, ever")
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class HsmSecret(Base):
    """One version of a data key: field encryption, blind index, MAC."""

    __tablename__ = "hsm_secret"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    algorithm: Mapped[str] = mapped_column(String(20))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(128))
    created_at: Mapped[datetime]
