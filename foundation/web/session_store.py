"""The rows behind browser sessions (会话存储)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.settings import WebSettings
from foundation.web.models import WebSession
from foundation.web.session_state import CSRF, Change, Stored, encode


def token_hash(handle: str) -> str:
    return hashlib.sha256(handle.encode()).hexdigest()


def idle_before(settings: WebSettings, now: datetime) -> datetime:
    """Sessions last seen at or before this moment have ended."""
    return now - timedelta(minutes=settings.session_idle_minutes)


class SessionStore:
    def __init__(self, settings: WebSettings, db: Database, clock: Clock, ids: Ids) -> None:
        self.settings = settings
        self.db = db
        self._clock = clock
        self._ids = ids
        self._touch_after = timedelta(seconds=min(60.0, settings.session_idle_minutes * 6.0))

    def fresh_handle(self) -> str:
        """256 bits, base64url."""
        return self._ids.token(32)

    def load(self, handle: str) -> Stored | None:
        """The live session of a cookie; an ended one is no session."""
        now = self._clock.now()
        with self.db.read() as session:
            row = session.scalar(select(WebSession).where(WebSession.token_hash == token_hash(handle)))
        if row is None or row.expires_at <= now or row.seen_at <= idle_before(self.settings, now):
            return None
        return _stored(row)

    def create(self, session: Session, handle: str, *, subject: str | None, data: dict[str, Any], agent: str) -> Stored:
        now = self._clock.now()
        row = WebSession(
            id=self._ids.uuid7(),
            token_hash=token_hash(handle),
            subject=subject,
            data=encode({CSRF: self._ids.token(32)} | data),
            agent=agent[:160],
            created_at=now,
            authenticated_at=now if subject else None,
            seen_at=now,
            expires_at=now + timedelta(hours=self.settings.session_hours),
        )
        session.add(row)
        session.flush()
        return _stored(row)

    def rehandle(self, session: Session, stored: Stored, handle: str, change: Change, *, proved: bool) -> Stored | None:
        """The same session under a new handle and CSRF seed; None when it was revoked meanwhile."""
        row = session.scalar(select(WebSession).where(WebSession.id == stored.id).with_for_update())
        if row is None:
            return None
        row.token_hash = token_hash(handle)
        row.data = Change({CSRF: self._ids.token(32)}, frozenset()).onto(change.onto(row.data))
        row.seen_at = self._clock.now()
        if proved:
            row.authenticated_at = row.seen_at
        session.flush()
        return _stored(row)

    def write(self, stored: Stored, change: Change) -> bool:
        """Merge a change; False when the session was revoked meanwhile."""
        with self.db.begin() as session:
            row = session.scalar(select(WebSession).where(WebSession.id == stored.id).with_for_update())
            if row is None:
                return False
            row.data = change.onto(row.data)
            row.seen_at = self._clock.now()
        return True

    def touch_due(self, stored: Stored) -> bool:
        """Not at every request: one write a minute keeps the idle limit honest enough."""
        return self._clock.now() - stored.seen_at >= self._touch_after

    def touch(self, stored: Stored) -> bool:
        with self.db.begin() as session:
            statement = update(WebSession).where(WebSession.id == stored.id).values(seen_at=self._clock.now())
            return bool(session.execute(statement.returning(WebSession.id)).all())

    def remove(self, session: Session, session_id: UUID) -> None:
        session.execute(delete(WebSession).where(WebSession.id == session_id))


def _stored(row: WebSession) -> Stored:
    return Stored(
        id=row.id,
        subject=row.subject,
        data=row.data,
        agent=row.agent,
        created_at=row.created_at,
        authenticated_at=row.authenticated_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
