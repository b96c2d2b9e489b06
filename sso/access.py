"""Access tokens at our own resources (访问令牌; RFC 6750, RFC 8705 3): looked up by hash, held to their certificate."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

from flask import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import Unauthenticated
from foundation.text import Text
from sso.models import Client, Person
from sso.protocol_models import AccessToken
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


def find(session: Session, token: str, thumbprint: str | None, now: datetime) -> tuple[AccessToken, Client]:
    """The live token and its live client. Raises `TokenRefused`."""
    found = session.execute(
        select(AccessToken, Client)
        .join(Client, Client.client_id == AccessToken.client_id)
        .outerjoin(Person, Person.id == AccessToken.person_id)
        .where(
            AccessToken.token_hash == fingerprint(token),
            AccessToken.revoked_at.is_(None),
            AccessToken.expires_at > now,
            Client.disabled_at.is_(None),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise TokenRefused
    row, client = found
    if row.thumbprint is not None and not hmac.compare_digest(row.thumbprint, thumbprint or ""):
        raise TokenRefused
    return row, client
