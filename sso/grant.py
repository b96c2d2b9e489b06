"""What the steps of the token endpoint read and fill in (令牌请求)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.principal import Kind, Principal
from sso.authorisation import Parameters
from sso.protocol_models import AccessToken
from sso.records import ClientRecord, CodeRecord, run, table
from sso.room import SsoRoom
from sso.scopes import join
from sso.secrets_at_rest import fingerprint

_NEW_TOKEN = table(AccessToken).insert()


@dataclass
class TokenRequest:
    """One request on its way through `sso.token.STEPS`."""

    room: SsoRoom
    session: Session
    parameters: Parameters
    thumbprint: str | None
    """x5t#S256 of the connection's client certificate."""
    now: datetime
    code: CodeRecord | None = None
    scopes: tuple[str, ...] = ()
    _client: ClientRecord | None = field(default=None)

    @property
    def client(self) -> ClientRecord:
        if self._client is None:
            raise RuntimeError("no step has authenticated the client")
        return self._client

    @client.setter
    def client(self, client: ClientRecord) -> None:
        self._client = client

    @property
    def redeemed(self) -> CodeRecord:
        if self.code is None:
            raise RuntimeError("spend_code has not run")
        return self.code

    @property
    def principal(self) -> Principal:
        client = self.client
        return Principal(
            Kind.CLIENT, f"client:{client.client_id}", department=client.department, client_id=client.client_id
        )


@dataclass(frozen=True)
class Issued:
    """The access token in clear, for the answer only."""

    access_token: str
    expires_in: int
    scope: str
    token_id: UUID


def issue_access_token(request: TokenRequest) -> Issued:
    """256 random bits; bound to the client's certificate when it came with one (RFC 8705 3)."""
    ground = request.room.ground
    seconds = ground.settings.sso.access_token_seconds
    token, token_id = ground.ids.token(32), ground.ids.uuid7()
    code = request.code
    run(
        request.session,
        _NEW_TOKEN,
        id=token_id,
        token_hash=fingerprint(token),
        client_id=request.client.client_id,
        person_id=code.person_id if code else None,
        session_id=code.session_id if code else None,
        code_id=code.id if code else None,
        scope=join(request.scopes),
        thumbprint=request.client.certificate_thumbprint,
        created_at=request.now,
        expires_at=request.now + timedelta(seconds=seconds),
        revoked_at=None,
    )
    return Issued(token, seconds, join(request.scopes), token_id)
