"""Tables of people (自然人), officials (行政人员) and clients (接入系统).

Personal data is sealed; look-ups go by blind index.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

import sso.protocol_models  # noqa: F401 - the room's other tables: importing this file brings all of them
from foundation.database import Base

INDEX = String(32)


class Person(Base):
    """A natural person who may log in. `username` is for those who want neither number typed on a shared screen."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text, doc="sealed")
    citizen_number: Mapped[str] = mapped_column(Text, doc="sealed")
    citizen_number_index: Mapped[str] = mapped_column(INDEX, unique=True)
    phone: Mapped[str] = mapped_column(Text, doc="sealed")
    phone_index: Mapped[str] = mapped_column(INDEX, unique=True)
    username: Mapped[str | None] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Credential(Base):
    """The password of a person, argon2id in PHC form."""

    __tablename__ = "credential"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[datetime]


class Official(Base):
    """A person's role in a department; the union of a person's rows is what the account may do."""

    __tablename__ = "official"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    department: Mapped[str] = mapped_column(String(18), index=True, doc="USCC")
    role: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Client(Base):
    """A department's system. Keys are public and inline: nothing is ever fetched from an address a client names."""

    __tablename__ = "client"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    department: Mapped[str] = mapped_column(
        String(18), index=True, doc="USCC; also the sector of its pairwise subjects"
    )
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    auth_method: Mapped[str] = mapped_column(String(40))
    jwks: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    certificate_thumbprint: Mapped[str | None] = mapped_column(String(43), doc="x5t#S256 of the client certificate")
    scopes: Mapped[list[str]] = mapped_column(JSON)
    id_token_alg: Mapped[str] = mapped_column(String(5))
    consent_free: Mapped[bool] = mapped_column(doc="First-party: asks consent for `identity` only")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class LoginAttempt(Base):
    """Between password and SMS code. Only the browser's session knows `id`; the code is kept as a MAC."""

    __tablename__ = "login_attempt"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    code_mac: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


class SmsOutbox(Base):
    """Messages of the sample region (短信发件箱). The text names a phone, so it is sealed."""

    __tablename__ = "sms_outbox"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(Text, doc="sealed")
