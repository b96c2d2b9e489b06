"""Tables of the web frame: sessions (会话), idempotency keys (幂等键), counters (计数)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base


class WebSession(Base):
    """One browser session. `id` is its lasting handle (OIDC `sid`); the cookie's value is kept only as SHA-256."""

    __tablename__ = "web_session"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str | None] = mapped_column(String(120), index=True, doc="label of the person, none before login")
    data: Mapped[str] = mapped_column(Text, doc="JSON object; never personal data")
    agent: Mapped[str] = mapped_column(String(160), doc="browser, so that people recognise their own sessions")
    created_at: Mapped[datetime]
    authenticated_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True, doc="absolute end")


class WebIdempotency(Base):
    """What one caller's key already led to on one route."""

    __tablename__ = "web_idempotency"

    slot: Mapped[str] = mapped_column(String(64), primary_key=True, doc="SHA-256 of caller, route and key")
    caller: Mapped[str] = mapped_column(String(200))
    route: Mapped[str] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the request's meaning")
    state: Mapped[str] = mapped_column(String(12), doc="running, done")
    owner: Mapped[UUID] = mapped_column(Uuid, doc="the request that holds the key; changes when taken over")
    started_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[str | None] = mapped_column(Text, doc="JSON object")
    body: Mapped[str | None] = mapped_column(Text, doc="encrypted answer; none when too big to keep: asked again")


class WebCounter(Base):
    """How often something happened in its window: log-in tries of an account, SMS codes of a number."""

    __tablename__ = "web_counter"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, doc="SHA-256 of the caller's key")
    window_seconds: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int] = mapped_column(Integer)
