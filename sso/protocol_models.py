"""Tables of the protocol (协议状态): every secret that leaves us is kept as a SHA-256 hash only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base

HASH = String(43)


class Interaction(Base):
    """An authorisation request waiting for the person (login or consent). Deleted by the response it leads to."""

    __tablename__ = "oidc_interaction"

    handle_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    parameters: Mapped[str] = mapped_column(Text, doc="sealed JSON: login_hint may name a phone")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Consent(Base):
    """What a person has allowed a client to be told."""

    __tablename__ = "oidc_consent"
    __table_args__ = (UniqueConstraint("person_id", "client_id"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    granted_at: Mapped[datetime]


class AuthorisationCode(Base):
    """A code. Kept after it is spent so that a second use is recognised and kills what the first one got."""

    __tablename__ = "oidc_code"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code_hash: Mapped[str] = mapped_column(HASH, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    sid: Mapped[str] = mapped_column(HASH, index=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    code_challenge: Mapped[str] = mapped_column(HASH)
    scope: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str | None] = mapped_column(Text)
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


class AccessToken(Base):
    """An opaque bearer or certificate-bound token of a person (UserInfo) or of a client (the rooms' APIs)."""

    __tablename__ = "oidc_token"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    token_hash: Mapped[str] = mapped_column(HASH, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    session_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("oidc_code.id"), index=True)
    scope: Mapped[str] = mapped_column(String(400))
    thumbprint: Mapped[str | None] = mapped_column(HASH, doc="cnf x5t#S256 (RFC 8705 3.1)")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class SpentAssertion(Base):
    """The `jti` of a client assertion that was used; the primary key is what makes it single-use."""

    __tablename__ = "oidc_assertion"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TokenKey(Base):
    """When each signing key is used and how long it stays in the JWKS."""

    __tablename__ = "oidc_token_key"

    name: Mapped[str] = mapped_column(String(100), primary_key=True, doc="name in the key store")
    alg: Mapped[str] = mapped_column(String(5))
    use_from: Mapped[datetime]
    publish_until: Mapped[datetime | None]
