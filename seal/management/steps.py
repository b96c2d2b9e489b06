"""The steps people take (办理动作): approve, refuse, file, issue, accept, suspend, resume, revoke. One verb, one table.

A step that ends a seal ends its certificates too: after the state, for the state is what stamping obeys, and again at
recovery until it is done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Conflict, InvalidInput
from foundation.failpoints import reach
from foundation.principal import Principal
from foundation.text import Text
from seal.management import access, counters, ending, machine
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step, Transition, Who
from seal.room import SealRoom
from seal.status_service import publishing

TAKEN_BY_PEOPLE = frozenset(
    {
        Step.WITHDRAW,
        Step.APPROVE,
        Step.REFUSE,
        Step.FILE,
        Step.ISSUE,
        Step.ACCEPT,
        Step.SUSPEND,
        Step.RESUME,
        Step.REVOKE,
    }
)
"""`making.make` and `destroying.destroy` take the others."""
_FILING = re.compile(r"[0-9A-Za-z\u4e00-\u9fff〔〕\[\]()（）_-]{4,40}")


@dataclass(frozen=True, slots=True)
class Given:
    """What goes with a step: why, and for filing its number (备案号; one of ours when the caller has none)."""

    reason: Reason | None = None
    words: str | None = None
    filing_number: str | None = None


_NOTHING = Given()


def take(room: SealRoom, principal: Principal, file_id: UUID, step: Step, given: Given = _NOTHING) -> State:
    """Take `step`; returns the new state. Of two at once one wins, the other hears `NotNow`."""
    if step not in TAKEN_BY_PEOPLE:
        raise InvalidInput(
            "seal.step", Text("该步骤不能直接办理。", "This step is not one to be taken by itself; see the manual.")
        )
    ground = room.ground
    with ground.db.read() as session:
        department = access.load(session, principal, file_id).department
    counters.prepare_for(ground.db, department)
    try:
        with ground.db.begin() as session:
            row = access.load(session, principal, file_id, lock=True)
            taken = access.way(row, step)
            who = access.check(session, row, principal, taken)
            reason = machine.reasoned(taken, given.reason, given.words)
            _before(room, session, row, taken, given)
            machine.move(ground, session, row, principal, taken, who, reason, given.words)
            if taken.target is State.IN_USE and taken.step is Step.ACCEPT:
                _replace(room, session, row)
    except IntegrityError as error:
        raise Conflict(
            "seal.filing_number",
            Text("备案号已用于另一枚印章。", "This filing number belongs to another seal."),
        ) from error
    reach("seal.management.moved")
    ending.end(room, file_id)
    if row.replaces is not None and row.state == State.IN_USE:
        ending.end(room, row.replaces)
    publishing.refresh(room)
    return State(row.state)


def _before(room: SealRoom, session: Session, row: SealFile, taken: Transition, given: Given) -> None:
    if taken.step is Step.APPROVE and row.code is None:
        row.code = counters.take_code(session, row.department)
    if taken.step is Step.FILE:
        row.filing_number = _filing(session, row, given.filing_number)
        row.filed_at = room.ground.clock.now().replace(microsecond=0)
    if taken.step in (Step.FILE, Step.ISSUE, Step.ACCEPT):
        machine.check_approved(room.ground, row)


def _filing(session: Session, row: SealFile, wanted: str | None) -> str:
    number = wanted.strip() if wanted is not None else f"YZBA-{row.code}"
    if not _FILING.fullmatch(number):
        raise InvalidInput(
            "seal.filing_number_form",
            Text("备案号须为 4 至 40 个汉字、字母或数字。", "A filing number takes 4 to 40 letters, figures or hanzi."),
        )
    if session.scalars(select(SealFile.id).where(SealFile.filing_number == number)).first() is not None:
        raise Conflict(
            "seal.filing_number",
            Text("备案号已用于另一枚印章。", "This filing number belongs to another seal."),
        )
    return number


def _replace(room: SealRoom, session: Session, new: SealFile) -> None:
    """The changed seal is in use: in the same transaction the old one no longer is. One gone meanwhile stays gone."""
    if new.replaces is None:
        return
    old = machine.locked(session, new.replaces)
    if old.state in (State.IN_USE, State.SUSPENDED):
        taken = access.way(old, Step.REPLACE)
        machine.move(room.ground, session, old, machine.MANAGER, taken, Who.SYSTEM, Reason.SUPERSEDED)
