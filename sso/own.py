"""A person's own sessions and consents (我的登录与授权). Other people's do not exist here."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation.masking import mask_name
from foundation.principal import Principal
from foundation.web import sessions
from sso import people
from sso.errors import no_such, not_yours
from sso.models import Client
from sso.protocol_models import AccessToken, AuthorisationCode, Consent
from sso.revocation import end_session
from sso.room import SsoRoom
from sso.schemas import ConsentOut, MeOut, SessionOut


def person(principal: Principal) -> UUID:
    """The person behind the caller; `Forbidden` for programs."""
    if principal.person_id is None:
        raise not_yours()
    return principal.person_id


def me(room: SsoRoom, principal: Principal) -> MeOut:
    name: str | None = None
    if principal.person_id is not None:
        with room.ground.db.read() as session:
            name = mask_name(people.known(room.ground, session, principal.person_id).name)
    permissions = sorted(permission.value for permission in principal.permissions)
    return MeOut(
        kind=principal.kind.value,
        label=principal.label,
        name=name,
        department=principal.department,
        permissions=permissions,
    )


def list_sessions(room: SsoRoom, principal: Principal) -> list[SessionOut]:
    ground = room.ground
    subject = people.label(person(principal))
    with ground.db.read() as session:
        found = sessions.sessions_of(session, subject, ground.clock.now(), ground.settings.web)
        used = _systems(session, [info.id for info in found])
    return [
        SessionOut(
            id=info.id,
            current=str(info.id) == principal.session_id,
            browser=info.agent,
            created_at=info.created_at,
            authenticated_at=info.authenticated_at,
            seen_at=info.seen_at,
            systems=used.get(info.id, []),
        )
        for info in found
    ]


def end_own_session(room: SsoRoom, principal: Principal, session_id: UUID) -> None:
    """NotFound for a session that is not theirs: whether it exists is not told (T26)."""
    subject = people.label(person(principal))
    with room.ground.db.begin() as session:
        if not sessions.revoke(session, session_id, subject=subject):
            raise no_such("登录", "login")
        end_session(room.ground, session, principal, session_id)


def list_consents(room: SsoRoom, principal: Principal) -> list[ConsentOut]:
    with room.ground.db.read() as session:
        rows = session.execute(
            select(Consent, Client)
            .join(Client, Client.client_id == Consent.client_id)
            .where(Consent.person_id == person(principal))
            .order_by(Consent.granted_at.desc())
        ).all()
    return [
        ConsentOut(
            client_id=client.client_id,
            name_zh=client.name_zh,
            name_en=client.name_en,
            scopes=consent.scopes,
            granted_at=consent.granted_at,
        )
        for consent, client in rows
    ]


def withdraw_consent(room: SsoRoom, principal: Principal, client_id: str) -> None:
    """PIPL 15: withdrawn as easily as given; the tokens it led to end now."""
    person_id = person(principal)
    with room.ground.db.begin() as session:
        statement = delete(Consent).where(Consent.person_id == person_id, Consent.client_id == client_id)
        if not session.execute(statement.returning(Consent.id)).all():
            raise no_such("授权", "consent")
        session.execute(
            update(AccessToken)
            .where(AccessToken.person_id == person_id, AccessToken.client_id == client_id)
            .where(AccessToken.revoked_at.is_(None))
            .values(revoked_at=room.ground.clock.now())
        )
        room.ground.audit.record(
            session, principal, action="sso.withdraw_consent", object=f"client:{client_id}", payload={}
        )


def _systems(session: Session, session_ids: list[UUID]) -> dict[UUID, list[str]]:
    rows = session.execute(
        select(AuthorisationCode.session_id, AuthorisationCode.client_id)
        .where(AuthorisationCode.session_id.in_(session_ids))
        .distinct()
        .order_by(AuthorisationCode.client_id)
    )
    used: dict[UUID, list[str]] = {}
    for session_id, client_id in rows:
        used.setdefault(session_id, []).append(client_id)
    return used
