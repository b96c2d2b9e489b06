"""Who is calling (身份识别): a browser's session or a program's bearer token becomes a `Principal`."""

from __future__ import annotations

from functools import partial

from flask import Request

from foundation.errors import YinxinError
from foundation.principal import Kind, Permission, Principal
from foundation.web import sessions
from foundation.web.frame import Authenticator
from sso import access, client_certificates, officials, people, scopes
from sso.access import TokenRefused
from sso.models import Person
from sso.room import SsoRoom


def session_authenticator(sso: SsoRoom, request: Request) -> Principal | None:
    """The person of this browser. Roles are read anew each time, so an ended role ends at once."""
    del request
    current = sessions.current()
    person_id = people.person_of(current.subject) if current is not None else None
    if current is None or person_id is None:
        return None
    with sso.ground.db.read() as session:
        person = session.get(Person, person_id)
        if person is None or person.disabled_at is not None:
            return None
        department, permissions = officials.standing(session, person_id)
    return Principal(
        Kind.OFFICIAL if department is not None else Kind.CITIZEN,
        people.label(person_id),
        permissions=permissions | {Permission.LICENCE_OWN},
        department=department,
        person_id=person_id,
        session_id=str(current.id),
    )


def bearer_authenticator(sso: SsoRoom, request: Request) -> Principal | None:
    """A department's program. A person's token opens UserInfo only: it is refused here, not taken for less."""
    token = access.bearer(request)
    if token is None:
        return None
    now = sso.ground.clock.now()
    try:
        thumbprint = client_certificates.presented(request, sso.ground.settings, now)
    except YinxinError as error:
        raise TokenRefused from error
    with sso.ground.db.read() as session:
        row, client = access.find(session, token, thumbprint, now)
    if row.person_id is not None:
        raise TokenRefused
    granted = frozenset(scopes.split(row.scope)) & frozenset(client.scopes)
    return Principal(
        Kind.CLIENT,
        f"client:{client.client_id}",
        permissions=scopes.permissions(granted),
        department=client.department,
        client_id=client.client_id,
    )


def authenticators(sso: SsoRoom) -> tuple[Authenticator, ...]:
    """In this order: a program that says who it is must not be taken for a browser's cookie."""
    return partial(bearer_authenticator, sso), partial(session_authenticator, sso)
