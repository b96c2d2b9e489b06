"""Access tokens at our own resources (访问令牌; RFC 6750, RFC 8705 3): looked up by hash, held to their certificate."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

from flask import Request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.errors import Unauthenticated
from foundation.text import Text
from sso.models import Client, Person
from sso.protocol_models import AccessToken
from sso.records import ClientRecord, TokenRecord, columns, run, table
from sso.secrets_at_rest import fingerprint

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class TokenRefused(Unauthenticated):
    """RFC 6750 3.1 `invalid_token`; why exactly is not told."""

    def __init__(self) -> None:
        super().__init__(
            "sso.access_token",
            Text(
                "访问令牌无效、已过期或与本连接的证书不符，请重新获取令牌。",
                "The access token is unknown, expired, revoked or bound to another certificate. Get a new one.",
            ),
        )


def bearer(request: Request) -> str | None:
    """The token of the Authorization header; None when there is no such header or it is of another scheme."""
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("bearer"):
        return None
    match = _BEARER.fullmatch(header)
    if match is None:
        raise TokenRefused
    return match[1]


_TOKENS, _CLIENTS, _PEOPLE = table(AccessToken), table(Client), table(Person)
_LIVE = (
    select(*columns(_TOKENS, TokenRecord), *columns(_CLIENTS, ClientRecord))
    .select_from(
        _TOKENS.join(_CLIENTS, _CLIENTS.c.client_id == _TOKENS.c.client_id).outerjoin(
            _PEOPLE, _PEOPLE.c.id == _TOKENS.c.person_id
        )
    )
    .where(
        _TOKENS.c.token_hash == bindparam("hash"),
        _TOKENS.c.revoked_at.is_(None),
        _TOKENS.c.expires_at > bindparam("now"),
        _CLIENTS.c.disabled_at.is_(None),
        _PEOPLE.c.disabled_at.is_(None),
    )
)
_SPLIT = len(columns(_TOKENS, TokenRecord))


def find(session: Session, token: str, thumbprint: str | None, now: datetime) -> tuple[TokenRecord, ClientRecord]:
    """The live token and its live client. Raises `TokenRefused`."""
    found = run(session, _LIVE, hash=fingerprint(token), now=now).one_or_none()
    if found is None:
        raise TokenRefused
    row, client = TokenRecord(*found[:_SPLIT]), ClientRecord(*found[_SPLIT:])
    if row.thumbprint is not None and not hmac.compare_digest(row.thumbprint, thumbprint or ""):
        raise TokenRefused
    return row, client
