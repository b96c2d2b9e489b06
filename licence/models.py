"""Tables of the licence room (电子证照库).

Holder, number, data and printed code stand encrypted, bound to their row; look-ups go through keyed blind indexes.
Every row carries a MAC over all its other columns (`integrity`), so an edit by SQL is found and named on read.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class Status(StrEnum):
    """What is stored. `expired` (已过期) is never stored: it follows from the last day and the clock."""

    VALID = "valid"
    REVOKED = "revoked"


class IntentState(StrEnum):
    ACCEPTED = "accepted"
    DONE = "done"
    UNDONE = "undone"


class LicenceIntent(Base):
    """One decision to issue, with everything frozen: after a crash the same licence comes out, or none (签发意图)."""

    __tablename__ = "licence_intent"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    department: Mapped[str] = mapped_column(String(18))
    request_slot: Mapped[str | None] = mapped_column(
        String(64), unique=True, doc="Keyed digest of department and request key; empty once undone"
    )
    request_digest: Mapped[str] = mapped_column(String(64), doc="Keyed digest of what was asked for")
    requested_by: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(10), index=True)
    licence_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    type_slug: Mapped[str] = mapped_column(String(40))
    identifier: Mapped[str] = mapped_column(String(120), unique=True)
    status_index: Mapped[int] = mapped_column(BigInteger, unique=True)
    issued_on: Mapped[date] = mapped_column(Date)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    suites: Mapped[str] = mapped_column(String(20), doc="Signature suites of the PDF, comma separated")
    seal_id: Mapped[UUID] = mapped_column(Uuid, doc="The department's seal in use when the request was accepted")
    frozen_sealed: Mapped[str] = mapped_column(Text, doc="Encrypted JSON: number, holder, data, issuer")
    code_sealed: Mapped[str | None] = mapped_column(Text, doc="Encrypted text of the printed code, once signed")
    reason: Mapped[str | None] = mapped_column(String(60), doc="Error code when undone")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class LicenceRow(Base):
    """One licence in force or once in force (证照)."""

    __tablename__ = "licence"
    __table_args__ = (
        Index("ix_licence_department_id", "department", "id"),
        Index("ix_licence_holder_index_id", "holder_index", "id"),
        Index("ix_licence_valid_to", "valid_to"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    intent_id: Mapped[UUID] = mapped_column(ForeignKey("licence_intent.id"), unique=True)
    department: Mapped[str] = mapped_column(String(18))
    department_name: Mapped[str] = mapped_column(String(120))
    type_slug: Mapped[str] = mapped_column(String(40), index=True)
    type_code: Mapped[str] = mapped_column(String(21))
    identifier: Mapped[str] = mapped_column(String(120), unique=True)
    status_index: Mapped[int] = mapped_column(BigInteger, unique=True)
    number_sealed: Mapped[str] = mapped_column(Text)
    number_index: Mapped[str] = mapped_column(String(32), index=True)
    holder_name_sealed: Mapped[str] = mapped_column(Text)
    holder_code_sealed: Mapped[str] = mapped_column(Text)
    holder_index: Mapped[str] = mapped_column(String(32))
    natural_person: Mapped[bool]
    issued_on: Mapped[date] = mapped_column(Date)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, doc="Last day in force; empty means 长期")
    status: Mapped[str] = mapped_column(String(10))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(120))
    revocation: Mapped[str | None] = mapped_column(String(30), doc="Kind of revocation, from `revoke.Reason`")
    revocation_note_sealed: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]
    created_at: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class LicenceVersionRow(Base):
    """What one version of a licence says, and its sealed files (证照版本). Never updated."""

    __tablename__ = "licence_version"
    __table_args__ = (UniqueConstraint("licence_id", "version"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licence.id"))
    version: Mapped[int]
    data_sealed: Mapped[str] = mapped_column(Text)
    code_sealed: Mapped[str] = mapped_column(Text)
    suites: Mapped[str] = mapped_column(String(20))
    pdf_key: Mapped[str] = mapped_column(String(200))
    pdf_sm3: Mapped[str] = mapped_column(String(64))
    pdf_order: Mapped[str] = mapped_column(String(64), doc="Sealing order of the PDF in the seal room")
    ofd_key: Mapped[str] = mapped_column(String(200))
    ofd_sm3: Mapped[str] = mapped_column(String(64))
    ofd_order: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class LicenceNumber(Base):
    """Every number ever taken and what for, so each gap in a series has its row (证照编号)."""

    __tablename__ = "licence_number"
    __table_args__ = (UniqueConstraint("series", "serial"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    type_slug: Mapped[str] = mapped_column(String(40))
    number_slot: Mapped[str | None] = mapped_column(
        String(64), unique=True, doc="Keyed digest of type and number; empty when a number brought along was given back"
    )
    series: Mapped[str | None] = mapped_column(String(120), doc="Empty for a number brought along with the data")
    serial: Mapped[int | None] = mapped_column(BigInteger)
    intent_id: Mapped[UUID] = mapped_column(Uuid, index=True, doc="Written before the intent, in its transaction")
    void_reason: Mapped[str | None] = mapped_column(String(60), doc="Why a taken number carries no licence")
    taken_at: Mapped[datetime]


class LicenceCounter(Base):
    """The next serial of a series, and of the status index; its row lock orders the takers."""

    __tablename__ = "licence_counter"

    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    next: Mapped[int] = mapped_column(BigInteger)


class LicenceAuthority(Base):
    """Which department may issue which type (证照颁发授权)."""

    __tablename__ = "licence_authority"

    type_slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    department: Mapped[str] = mapped_column(String(18), primary_key=True)
    department_name: Mapped[str] = mapped_column(String(120))
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
