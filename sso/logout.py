"""RP-initiated logout (退出登录; OpenID Connect RP-Initiated Logout 1.0): a list of small decisions.

Without proof that the department's system really had this login, the person is asked and nobody is redirected:
otherwise any page could log people out, or use us to send them on.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.principal import Kind, Principal
from sso import clients, id_tokens
from sso.authorisation import Browser, Parameters, Redirect
from sso.errors import BadToken
from sso.id_tokens import Hint
from sso.models import Client
from sso.people import label
from sso.protocol_models import AuthorisationCode
from sso.revocation import end_session
from sso.room import SsoRoom


@dataclass(frozen=True)
class Confirm:
    """Ask the person; afterwards our own page says goodbye."""


@dataclass(frozen=True)
class LoggedOut:
    """Our own page; there was no address to go to."""


@dataclass(frozen=True)
class Refuse:
    """The address to go to is not the client's: say so, change nothing."""


Outcome = Confirm | LoggedOut | Refuse | Redirect


def rp_logout(room: SsoRoom, parameters: Parameters, browser: Browser | None) -> Outcome:
    """Decide, and end the session of a proved hint; the caller then drops the browser's cookie."""
    hint = _hint(room, parameters)
    if hint is None:
        return Confirm()
    with room.ground.db.begin() as session:
        client = clients.live(session, hint.client_id)
        if client is None:
            return Confirm()
        address = parameters.get("post_logout_redirect_uri")
        if address is not None and address not in client.post_logout_redirect_uris:
            return Refuse()
        session_id = _session_of(session, hint)
        if browser is not None and browser.session_id != session_id:
            return Confirm()  # somebody else is logged in here by now: it is for them to say
        if session_id is not None:
            caller = Principal(Kind.CLIENT, f"client:{client.client_id}", client_id=client.client_id)
            end_session(room.ground, session, caller, session_id)
    return _after(parameters, address)


def _hint(room: SsoRoom, parameters: Parameters) -> Hint | None:
    """§2, §4: an ID token of ours; `client_id`, when given, must be its audience. Anything else is no hint."""
    token = parameters.get("id_token_hint")
    if token is None or parameters.repeated() is not None:
        return None
    try:
        hint = id_tokens.read_hint(room, token)
    except BadToken:
        return None
    stated = parameters.get("client_id")
    return hint if stated is None or stated == hint.client_id else None


def _session_of(session: Session, hint: Hint) -> UUID | None:
    return session.scalars(
        select(AuthorisationCode.session_id).where(
            AuthorisationCode.sid == hint.sid, AuthorisationCode.client_id == hint.client_id
        )
    ).first()


def _after(parameters: Parameters, address: str | None) -> Outcome:
    """§3: to the registered address with the same `state`, and nothing else."""
    if address is None:
        return LoggedOut()
    state = parameters.get("state")
    return Redirect(address, {} if state is None else {"state": state})


def departments_of(room: SsoRoom, session_id: UUID) -> list[Client]:
    """The systems this login was used for, so that the goodbye page can name them."""
    used = select(AuthorisationCode.client_id).where(AuthorisationCode.session_id == session_id)
    with room.ground.db.read() as session:
        return list(session.scalars(select(Client).where(Client.client_id.in_(used)).order_by(Client.client_id)))


def end(room: SsoRoom, login: Browser) -> None:
    """End a login at its owner's wish, and every token departments got through it."""
    principal = Principal(Kind.CITIZEN, label(login.person_id), person_id=login.person_id)
    with room.ground.db.begin() as session:
        end_session(room.ground, session, principal, login.session_id)
