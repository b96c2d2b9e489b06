"""Ending things at once (撤销): a session with the tokens it led to, or everything a person has open."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.principal import Principal
from foundation.web import sessions
from sso.protocol_models import AccessToken


def end_session(ground: Ground, session: Session, principal: Principal, session_id: UUID) -> None:
    """The session's row, and every access token departments got through it."""
    sessions.revoke(session, session_id)
    session.execute(
        update(AccessToken)
        .where(AccessToken.session_id == session_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=ground.clock.now())
        .execution_options(synchronize_session=False)
    )
    ground.audit.record(session, principal, action="sso.logout", object=f"session:{session_id}", payload={})


def end_everything(ground: Ground, session: Session, person_id: UUID, subject: str) -> None:
    """All sessions and tokens of a person: a factor changed, a role ended, the account was stopped (T6)."""
    sessions.revoke_all(session, subject)
    session.execute(
        update(AccessToken)
        .where(AccessToken.person_id == person_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=ground.clock.now())
        .execution_options(synchronize_session=False)
    )
