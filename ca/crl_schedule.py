"""The publication timetable (列表发布计划): no next update ever passes, and a change waits minutes at most.

Run every few minutes by each worker. One CA that cannot sign keeps no other from publishing (BR 4.9.7, EN 319 411-1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from ca import crl
from ca.chain import authorities
from ca.crl_names import ListName, lists_of
from ca.crl_state import ListState, state
from ca.models import CaAuthority
from ca.revocation_metrics import observe_list
from ca.room import CaRoom
from foundation.errors import YinxinError

log = structlog.get_logger("ca")
OFFLINE_NOTICE = timedelta(days=30)
"""So long before its end the list of an offline root is called late: a ceremony must be called together in time."""


@dataclass(frozen=True, slots=True)
class ListAge:
    """One list as health pages and metrics show it."""

    name: ListName
    number: int | None
    entries: int
    this_update: datetime | None
    next_update: datetime | None
    dirty: bool
    late: bool
    """More than half of its life is over and it was not replaced, or it was never published."""
    expired: bool


def lists(room: CaRoom) -> Iterator[ListName]:
    """Every list of every CA; shards are counted in the database, where another process may have added some."""
    with room.ground.db.read() as session:
        counts = dict(session.execute(select(CaAuthority.slug, CaAuthority.shards)).all())
    for authority in authorities(room):
        yield from lists_of(authority, counts.get(authority.slug, 0))


def refresh(room: CaRoom) -> int:
    """Publish what is due; how many lists could not be."""
    failed = 0
    for name in lists(room):
        try:
            crl.fetch(room, name, scheduled=True)
        except YinxinError as error:  # told by log and metric; the next list may belong to a CA that can sign
            failed += 1
            log.error("ca.list_failed", list=name.scope, code=error.code)  # noqa: TRY400 - the code says it all
    for age in ages(room):
        observe_list(age.name.scope, age.this_update, age.next_update, room.ground.clock.now(), late=age.late)
        if age.late:
            log.error("ca.list_late", list=age.name.scope, next_update=str(age.next_update))
    return failed


def ages(room: CaRoom) -> list[ListAge]:
    now = room.ground.clock.now()
    return [_age(state(room, name), now, offline=room.authority(name.authority).offline) for name in lists(room)]


def _age(found: ListState, now: datetime, *, offline: bool = False) -> ListAge:
    newest = found.newest
    if newest is None:
        return ListAge(found.name, None, 0, None, None, dirty=True, late=True, expired=True)
    return ListAge(
        found.name,
        newest.number,
        newest.entries,
        newest.this_update,
        newest.next_update,
        dirty=found.dirty,
        late=newest.next_update - now < OFFLINE_NOTICE if offline else found.is_due(now),
        expired=newest.next_update <= now,
    )
