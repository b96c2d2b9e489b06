"""What every request reads (热路径记录): frozen records, read and written by statements made once on plain tables.

The ORM's unit of work costs more than the work here (facts/sso §4b): on the paths of authorise, token and UserInfo
statements are prepared when the module is imported and run on the session's own connection and transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, Table, bindparam, select
from sqlalchemy.orm import Session

from foundation.database import Base
from sso.models import Client

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A live client as the protocol sees it."""

    client_id: str
    name_zh: str
    name_en: str
    department: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    auth_method: str
    jwks: list[dict[str, str]]
    certificate_thumbprint: str | None
    scopes: list[str]
    id_token_alg: str
    consent_free: bool


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """A code that was just spent."""

    id: UUID
    person_id: UUID
    session_id: UUID
    sid: str
    redirect_uri: str
    code_challenge: str
    scope: str
    nonce: str | None
    auth_time: datetime


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A live access token."""

    client_id: str
    person_id: UUID | None
    scope: str
    thumbprint: str | None


def table(model: type[Base]) -> Table:
    return cast("Table", model.__table__)


def columns(source: Table, record: type) -> list[Any]:
    """The columns a record is made of, in its order."""
    return [source.c[name] for name in record.__dataclass_fields__]  # type: ignore[attr-defined]  # dataclasses only


def run(session: Session, statement: Executable, **values: object) -> CursorResult[Any]:
    """A prepared statement in the session's transaction."""
    return session.connection().execute(statement, values)


_CLIENTS = table(Client)
_LIVE_CLIENT = select(*columns(_CLIENTS, ClientRecord)).where(
    _CLIENTS.c.client_id == bindparam("client_id"), _CLIENTS.c.disabled_at.is_(None)
)


def live_client(session: Session, client_id: str) -> ClientRecord | None:
    row = run(session, _LIVE_CLIENT, client_id=client_id).one_or_none()
    return ClientRecord(*tuple(row)) if row is not None else None
