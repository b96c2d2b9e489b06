"""Tables around revocation (撤销相关表): lifted holds, stored OCSP answers, mass revocations, checks.

RFC 5280 5, RFC 6960. Nothing here names a person.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class CaRelease(Base):
    """A hold that was lifted (解除挂起): what delta lists say until a full list no longer names the certificate."""

    __tablename__ = "ca_release"
    __table_args__ = (
        Index("ix_ca_release_authority_seq", "authority", "seq"),
        Index("ix_ca_release_authority_shard_seq", "authority", "shard", "seq"),
    )

    authority: Mapped[str] = mapped_column(String(40), primary_key=True)
    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"), index=True)
    held_at: Mapped[datetime]
    released_at: Mapped[datetime]
    not_after: Mapped[datetime]
    entry: Mapped[bytes] = mapped_column(LargeBinary(100), doc="removeFromCRL (RFC 5280 5.3.1), for delta lists only")
    shard: Mapped[int | None] = mapped_column(Integer)
    seq: Mapped[int | None] = mapped_column(BigInteger, doc="As in ca_revocation")


class CaPartialList(Base):
    """The octets of each shard and delta list as published: replaced with the next one, in one transaction.

    Full lists are kept in storage for good; these change every few minutes and only the newest is of use.
    """

    __tablename__ = "ca_partial_list"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True, doc="As in ca_crl")
    number: Mapped[int] = mapped_column(BigInteger)
    octets: Mapped[bytes] = mapped_column(LargeBinary)


class CaOcspAnswer(Base):
    """A signed answer without nonce for one certificate; gone in the transaction that changes its status."""

    __tablename__ = "ca_ocsp_answer"

    authority: Mapped[str] = mapped_column(String(40), primary_key=True)
    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    form: Mapped[str] = mapped_column(String(12), primary_key=True, doc="How the question hashes the issuer: `sm3`")
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    made: Mapped[int] = mapped_column(
        BigInteger, index=True, doc="thisUpdate in Unix time: nothing to parse on the way"
    )
    until: Mapped[int] = mapped_column(BigInteger, doc="nextUpdate in Unix time")


class MassState(StrEnum):
    PREPARED = "prepared"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class CaMassRevocation(Base):
    """One mass revocation (批量撤销): who asked, who approved, how far it is."""

    __tablename__ = "ca_mass_revocation"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    requested_by: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    selection: Mapped[str] = mapped_column(Text, doc="JSON of what was asked for")
    reason: Mapped[int] = mapped_column(Integer)
    invalidity: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), index=True)
    total: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer, doc="Last item that is finished")
    revoked: Mapped[int] = mapped_column(Integer)
    standing: Mapped[int] = mapped_column(Integer, doc="Were revoked already and stay as they were")
    refused: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class CaMassItem(Base):
    """One certificate of a mass revocation. The set is frozen when prepared: what was approved is what happens."""

    __tablename__ = "ca_mass_item"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("ca_mass_revocation.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"))
    outcome: Mapped[str | None] = mapped_column(String(40), doc="`revoked`, `standing`, or the code of the refusal")


class CaRevocationCheck(Base):
    """One run of the checker (撤销一致性核对), so that every process and page knows how it ended."""

    __tablename__ = "ca_revocation_check"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    serials: Mapped[int] = mapped_column(Integer)
    faults: Mapped[int] = mapped_column(Integer)
    findings: Mapped[str] = mapped_column(Text, doc="JSON of the first hundred")
