"""The code grant (RFC 6749 4.1.3): spent once, by its client, from its address, with its verifier."""

from __future__ import annotations

import hashlib
import hmac
import re

from sqlalchemy import bindparam, select, update

from foundation import base64url
from sso.errors import OAuthError
from sso.forms import once
from sso.grant import TokenRequest
from sso.protocol_models import AccessToken, AuthorisationCode
from sso.records import CodeRecord, columns, run, table
from sso.scopes import split
from sso.secrets_at_rest import fingerprint

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CODES = table(AuthorisationCode)
_SPEND = (
    _CODES.update()
    .where(
        _CODES.c.code_hash == bindparam("hash"),
        _CODES.c.client_id == bindparam("client"),
        _CODES.c.spent_at.is_(None),
        _CODES.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(*columns(_CODES, CodeRecord))
)


def check_parameters(request: TokenRequest) -> None:
    """RFC 6749 4.1.3, RFC 7636 4.5: all three are there."""
    once(request.parameters, ("code", "redirect_uri"))
    if request.parameters.get("code_verifier") is None:
        raise OAuthError("invalid_grant", "code_verifier is missing")


def spend_code(request: TokenRequest) -> None:
    """RFC 6749 4.1.2: once, by the client it was issued to. One statement decides, so of many tries one wins.

    Whatever fails after this leaves the code spent: a code that was shown with a wrong verifier has leaked.
    """
    row = run(
        request.session,
        _SPEND,
        hash=fingerprint(request.parameters.get("code") or ""),
        client=request.client.client_id,
        now=request.now,
    ).one_or_none()
    if row is None:
        _punish_reuse(request)
        raise OAuthError("invalid_grant", "the code is unknown, expired or spent")
    request.code = CodeRecord(*tuple(row))


def check_redirect_uri(request: TokenRequest) -> None:
    """RFC 6749 4.1.3: identical to the one of the authorisation request."""
    if request.parameters.get("redirect_uri") != request.redeemed.redirect_uri:
        raise OAuthError("invalid_grant", "redirect_uri differs from the authorisation request")


def check_verifier(request: TokenRequest) -> None:
    """RFC 7636 4.6: SHA-256 of the verifier is the challenge."""
    verifier = request.parameters.get("code_verifier") or ""
    if not _VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "code_verifier is not 43 to 128 unreserved characters")
    digest = base64url.encode(hashlib.sha256(verifier.encode()).digest())
    if not hmac.compare_digest(digest, request.redeemed.code_challenge):
        raise OAuthError("invalid_grant", "code_verifier does not fit the challenge")


def assign_scopes(request: TokenRequest) -> None:
    """RFC 6749 3.3: what the person agreed to when the code was made."""
    request.scopes = split(request.redeemed.scope)


def _punish_reuse(request: TokenRequest) -> None:
    """RFC 6749 4.1.2, 10.5: a code seen twice was stolen by one of the two; what it gave dies."""
    code_id = request.session.scalar(
        select(AuthorisationCode.id).where(
            AuthorisationCode.code_hash == fingerprint(request.parameters.get("code") or ""),
            AuthorisationCode.client_id == request.client.client_id,
            AuthorisationCode.spent_at.is_not(None),
        )
    )
    if code_id is None:
        return
    request.session.execute(
        update(AccessToken)
        .where(AccessToken.code_id == code_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=request.now)
    )
    request.room.ground.audit.record(
        request.session, request.principal, action="sso.code_reused", object=f"oidc_code:{code_id}", payload={}
    )
