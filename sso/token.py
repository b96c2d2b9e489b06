"""The token endpoint (令牌端点; RFC 6749 3.2): a list of steps for every grant, then one per grant.

Whatever a failed request changed stays changed (a spent code, a used assertion): errors are carried out of the
transaction and raised after it is committed. The ID token is signed after the redemption is on record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sso import id_tokens, subjects
from sso.authorisation import Parameters
from sso.errors import OAuthError
from sso.forms import once
from sso.grant import Issued, TokenRequest, issue_access_token
from sso.room import SsoRoom
from sso.token_checks import authentication, client_grant, code_grant

Step = Callable[[TokenRequest], None]


def check_parameters_once(request: TokenRequest) -> None:
    """RFC 6749 3.2: no parameter twice; a grant type is named."""
    once(request.parameters, ("grant_type",))


def check_grant_type(request: TokenRequest) -> None:
    """RFC 6749 5.2: the password and implicit grants do not exist here (RFC 9700 2.1.2, 2.4)."""
    if request.parameters.get("grant_type") not in GRANTS:
        raise OAuthError("unsupported_grant_type", "use authorization_code or client_credentials")


STEPS: tuple[Step, ...] = (
    check_parameters_once,
    authentication.authenticate_client,
    check_grant_type,
)
GRANTS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "authorization_code": (
            code_grant.check_parameters,
            code_grant.spend_code,
            code_grant.check_redirect_uri,
            code_grant.check_verifier,
            code_grant.assign_scopes,
        ),
        "client_credentials": (client_grant.assign_program_scopes,),
    }
)


def grant(room: SsoRoom, parameters: Parameters, thumbprint: str | None) -> dict[str, str | int]:
    """The body of a successful answer (RFC 6749 5.1). Raises `OAuthError`."""
    with room.ground.db.begin() as session:
        request = TokenRequest(room, session, parameters, thumbprint, room.ground.clock.now())
        result = _run(request)
    if isinstance(result, OAuthError):
        raise result
    body: dict[str, str | int] = {
        "access_token": result.access_token,
        "token_type": "Bearer",
        "expires_in": result.expires_in,
        "scope": result.scope,
    }
    if request.code is not None:
        code, client = request.code, request.client
        subject = subjects.subject(room, client, code.person_id)
        body["id_token"] = id_tokens.make(room, client, code, subject, result.access_token, request.now)
    return body


def _run(request: TokenRequest) -> Issued | OAuthError:
    try:
        for step in STEPS:
            step(request)
        for step in GRANTS[request.parameters.get("grant_type") or ""]:
            step(request)
    except OAuthError as error:
        return error
    issued = issue_access_token(request)
    request.room.ground.audit.record(
        request.session,
        request.principal,
        action="sso.token",
        object=f"token:{issued.token_id}",
        payload={"grant": request.parameters.get("grant_type") or "", "scope": issued.scope},
    )
    return issued
