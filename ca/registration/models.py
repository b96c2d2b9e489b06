"""Tables of registration (注册审核表).

What an applicant tells is one sealed text; beside it stand only indexes, codes and dates. Applications, approvals and
steps are never deleted; of evidence taken back, the key is.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class CaRegistration(Base):
    """One application, or one request about a certificate."""

    __tablename__ = "ca_registration"
    __table_args__ = (Index("ix_ca_registration_state_id", "state", "id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), index=True)
    state: Mapped[str] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(12))
    profile: Mapped[str] = mapped_column(String(40))
    suite: Mapped[str] = mapped_column(String(10))
    delivery: Mapped[str] = mapped_column(String(10))
    filer: Mapped[str] = mapped_column(String(120), index=True, doc="Label of who filed it")
    filer_person: Mapped[UUID | None] = mapped_column(Uuid)
    owner: Mapped[str | None] = mapped_column(String(18), index=True, doc="USCC of the organisation it is for")
    holder_index: Mapped[str | None] = mapped_column(String(64), index=True, doc="Keyed index of the holder's number")
    name_index: Mapped[str] = mapped_column(String(64), index=True, doc="Keyed index of the common name")
    content: Mapped[str] = mapped_column(Text, doc="Everything told, sealed JSON")
    moves: Mapped[int] = mapped_column(Integer, doc="Steps so far")
    round: Mapped[int] = mapped_column(Integer, doc="Grows with each change; approvals of earlier rounds are void")
    needed: Mapped[int] = mapped_column(Integer, doc="Approvals it takes, fixed when it is filed")
    certificate_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("ca_certificate.id"), index=True, doc="The certificate a request is about"
    )
    issued_id: Mapped[UUID | None] = mapped_column(ForeignKey("ca_certificate.id"), index=True)
    attempt: Mapped[int] = mapped_column(Integer, doc="Tries to issue; each has its own request key")
    reason: Mapped[int | None] = mapped_column(Integer, doc="RFC 5280 5.3.1, of the certificate it ends or holds")
    due_at: Mapped[datetime | None] = mapped_column(index=True, doc="Revocation deadline (BR 4.9.1.1)")
    row_key: Mapped[str | None] = mapped_column(String(64), unique=True, doc="Keyed digest of a bulk line, while live")
    bulk_id: Mapped[UUID | None] = mapped_column(ForeignKey("ca_registration_bulk.id"), index=True)
    line: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True, doc="Then it expires, unless it is finished")


class CaRegistrationApproval(Base):
    """One person's agreement to exactly what `digest` stands for. The MAC keeps a database hand from agreeing."""

    __tablename__ = "ca_registration_approval"
    __table_args__ = (UniqueConstraint("registration_id", "round", "actor"),)

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("ca_registration.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(10), primary_key=True)
    actor: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class CaRegistrationStep(Base):
    """What happened, in order: who, when, why."""

    __tablename__ = "ca_registration_step"
    __table_args__ = (UniqueConstraint("registration_id", "number"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("ca_registration.id"))
    number: Mapped[int] = mapped_column(Integer, doc="Their order; times may be equal")
    step: Mapped[str] = mapped_column(String(10))
    source: Mapped[str | None] = mapped_column(String(10), doc="NULL: it was filed")
    target: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(120))
    asker: Mapped[bool] = mapped_column(doc="Acted on the applicant's side, and so may not agree to it")
    at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text, doc="Sealed: people write names into reasons")


class CaRegistrationEvidence(Base):
    """One picture or PDF, sealed in storage under a key of its own; without the key the file is noise."""

    __tablename__ = "ca_registration_evidence"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("ca_registration.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text, doc="File name, sealed")
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(Integer)
    mac: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Keyed digest of the file")
    object_key: Mapped[str] = mapped_column(String(200))
    data_key: Mapped[str | None] = mapped_column(Text, doc="Sealed; NULL once the file was taken back")
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class CaCollection(Base):
    """The one-time code with which a holder fetches what was approved."""

    __tablename__ = "ca_registration_collection"

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("ca_registration.id"), primary_key=True)
    code_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    failures: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class CaRegistrationBulk(Base):
    """One file of many applications and how far it got. Faults name lines and columns, never what stands there."""

    __tablename__ = "ca_registration_bulk"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    filer: Mapped[str] = mapped_column(String(120), index=True)
    filer_person: Mapped[UUID | None] = mapped_column(Uuid)
    channel: Mapped[str] = mapped_column(String(12))
    department: Mapped[str | None] = mapped_column(String(18), index=True)
    profile: Mapped[str] = mapped_column(String(40))
    suite: Mapped[str] = mapped_column(String(10))
    partial: Mapped[bool] = mapped_column(doc="File the good lines although others are faulty")
    object_key: Mapped[str] = mapped_column(String(200))
    data_key: Mapped[str | None] = mapped_column(Text, doc="Sealed; NULL once the file is worked through")
    mac: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Keyed digest of the file")
    lines: Mapped[int] = mapped_column(Integer)
    checked: Mapped[int] = mapped_column(Integer)
    filed: Mapped[int] = mapped_column(Integer)
    already: Mapped[int] = mapped_column(Integer)
    faulty: Mapped[int] = mapped_column(Integer)
    faults: Mapped[str] = mapped_column(Text, doc="JSON: line, column, reason in both languages")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class CaExpiryNotice(Base):
    """One notice of one certificate at one distance from its end: written once, whoever runs the job."""

    __tablename__ = "ca_expiry_notice"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"), primary_key=True)
    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner: Mapped[str | None] = mapped_column(String(18), index=True)
    holder_index: Mapped[str | None] = mapped_column(String(64), index=True)
    filer: Mapped[str | None] = mapped_column(String(120), index=True)
    not_after: Mapped[datetime]
    written_at: Mapped[datetime] = mapped_column(index=True)
    sent: Mapped[bool] = mapped_column(doc="Handed to the message sender; false: no phone is known")
