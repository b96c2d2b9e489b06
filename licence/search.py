"""Finding licences (证照检索): a department among its own, newest first, page by page.

Personal search terms go through blind indexes and leave an audit row: who looked somebody up is always on record
(facts/security T29).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from foundation.principal import Principal
from licence import register
from licence.life import State, having, today
from licence.models import LicenceRow
from licence.register import Licence
from licence.room import LicenceRoom

MOST = 100


@dataclass(frozen=True, slots=True)
class Query:
    type_slug: str | None = None
    state: State | None = None
    identifier: str | None = None
    holder_code: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    ends_by: date | None = None
    """Standing licences whose last day comes no later: what to remind holders of."""
    after: UUID | None = None
    limit: int = 50

    @property
    def personal(self) -> bool:
        return bool(self.holder_code or self.number)


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Licence, ...]
    next: UUID | None
    """Give it as `after` for the page that follows; None at the end."""


def search(room: LicenceRoom, principal: Principal, query: Query) -> Page:
    """Licences the caller may see, narrowed by `query`."""
    limit = max(1, min(query.limit, MOST))
    statement = (
        select(LicenceRow)
        .where(register.scope(room, principal), *_conditions(room, query))
        .order_by(LicenceRow.id.desc())
        .limit(limit + 1)
    )
    with room.ground.db.read() as session:
        rows = list(session.scalars(statement))
        page = Page(
            tuple(register.view(room, row) for row in rows[:limit]), rows[limit - 1].id if rows[limit:] else None
        )
    if query.personal:
        _record(room, principal, query, len(page.items))
    return page


def _conditions(room: LicenceRoom, query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.type_slug:
        found.append(LicenceRow.type_slug == query.type_slug)
    if query.state:
        found.append(having(query.state, today(room.ground.clock)))
    if query.identifier:
        found.append(LicenceRow.identifier == query.identifier)
    if query.holder_code:
        found.append(LicenceRow.holder_index == register.holder_blind(room, query.holder_code))
    if query.number:
        found.append(LicenceRow.number_index == room.ground.cipher.blind("licence", "number", query.number))
    if query.ends_by:
        found += [having(State.VALID, today(room.ground.clock)), LicenceRow.valid_to <= query.ends_by]
    if query.after:
        found.append(LicenceRow.id < query.after)
    return found


def _record(room: LicenceRoom, principal: Principal, query: Query, found: int) -> None:
    who = register.holder_blind(room, query.holder_code) if query.holder_code else None
    with room.ground.db.begin() as session:
        room.ground.audit.record(
            session,
            principal,
            action="licence.look_up",
            object=f"licence-holder:{who}" if who else "licence-number",
            payload={"by_holder": bool(query.holder_code), "by_number": bool(query.number), "found": found},
        )
