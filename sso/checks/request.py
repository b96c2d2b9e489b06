"""Is the request one we serve? From here on errors go back to the client."""

from __future__ import annotations

import re

from sso.authorisation import Authorisation, refuse
from sso.scopes import OPENID, PERSON_SCOPES, join, split

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST = {"state": 2048, "nonce": 1024, "login_hint": 200}


def check_repeated_parameters(request: Authorisation) -> None:
    """RFC 6749 3.1: request parameters must not be included more than once."""
    if request.parameters.repeated() is not None:
        raise refuse("invalid_request", "a parameter is repeated")


def check_request_object(request: Authorisation) -> None:
    """OpenID Connect Core 6.1, 6.2, 3.1.2.6: not supported, and said so; nothing is fetched, nothing ignored."""
    if request.parameters.get("request") is not None:
        raise refuse("request_not_supported", "the request parameter is not supported")
    if request.parameters.get("request_uri") is not None:
        raise refuse("request_uri_not_supported", "the request_uri parameter is not supported")
    if request.parameters.get("registration") is not None:
        raise refuse("registration_not_supported", "the registration parameter is not supported")


def check_response_type(request: Authorisation) -> None:
    """RFC 6749 3.1.1, RFC 9700 2.1.2: the code flow only."""
    kind = request.parameters.get("response_type")
    if kind is None:
        raise refuse("invalid_request", "response_type is missing")
    if kind != "code":
        raise refuse("unsupported_response_type", "only response_type=code is supported")


def check_response_mode(request: Authorisation) -> None:
    """OAuth 2.0 Multiple Response Types 2.1: `query`, the default of the code flow."""
    if request.parameters.get("response_mode") not in (None, "query"):
        raise refuse("invalid_request", "only response_mode=query is supported")


def check_lengths(request: Authorisation) -> None:
    """Refused whole rather than cut: a shortened `state` or `nonce` would fail at the client for no visible reason."""
    for name, longest in LONGEST.items():
        if len(request.parameters.get(name) or "") > longest:
            raise refuse("invalid_request", f"{name} is longer than {longest} characters")


def check_scope(request: Authorisation) -> None:
    """OpenID Connect Core 3.1.2.1: `openid` must be there; unknown scopes are ignored, unregistered ones refused."""
    asked = split(request.parameters.get("scope") or "")
    if OPENID not in asked:
        raise refuse("invalid_scope", "scope must contain openid")
    known = [scope for scope in asked if scope in PERSON_SCOPES]
    if beyond := set(known) - set(request.client.scopes):
        raise refuse("invalid_scope", f"this client is not registered for {join(beyond)}")
    request.scopes = tuple(known)


def check_pkce(request: Authorisation) -> None:
    """RFC 7636 4.3, RFC 9700 2.1.1: from every client, S256 said out loud (the default is `plain`)."""
    challenge = request.parameters.get("code_challenge")
    if challenge is None:
        raise refuse("invalid_request", "code_challenge is missing")
    if request.parameters.get("code_challenge_method") != "S256":
        raise refuse("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise refuse("invalid_request", "code_challenge is not base64url of a SHA-256")
