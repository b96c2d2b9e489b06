"""Browser sessions (会话): a random handle in a cookie, everything else in our database.

Flask's `session` is this session: rooms put small facts there (never personal data). Only the SHA-256 of the cookie is
stored. A visitor with nothing to remember costs no row: his CSRF seed is derived from the cookie, and a row begins
with the first stored value, always under a new handle. ASVS 5.0 V7; facts/security T6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Flask, Request, Response, current_app, g, has_request_context, request, session
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from foundation.errors import Unauthenticated, Unavailable
from foundation.settings import WebSettings
from foundation.text import Text
from foundation.web.models import WebSession
from foundation.web.session_state import CSRF, BrowserSession, Stored
from foundation.web.session_store import SessionStore, idle_before

log = structlog.get_logger("web.sessions")


def cookie_name(settings: WebSettings) -> str:
    """`__Host-` binds the cookie to this host and to https; plain http (the sample region) cannot use it."""
    return "__Host-yinxin" if settings.secure else "yinxin"


class DatabaseSessions(SessionInterface):
    """Flask's session interface over `web_session`."""

    def __init__(self, store: SessionStore) -> None:
        self.store = store
        self.cookie = cookie_name(store.settings)
        self._secure = store.settings.secure

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Reads nothing yet: programs and static files never touch the table."""
        del app
        handle = request.cookies.get(self.cookie, "") if "HTTP_COOKIE" in request.environ else ""
        if not (32 <= len(handle) <= 64 and handle.isascii()):
            handle = ""
        return BrowserSession(handle, self.store.load, self.store.fresh_handle)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        del app
        if not isinstance(session, BrowserSession) or not session.loaded or session.saved:
            return
        session.saved = True  # one try: the error page of a failed save must not fail the same way
        if not session.ended:
            self._keep(session)
        if session.ended:
            response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
        elif session.set_cookie:
            response.set_cookie(
                self.cookie, session.handle, path="/", secure=self._secure, httponly=True, samesite="Lax"
            )

    def _keep(self, state: BrowserSession) -> None:
        change = state.change()
        if state.stored is None:
            if change.put:
                # The seed the page was rendered with moves along; the handle never does, it may have been planted.
                data = {CSRF: state.seed()} | change.put
                handle = self.store.fresh_handle()
                with self.store.db.begin() as database:
                    stored = self.store.create(database, handle, subject=None, data=data, agent=browser())
                state.renew(stored, handle)
        elif change:
            if not self.store.write(state.stored, change):
                state.close()
        elif self.store.touch_due(state.stored):
            try:
                alive = self.store.touch(state.stored)
            except Unavailable:
                log.warning("session.touch_failed")  # reading a page must not fail because a time cannot be noted
            else:
                if not alive:
                    state.close()


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One session as its owner sees it on the security page."""

    id: UUID
    agent: str
    created_at: datetime
    authenticated_at: datetime | None
    seen_at: datetime


# --- this request's session ------------------------------------------------------------------------------------------


def current() -> Stored | None:
    """The stored session of this request, or None; `subject` tells who is logged in. Reads the table once."""
    if not has_request_context():
        return None
    state = _state()
    state.load()
    return state.stored


def start(subject: str, data: Mapping[str, Any] | None = None, *, within: Session | None = None) -> UUID:
    """Log `subject` (`person:<id>`) in under a new handle and CSRF seed; only `data` is in the new session.

    Returns the session's lasting id (OIDC `sid`). `within` puts the row into the caller's transaction, next to its
    audit row. The session before login is gone, and with it any handle someone planted (fixation).
    """
    state, store = _state(), _store()
    state.load()
    handle = store.fresh_handle()
    with _transaction(store, within) as database:
        if state.stored is not None:
            store.remove(database, state.stored.id)
        stored = store.create(database, handle, subject=subject, data=dict(data or {}), agent=browser())
    state.renew(stored, handle)
    _forget_request_facts()
    return stored.id


def rotate(*, proved: bool = False, within: Session | None = None) -> None:
    """A new handle for the same session: at every change of what it may do. `proved`: the person just re-identified."""
    state, store = _state(), _store()
    state.load()
    if state.stored is None:
        return
    handle = store.fresh_handle()
    with _transaction(store, within) as database:
        stored = store.rehandle(database, state.stored, handle, state.change(), proved=proved)
    if stored is None:
        state.close()
        raise Unauthenticated(
            "session.ended",
            Text("登录状态已结束，请重新登录。", "Your session has ended. Log in again."),
        )
    state.renew(stored, handle)
    _forget_request_facts()


def end(*, within: Session | None = None) -> None:
    """Log out: the row goes, the cookie goes."""
    state, store = _state(), _store()
    state.load()
    if state.stored is not None:
        with _transaction(store, within) as database:
            store.remove(database, state.stored.id)
    state.close()
    _forget_request_facts()


# --- anybody's sessions, inside the caller's transaction -------------------------------------------------------------


def sessions_of(database: Session, subject: str, now: datetime, settings: WebSettings) -> list[SessionInfo]:
    """Live sessions of a person, last used first."""
    rows = database.scalars(
        select(WebSession)
        .where(
            WebSession.subject == subject,
            WebSession.expires_at > now,
            WebSession.seen_at > idle_before(settings, now),
        )
        .order_by(WebSession.seen_at.desc())
    )
    return [SessionInfo(r.id, r.agent, r.created_at, r.authenticated_at, r.seen_at) for r in rows]


def revoke(database: Session, session_id: UUID, *, subject: str | None = None) -> bool:
    """End one session at once; with `subject`, only if it is theirs. Says whether there was one."""
    statement = delete(WebSession).where(WebSession.id == session_id)
    if subject is not None:
        statement = statement.where(WebSession.subject == subject)
    return bool(database.scalars(statement.returning(WebSession.id)).all())


def revoke_all(database: Session, subject: str, *, keep: UUID | None = None) -> list[UUID]:
    """End every session of a person (log out everywhere, a factor changed); their ids, for back-channel logout."""
    statement = delete(WebSession).where(WebSession.subject == subject)
    if keep is not None:
        statement = statement.where(WebSession.id != keep)
    return list(database.scalars(statement.returning(WebSession.id)))


def purge(database: Session, now: datetime, settings: WebSettings) -> int:
    """Forget sessions that ended by themselves; a periodic job calls it."""
    ended = or_(WebSession.expires_at <= now, WebSession.seen_at <= idle_before(settings, now))
    return len(database.scalars(delete(WebSession).where(ended).returning(WebSession.id)).all())


def browser() -> str:
    """The browser's own name for itself, for the owner's list of sessions."""
    return "".join(c for c in request.headers.get("User-Agent", "") if c.isprintable())[:160]


def _state() -> BrowserSession:
    state = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug's way to unwrap
    if not isinstance(state, BrowserSession):
        raise TypeError("the app was not made by foundation.web.frame.make_app")
    return state


def _store() -> SessionStore:
    interface = current_app.session_interface
    if not isinstance(interface, DatabaseSessions):
        raise TypeError("the app was not made by foundation.web.frame.make_app")
    return interface.store


@contextmanager
def _transaction(store: SessionStore, within: Session | None) -> Iterator[Session]:
    if within is not None:
        yield within
        return
    with store.db.begin() as database:
        yield database


def _forget_request_facts() -> None:
    """Who calls and the CSRF token are remembered per request; both just changed."""
    g.pop("yinxin_principal", None)
    g.pop(CSRF, None)
