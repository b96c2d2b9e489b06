"""Tables of the certificate room (证书表).

A certificate's row is its intent first and its record later, so a serial that was ever meant to be signed is known
(facts: security 1.2, P11). Certificates of natural persons are kept sealed; rows are never deleted.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class State(StrEnum):
    RECORDED = "recorded"
    """The intent is committed; a signature may exist. Its status is answered as good (P11)."""
    ISSUED = "issued"
    LOST = "lost"
    """Issued, its body lost by a restore: known by serial, answered as good until revoked (`ca.lost`)."""


class CaCertificate(Base):
    __tablename__ = "ca_certificate"
    __table_args__ = (
        UniqueConstraint("authority", "serial"),
        Index("ix_ca_certificate_authority_recorded_at", "authority", "recorded_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    request_mac: Mapped[bytes] = mapped_column(LargeBinary(32), doc="Tells a repeated request from another one")
    authority: Mapped[str] = mapped_column(String(40), doc="Slug of the CA that signs")
    serial: Mapped[str] = mapped_column(String(40), doc="Hexadecimal, lower case")
    shard: Mapped[int | None] = mapped_column(
        Integer, doc="Partial list its distribution point names, fixed at issuance; NULL for the full list"
    )
    profile: Mapped[str] = mapped_column(String(40), index=True)
    profile_version: Mapped[int] = mapped_column(Integer)
    profile_digest: Mapped[str | None] = mapped_column(
        String(64), doc="SHA-256 of the profile file as it was; NULL in rows older than profile files"
    )
    state: Mapped[str] = mapped_column(String(10), index=True)
    personal: Mapped[bool] = mapped_column(doc="Names a natural person: subject, tbs and der are sealed")
    subject: Mapped[str] = mapped_column(Text, doc="Common name, sealed when personal")
    subject_blind: Mapped[str] = mapped_column(String(64), index=True, doc="Keyed index of the common name")
    organization: Mapped[str | None] = mapped_column(String(64))
    owner: Mapped[str | None] = mapped_column(String(18), index=True, doc="USCC of the organisation it belongs to")
    key_hash: Mapped[str] = mapped_column(String(64), index=True, doc="SHA-256 of the SubjectPublicKeyInfo")
    tbs: Mapped[str | None] = mapped_column(Text, doc="Base64 of the intent, sealed when personal; NULL once issued")
    tbs_mac: Mapped[bytes] = mapped_column(LargeBinary(32), doc="So that recovery signs only what was linted")
    der: Mapped[str | None] = mapped_column(Text, doc="Base64 of the certificate, sealed when personal")
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True, doc="SHA-256 of the certificate")
    not_before: Mapped[datetime]
    not_after: Mapped[datetime] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]


class CaProfile(Base):
    """A version of a certificate profile as it was when a process first started with it (`ca.frozen`)."""

    __tablename__ = "ca_profile"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text, doc="Canonical JSON of the file")
    first_seen: Mapped[datetime]


class CaAuthority(Base):
    """A CA of ours. `crl_number` is the last number given out to any of its lists; like `shards`, it only grows."""

    __tablename__ = "ca_authority"

    slug: Mapped[str] = mapped_column(String(40), primary_key=True)
    suite: Mapped[str] = mapped_column(String(10))
    role: Mapped[str] = mapped_column(String(10))
    parent: Mapped[str | None] = mapped_column(ForeignKey("ca_authority.slug"))
    key_name: Mapped[str] = mapped_column(String(120))
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"))
    crl_number: Mapped[int] = mapped_column(BigInteger)
    shards: Mapped[int] = mapped_column(Integer, server_default="0", doc="Partial lists; 0 when there is the full only")
    created_at: Mapped[datetime]


class CaRevocation(Base):
    """One certificate that is revoked or on hold now, its CRL entry encoded when that was said.

    A released one moves to `CaRelease`, so a row here always means "not to be trusted".
    """

    __tablename__ = "ca_revocation"
    __table_args__ = (
        Index("ix_ca_revocation_authority_crl_number", "authority", "crl_number"),
        # covers what a list reads, so a million entries are read in order and not one by one
        Index("ix_ca_revocation_entries", "authority", "shard", "crl_number", "not_after", "entry"),
    )

    authority: Mapped[str] = mapped_column(String(40), primary_key=True)
    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("ca_certificate.id"), index=True)
    revoked_at: Mapped[datetime]
    changed_at: Mapped[datetime | None] = mapped_column(doc="When this was said last; NULL before there were changes")
    reason: Mapped[int] = mapped_column(Integer)
    invalidity: Mapped[datetime | None]
    not_after: Mapped[datetime] = mapped_column(doc="Of the certificate: entries leave the list after it")
    entry: Mapped[bytes] = mapped_column(LargeBinary(100))
    shard: Mapped[int | None] = mapped_column(Integer, doc="Of the certificate; NULL for one on the full list only")
    seq: Mapped[int | None] = mapped_column(
        "crl_number", BigInteger, doc="Number of the list that first took the change up; NULL makes its lists dirty"
    )


class CaCrl(Base):
    """One list: intent before signing, published after. The octets are in storage under `ca/crl/`."""

    __tablename__ = "ca_crl"

    scope: Mapped[str] = mapped_column(
        "authority", String(40), primary_key=True, doc="`sm2-issuing`, its shard `sm2-issuing/3` or `sm2-issuing/delta`"
    )
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    entries: Mapped[int] = mapped_column(Integer)
    tbs_hash: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64), doc="Of the signed list; NULL until published")
    base: Mapped[int | None] = mapped_column(BigInteger, doc="Of a delta: the full list it adds to")


class CaStampClock(Base):
    """The time of the last token of a suite; no later token is dated before it."""

    __tablename__ = "ca_stamp_clock"

    suite: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[datetime]


class CaStamp(Base):
    """One time stamp, recorded before it is signed. The imprint alone says nothing of the document."""

    __tablename__ = "ca_stamp"

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    suite: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(String(10))
    imprint: Mapped[bytes] = mapped_column(LargeBinary(64))


class CaCeremony(Base):
    """A transcript of a key ceremony, kept as it came (仪式记录)."""

    __tablename__ = "ca_ceremony"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    transcript: Mapped[str] = mapped_column(Text, doc="Sealed: it names the people who were there")
    held_at: Mapped[datetime] = mapped_column(index=True)
    kept_at: Mapped[datetime]
    kept_by: Mapped[str] = mapped_column(String(120))
