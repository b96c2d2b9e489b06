"""What crosses the wire at `/api/v1/sso` (接口数据)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from foundation.web.api import Wire


class MeOut(Wire):
    """The caller, with a masked name when it is a person."""

    kind: str = Field(description="citizen, official, client")
    label: str = Field(description="As audit rows name the caller")
    name: str | None = Field(description="Masked")
    department: str | None = Field(description="统一社会信用代码")
    permissions: list[str]


class SessionOut(Wire):
    id: UUID
    current: bool
    browser: str
    created_at: datetime
    authenticated_at: datetime | None
    seen_at: datetime
    systems: list[str] = Field(description="client_id of the systems this login was used for")


class SessionsOut(Wire):
    sessions: list[SessionOut]


class SessionPath(Wire):
    session_id: UUID


class ConsentOut(Wire):
    client_id: str
    name_zh: str
    name_en: str
    scopes: list[str]
    granted_at: datetime


class ConsentsOut(Wire):
    consents: list[ConsentOut]


class ConsentPath(Wire):
    client_id: str = Field(min_length=3, max_length=64)


class AuthoriseQuery(Wire):
    """OpenID Connect Core 3.1.2.1, RFC 7636 4.3. Parameters we do not know are ignored by the endpoint."""

    client_id: str
    redirect_uri: str
    response_type: str = Field(description="code")
    scope: str = Field(description="openid profile phone identity")
    code_challenge: str
    code_challenge_method: str = Field(description="S256")
    state: str | None = None
    nonce: str | None = None
    prompt: str | None = Field(None, description="none, login, consent, select_account")
    max_age: str | None = Field(None, description="Seconds")
    login_hint: str | None = None
    id_token_hint: str | None = None
    ui_locales: str | None = None
    acr_values: str | None = None


class LogoutQuery(Wire):
    """RP-Initiated Logout 1.0 §2."""

    id_token_hint: str | None = None
    client_id: str | None = None
    post_logout_redirect_uri: str | None = None
    state: str | None = None
    ui_locales: str | None = None


class ClaimsOut(Wire):
    """Claims of the scopes the person agreed to."""

    sub: str = Field(description="Pairwise: different for each department")
    name: str | None = None
    phone_number: str | None = None
    phone_number_verified: bool | None = None
    citizen_number: str | None = None


class JwksOut(Wire):
    keys: list[dict[str, str]]


class MetadataOut(BaseModel):
    """RFC 8414 2; members beyond these are described there."""

    model_config = ConfigDict(extra="allow", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class TokenForm(Wire):
    """RFC 6749 4.1.3 and 4.4.2, RFC 7523 2.2. Parameters we do not know are ignored by the endpoint (RFC 6749 3.2)."""

    grant_type: str = Field(description="authorization_code, client_credentials")
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    scope: str | None = None
    client_id: str | None = None
    client_assertion_type: str | None = None
    client_assertion: str | None = None


class TokenOut(Wire):
    access_token: str
    token_type: str
    expires_in: int
    scope: str
    id_token: str | None = None


class OAuthErrorOut(Wire):
    error: str
    error_description: str | None = None


class BearerErrorOut(Wire):
    """RFC 6750 3.1: who sent no token at all is told nothing but that one is needed."""

    error: str | None = None
    error_description: str | None = None
