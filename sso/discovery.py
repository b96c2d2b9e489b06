"""Metadata (服务发现; OpenID Connect Discovery 3, RFC 8414 2): what this service does, and nothing it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sso.clients import AUTH_METHODS, ID_TOKEN_ALGS
from sso.id_tokens import ACR
from sso.jose import ALGORITHMS
from sso.room import SsoRoom
from sso.scopes import CLAIMS, PERSON_SCOPES, PROGRAM_SCOPES
from sso.token import GRANTS

PATHS: Mapping[str, str] = {
    "authorization_endpoint": "/oauth2/authorize",
    "token_endpoint": "/oauth2/token",
    "userinfo_endpoint": "/oauth2/userinfo",
    "jwks_uri": "/oauth2/jwks",
    "end_session_endpoint": "/oauth2/logout",
}


def metadata(room: SsoRoom) -> dict[str, Any]:
    issued = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")
    told = tuple(name for names in CLAIMS.values() for name in names)
    return {
        "issuer": room.issuer,
        **{name: room.issuer + path for name, path in PATHS.items()},
        "scopes_supported": [*PERSON_SCOPES, *sorted(PROGRAM_SCOPES)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "acr_values_supported": [ACR],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": True,
        "claim_types_supported": ["normal"],
        "claims_supported": list(dict.fromkeys((*issued, *told))),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["zh-Hans-CN", "en"],
        "service_documentation": f"{room.issuer}/docs",
    }
