"""Which client is calling, and can it prove it? (RFC 7523 3, RFC 8705 2.2)"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sso import clients, jose, jwks
from sso.errors import BadToken, OAuthError
from sso.grant import TokenRequest
from sso.protocol_models import SpentAssertion
from sso.records import ClientRecord
from sso.secrets_at_rest import fingerprint, put_once

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = timedelta(minutes=5)
SKEW = timedelta(seconds=30)


def authenticate_client(request: TokenRequest) -> None:
    """RFC 6749 2.3: by the one method the client is registered for; nothing else is even looked at."""
    assertion = request.parameters.get("client_assertion")
    if request.parameters.get("client_secret") is not None:
        raise _unknown("client secrets are not accepted")
    if assertion is not None:
        _by_assertion(request, assertion)
    else:
        _by_certificate(request)


def _by_assertion(request: TokenRequest, assertion: str) -> None:
    """RFC 7523 3: signed by a registered key, iss and sub the client, for us, short-lived, used once."""
    if request.parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    try:
        claimed = jose.parse(assertion).claims.get("sub")
        client = _live(request, claimed if isinstance(claimed, str) else None)
        claims = jose.verify(assertion, jwks.keys_of(client.jwks)).claims
    except BadToken as error:
        raise _unknown(f"client_assertion: {error.why}") from error
    if client.auth_method != "private_key_jwt":
        raise _unknown("the client is registered for another method")
    _check_claims(request, client, claims)
    _spend(request, client, claims)
    request.client = client


def _check_claims(request: TokenRequest, client: ClientRecord, claims: Mapping[str, Any]) -> None:
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise _unknown("iss and sub must be the client_id")
    stated = request.parameters.get("client_id")
    if stated is not None and stated != client.client_id:
        raise _unknown("client_id differs from the assertion")
    if claims.get("aud") not in (request.room.issuer, f"{request.room.issuer}/oauth2/token"):
        raise _unknown("aud must be the issuer or the token endpoint")
    expires = _moment(claims, "exp")
    if expires is None or expires <= request.now - SKEW:
        raise _unknown("exp is missing or past")
    if expires > request.now + LONGEST_LIFE + SKEW:
        raise _unknown("exp is more than five minutes ahead")
    for name in ("nbf", "iat"):
        moment = _moment(claims, name)
        if moment is not None and moment > request.now + SKEW:
            raise _unknown(f"{name} is in the future")


def _spend(request: TokenRequest, client: ClientRecord, claims: Mapping[str, Any]) -> None:
    """RFC 7523 3 (7): a `jti` counts once. The row outlives the assertion, so there is no gap to slip through."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 200:
        raise _unknown("jti is missing or too long")
    row = {
        "client_id": client.client_id,
        "jti_hash": fingerprint(jti),
        "expires_at": request.now + LONGEST_LIFE + 4 * SKEW,
    }
    if not put_once(request.session, SpentAssertion, row):
        raise _unknown("this assertion was used before")


def _by_certificate(request: TokenRequest) -> None:
    """RFC 8705 2.2: the connection's certificate is the registered one; TLS has proved its key."""
    client = _live(request, request.parameters.get("client_id"))
    expected = client.certificate_thumbprint
    if client.auth_method != "self_signed_tls_client_auth" or expected is None:
        raise _unknown("client_assertion is missing")
    if request.thumbprint is None or not hmac.compare_digest(request.thumbprint, expected):
        raise _unknown("the client certificate is missing or not the registered one")
    request.client = client


def _live(request: TokenRequest, client_id: str | None) -> ClientRecord:
    client = clients.live(request.session, client_id or "")
    if client is None:
        raise _unknown("unknown client")
    return client


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**40:
        raise _unknown(f"{name} is not a time")
    return datetime.fromtimestamp(value, UTC)


def _unknown(why: str) -> OAuthError:
    return OAuthError("invalid_client", why, status=401)
