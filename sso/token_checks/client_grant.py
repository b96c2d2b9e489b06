"""The client credentials grant (RFC 6749 4.4): a department's program acts for the department itself."""

from __future__ import annotations

from sso.errors import OAuthError
from sso.grant import TokenRequest
from sso.scopes import PROGRAM_SCOPES, join, split


def assign_program_scopes(request: TokenRequest) -> None:
    """RFC 6749 3.3, 4.4.2: those asked for, all of which must be registered; without any, all registered ones."""
    registered = frozenset(request.client.scopes) & PROGRAM_SCOPES
    asked = frozenset(split(request.parameters.get("scope") or "")) or registered
    if not asked:
        raise OAuthError("invalid_scope", "this client is registered for no API scope")
    if beyond := asked - registered:
        printable = join(scope for scope in beyond if scope in PROGRAM_SCOPES) or "a scope that does not exist"
        raise OAuthError("invalid_scope", f"this client is not registered for {printable}")
    request.scopes = tuple(sorted(asked))
