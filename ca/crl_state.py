"""How a list stands (列表状态): the newest one, whether it knows every change, whether half of its life is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from ca.crl_build import after, in_scope
from ca.crl_names import Kind, ListName
from ca.models import CaCrl, CaRevocation
from ca.revocation_models import CaRelease
from ca.room import CaRoom

PROMPT = 10_000
"""A list of up to so many entries is made anew for whoever asks once it is dirty: that takes milliseconds. A longer one
waits for the scheduler, so that no request pays for a million entries."""


@dataclass(frozen=True, slots=True)
class ListState:
    name: ListName
    newest: CaCrl | None
    """The newest published one."""
    dirty: bool

    def is_due(self, now: datetime) -> bool:
        """Nothing is there, or half of its life is over."""
        if self.newest is None:
            return True
        return now >= self.newest.this_update + (self.newest.next_update - self.newest.this_update) / 2

    def wants_work(self, now: datetime, *, scheduled: bool) -> bool:
        """Shards and deltas are replaced by the scheduler as soon as they are dirty, long full lists once a day."""
        if self.newest is None or self.is_due(now):
            return True
        prompt = self.newest.entries <= PROMPT or (scheduled and self.name.kind is not Kind.FULL)
        return self.dirty and prompt


def state(room: CaRoom, name: ListName) -> ListState:
    with room.ground.db.read() as session:
        newest = published(session, name)
        return ListState(name, newest, newest is None or is_dirty(session, name, newest.number))


def published(session: Session, name: ListName) -> CaCrl | None:
    query = select(CaCrl).where(CaCrl.scope == name.scope, CaCrl.sha256.is_not(None))
    return session.scalars(query.order_by(CaCrl.number.desc()).limit(1)).first()


def is_dirty(session: Session, name: ListName, number: int) -> bool:
    """Somebody was revoked, held or released since that list."""
    news = (exists().where(*in_scope(table, name), after(table, number)) for table in (CaRevocation, CaRelease))
    return bool(session.scalar(select(or_(*news))))


def base_of(session: Session, authority: str, now: datetime) -> int | None:
    """The oldest full list still in force: with it as base a delta serves whoever holds that one or a newer one."""
    return session.scalar(
        select(func.min(CaCrl.number)).where(
            CaCrl.scope == authority, CaCrl.sha256.is_not(None), CaCrl.next_update > now
        )
    )
