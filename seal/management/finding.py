"""Looking up seal files and their history (查询印章档案), for the routes and the pages.

Names of persons are opened only for those who handle the seal; an auditor sees that, when and by whom, not the names.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.masking import mask_name
from foundation.principal import Principal
from seal.drawing.design import Design
from seal.kinds import SealKind
from seal.management import access, destroying, machine
from seal.management.apply import Custody, opened
from seal.management.destroying import SealKey
from seal.management.models import SealFile, SealStep
from seal.management.reasons import Reason
from seal.management.states import PERMISSIONS, Public, State, Step, Who, steps_from
from seal.models import SealRow
from seal.room import SealRoom

MOST = 200


@dataclass(frozen=True, slots=True)
class FileView:
    """One seal file as its reader may see it."""

    id: UUID
    code: str | None
    state: State
    kind: SealKind
    department: str
    department_name: str
    ring_text: str
    """Masked where it is a person's name and the reader does not handle the seal."""
    line_text: str | None
    diameter: float
    picture_kind: str | None
    custody: Custody
    custodian: str | None
    version: int
    replaces: UUID | None
    seal_id: UUID | None
    """Of the seal itself, once it is recorded for making."""
    filing_number: str | None
    filed_at: datetime | None
    public: Public | None
    created_at: datetime
    changed_at: datetime
    steps: tuple[Step, ...]
    """What the reader may do with it now."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of history."""

    number: int
    step: str
    source: State | None
    target: State
    role: Who
    actor: str
    reason: Reason
    words: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[FileView, ...]
    next: UUID | None
    """Ask again with `after` for the following page."""


def files(
    room: SealRoom,
    principal: Principal,
    *,
    states: Collection[State] = (),
    waiting: bool = False,
    after: UUID | None = None,
    limit: int = 50,
    kind: SealKind | None = None,
    code: str | None = None,
) -> Page:
    """What the caller may see, newest first; `waiting`: only what waits for a step of his. `code`: how it begins."""
    limit = max(1, min(limit, MOST))
    query = select(SealFile).where(access.scope(principal)).order_by(SealFile.id.desc())
    if states:
        query = query.where(SealFile.state.in_([state.value for state in states]))
    if waiting:
        query = query.where(SealFile.state.in_(_waiting_for(principal)))
    if kind is not None:
        query = query.where(SealFile.kind == kind)
    if code:
        query = query.where(SealFile.code.startswith(code, autoescape=True))
    if after is not None:
        query = query.where(SealFile.id < after)
    with room.ground.db.read() as session:
        rows = list(session.scalars(query.limit(limit + 1)))
        views = [_view(room, session, row, principal) for row in rows[:limit]]
    if waiting:
        views = [one for one in views if set(one.steps) & _ONWARD]
    return Page(tuple(views), rows[limit - 1].id if len(rows) > limit else None)


def file(room: SealRoom, principal: Principal, file_id: UUID) -> FileView:
    with room.ground.db.read() as session:
        return _view(room, session, access.load(session, principal, file_id), principal)


def history(room: SealRoom, principal: Principal, file_id: UUID) -> tuple[StepView, ...]:
    """Every step of one seal, oldest first."""
    with room.ground.db.read() as session:
        row = access.load(session, principal, file_id)
        steps = session.scalars(select(SealStep).where(SealStep.file_id == file_id).order_by(SealStep.number)).all()
    shown = access.sees_names(principal, row)
    return tuple(_step(room, one, shown=shown) for one in steps)


def keys(room: SealRoom, principal: Principal, file_id: UUID) -> tuple[SealKey, ...]:
    """The seal's keys and how far their destruction is."""
    with room.ground.db.read() as session:
        row = access.load(session, principal, file_id)
    return tuple(destroying.seal_keys(room, row))


_ONWARD = frozenset({Step.APPROVE, Step.BEGIN, Step.MAKE, Step.FILE, Step.ISSUE, Step.ACCEPT, Step.DESTROY})


def _waiting_for(principal: Principal) -> list[str]:
    """States from which somebody with the caller's permissions takes the file onward."""
    held = {who for who, permission in PERMISSIONS.items() if principal.may(permission)}
    return [state.value for state in State if any(row.step in _ONWARD and row.who & held for row in steps_from(state))]


def _view(room: SealRoom, session: Session, row: SealFile, principal: Principal) -> FileView:
    shown = access.sees_names(principal, row)
    design = opened(room, row, "design")
    picture = None if design is None else Design.of(design)
    kind = SealKind(row.kind)
    text = row.ring_text or (picture.text if picture is not None else "")
    return FileView(
        id=row.id,
        code=row.code,
        state=State(row.state),
        kind=kind,
        department=row.department,
        department_name=row.department_name,
        ring_text=mask_name(text) if kind.personal and not shown else text,
        line_text=row.line_text,
        diameter=row.diameter,
        picture_kind=None if picture is None else picture.kind,
        custody=Custody(row.custody),
        custodian=opened(room, row, "custodian") if shown else None,
        version=row.version,
        replaces=row.replaces,
        seal_id=None if row.code is None else session.scalar(select(SealRow.id).where(SealRow.code == row.code)),
        filing_number=row.filing_number,
        filed_at=row.filed_at,
        public=machine.public_state(row),
        created_at=row.created_at,
        changed_at=row.changed_at,
        steps=access.possible(session, row, principal),
    )


def _step(room: SealRoom, row: SealStep, *, shown: bool) -> StepView:
    words = row.words if shown else None
    return StepView(
        row.number,
        row.step,
        None if row.source is None else State(row.source),
        State(row.target),
        Who(row.role),
        row.actor,
        Reason(row.reason),
        None if words is None else room.ground.cipher.decrypt("seal_step", "words", row.id, words),
        row.at,
    )
