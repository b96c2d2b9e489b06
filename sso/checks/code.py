"""The end of an authorisation: a code, and the way back."""

from __future__ import annotations

from datetime import timedelta

from sso import subjects
from sso.authorisation import Authorisation, Outcome, Redirect
from sso.interactions import finish
from sso.protocol_models import AuthorisationCode
from sso.records import run, table
from sso.scopes import join
from sso.secrets_at_rest import fingerprint

_NEW_CODE = table(AuthorisationCode).insert()


def respond_with_code(request: Authorisation) -> Outcome:
    """RFC 6749 4.1.2, RFC 7636 4.4: a code bound to client, address and challenge, on record before it leaves."""
    finish(request)
    room, login = request.room, request.login
    code = room.ground.ids.token(32)
    row_id = room.ground.ids.uuid7()
    run(
        request.session,
        _NEW_CODE,
        id=row_id,
        code_hash=fingerprint(code),
        client_id=request.client.client_id,
        person_id=login.person_id,
        session_id=login.session_id,
        sid=subjects.sid(room, request.client, login.session_id),
        redirect_uri=request.redirect_uri,
        code_challenge=request.parameters.get("code_challenge"),
        scope=join(request.scopes),
        nonce=request.parameters.get("nonce"),
        auth_time=login.auth_time,
        created_at=request.now,
        expires_at=request.now + timedelta(seconds=room.ground.settings.sso.code_seconds),
        spent_at=None,
    )
    room.ground.audit.record(
        request.session,
        request.principal,
        action="sso.authorise",
        object=f"client:{request.client.client_id}",
        payload={"scope": join(request.scopes), "code": str(row_id)},
    )
    return Redirect(str(request.redirect_uri), {"code": code})
