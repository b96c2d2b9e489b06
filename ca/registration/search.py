"""Finding applications and certificates (申请与证书查询): queues for reviewers, one's own for everybody else.

Names are masked in lists; what an application says in clear is shown one at a time, to its own side and to reviewers,
and every such look is on record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ca.reading.crl import Reason
from ca.registration import access, content, machine
from ca.registration.content import Content, blind_name
from ca.registration.errors import RegistrationUnknown
from ca.registration.models import CaRegistration, CaRegistrationApproval, CaRegistrationStep
from ca.registration.policy import Channel, Delivery
from ca.registration.room import RegistrationRoom
from ca.registration.states import Kind, State, Step, steps_from
from foundation.errors import Damaged, YinxinError
from foundation.masking import mask_name
from foundation.principal import Principal

log = structlog.get_logger("ca.registration")
MOST = 100


class Queue(StrEnum):
    REVIEW = "review"
    """Waiting for a first look."""
    APPROVE = "approve"
    """Waiting for the second person."""


@dataclass(frozen=True, slots=True)
class Query:
    state: State | None = None
    kind: Kind | None = None
    profile: str | None = None
    queue: Queue | None = None
    mine: bool = False
    """Only what the caller filed or holds, also for those who see all."""
    bulk: UUID | None = None
    certificate: UUID | None = None
    name: str | None = field(default=None, repr=False)
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One application as lists show it."""

    id: UUID
    kind: Kind
    state: State
    channel: Channel
    profile: str
    suite: str
    delivery: Delivery
    name: str
    """Masked when it names a person."""
    owner: str | None
    filer: str
    needed: int
    agreed: int
    reason: Reason | None
    certificate_id: UUID | None
    issued_id: UUID | None
    bulk_id: UUID | None
    line: int | None
    created_at: datetime
    submitted_at: datetime | None
    changed_at: datetime
    ends_at: datetime
    due_at: datetime | None
    damaged: bool
    """What it said fails its integrity check: shown without a name, and for the auditors."""


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Entry, ...]
    next: UUID | None


@dataclass(frozen=True, slots=True)
class Happened:
    step: str
    source: str | None
    target: str
    actor: str
    at: datetime
    reason: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Whole:
    """One application with its history and what the caller may do next."""

    entry: Entry
    history: tuple[Happened, ...]
    may: tuple[Step, ...]
    clear: bool
    """Whether the caller may read it in clear."""


@dataclass(frozen=True, slots=True, repr=False)
class Clear:
    content: Content
    digest: str
    """To be named in the decision: it stands for exactly what is shown."""


def search(room: RegistrationRoom, principal: Principal, query: Query) -> Page:
    own, limit = access.own_index(room, principal), max(1, min(query.limit, MOST))
    narrowed = [access.mine(principal, own) if query.mine else access.scope(principal, own), *_conditions(room, query)]
    statement = select(CaRegistration).where(*narrowed).order_by(CaRegistration.id.desc()).limit(limit + 1)
    with room.ground.db.read() as session:
        rows = list(session.scalars(statement))
        counts = _counts(session, [row.id for row in rows])
    items = tuple(entry(room, row, counts.get((row.id, row.round), 0)) for row in rows[:limit])
    if query.name is not None:
        _on_record(room, principal, f"name:{blind_name(room.ground, query.name)}", {"found": len(items)})
    return Page(items, rows[limit - 1].id if rows[limit:] else None)


def _conditions(room: RegistrationRoom, query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.queue is not None:
        found.append(CaRegistration.state == (State.SUBMITTED if query.queue is Queue.REVIEW else State.REVIEWED))
    for column, value in (
        (CaRegistration.state, query.state),
        (CaRegistration.kind, query.kind),
        (CaRegistration.profile, query.profile),
        (CaRegistration.bulk_id, query.bulk),
        (CaRegistration.certificate_id, query.certificate),
    ):
        if value is not None:
            found.append(column == value)
    if query.name is not None:
        found.append(CaRegistration.name_index == blind_name(room.ground, query.name))
    if query.after is not None:
        found.append(CaRegistration.id < query.after)
    return found


def _counts(session: Session, identifiers: list[UUID]) -> dict[tuple[UUID, int], int]:
    one = CaRegistrationApproval
    query = select(one.registration_id, one.round, func.count()).where(one.registration_id.in_(identifiers))
    return {(row[0], row[1]): row[2] for row in session.execute(query.group_by(one.registration_id, one.round))}


def find(room: RegistrationRoom, principal: Principal, registration_id: UUID) -> Whole:
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.read() as session:
        row = access.load(session, principal, own, registration_id)
        agreed = len(machine.agreed(session, row))
        clear = access.reviews(principal) or access.asks(row, principal, own)
        steps = session.scalars(
            select(CaRegistrationStep)
            .where(CaRegistrationStep.registration_id == row.id)
            .order_by(CaRegistrationStep.number)
        ).all()
        history = tuple(_happened(room, one, clear=clear) for one in steps)
        may = _may(session, row, principal, own)
    return Whole(entry(room, row, agreed), history, may, clear)


def _happened(room: RegistrationRoom, one: CaRegistrationStep, *, clear: bool) -> Happened:
    reason = None
    if one.reason is not None and clear:
        reason = room.ground.cipher.decrypt("ca_registration_step", "reason", one.id, one.reason)
    return Happened(one.step, one.source, one.target, one.actor, one.at, reason)


def _may(session: Session, row: CaRegistration, principal: Principal, own: str | None) -> tuple[Step, ...]:
    """The steps this caller may take now; pages show no others."""
    found = []
    for way in steps_from(State(row.state), Kind(row.kind), row.needed):
        try:
            access.check(session, row, principal, own, way)
        except YinxinError:
            continue
        found.append(way.step)
    return tuple(found)


def read(room: RegistrationRoom, principal: Principal, registration_id: UUID) -> Clear:
    """What it says, in clear. The look is on record before anything is shown."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id)
        if not (access.reviews(principal) or access.asks(row, principal, own)):
            raise RegistrationUnknown
        digest = content.digest(ground, row, content.attached(session, row))
        ground.audit.record(
            session, principal, action="ca.registration.look", object=f"registration:{row.id}", payload={}
        )
    return Clear(content.opened(ground, row), digest)


def entry(room: RegistrationRoom, row: CaRegistration, agreed: int) -> Entry:
    name = _name(room, row)
    profile = room.ca.find_profile(row.profile)
    return Entry(
        id=row.id,
        kind=Kind(row.kind),
        state=State(row.state),
        channel=Channel(row.channel),
        profile=row.profile,
        suite=row.suite,
        delivery=Delivery(row.delivery),
        name="" if name is None else name if profile is not None and not profile.personal else mask_name(name),
        owner=row.owner,
        filer=row.filer,
        needed=row.needed,
        agreed=agreed,
        reason=Reason(row.reason) if row.reason is not None else None,
        certificate_id=row.certificate_id,
        issued_id=row.issued_id,
        bulk_id=row.bulk_id,
        line=row.line,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        changed_at=row.changed_at,
        ends_at=row.ends_at,
        due_at=row.due_at,
        damaged=name is None,
    )


def _name(room: RegistrationRoom, row: CaRegistration) -> str | None:
    """None for a row somebody altered: one such row must not hide all the others from those who should see it."""
    try:
        return content.opened(room.ground, row).subject.common_name
    except Damaged as error:
        log.warning("registration.damaged", registration=str(row.id), code=error.code)
        return None


def _on_record(room: RegistrationRoom, principal: Principal, what: str, payload: dict[str, int]) -> None:
    with room.ground.db.begin() as session:
        room.ground.audit.record(session, principal, action="ca.registration.search", object=what, payload=payload)
