"""Moving a seal's file (状态迁移): the one place that writes a state, each time with history, audit and public state.

What was approved is bound by a keyed digest, so a file edited in the database to `approved` is not approved; the
signer reads the same before the maker's key signs.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.principal import Kind, Permission, Principal
from hsm.digests import same
from seal.management import counters
from seal.management.errors import NotApproved, NotNow, ReasonNeeded
from seal.management.models import SealFile, SealStep
from seal.management.reasons import Reason
from seal.management.states import OVER, PUBLIC, STEP_WORDS, WORDS, Public, State, Transition, Who
from seal.models import SealRow, SealState

MANAGER = Principal(Kind.SYSTEM, "system:seal-management", permissions=frozenset(Permission))
"""Carries out what people decided; who decided stands in the history."""
MOST_WORDS = 500
_ROW_STATES = {
    State.MADE: SealState.MADE,
    State.FILED: SealState.MADE,
    State.ISSUED: SealState.MADE,
    State.IN_USE: SealState.IN_USE,
    State.SUSPENDED: SealState.SUSPENDED,
    State.REVOKED: SealState.REVOKED,
    State.SUPERSEDED: SealState.REVOKED,
    State.DESTROYED: SealState.DESTROYED,
}
"""What the seal itself is allowed to, where that follows from the file: stamping and the signer read it there."""


def reasoned(taken: Transition, reason: Reason | None, words: str | None) -> Reason:
    """The reason to record, or `ReasonNeeded`: a step with several must name one, some need words as well."""
    if reason is None and len(taken.reasons) == 1:
        reason = next(iter(taken.reasons))
    said = (words or "").strip()
    if reason not in taken.reasons or (taken.worded and not said) or len(said) > MOST_WORDS:
        raise ReasonNeeded(STEP_WORDS[taken.step], sorted(taken.reasons), worded=taken.worded)
    return reason


def move(
    ground: Ground,
    session: Session,
    row: SealFile,
    actor: Principal,
    taken: Transition,
    who: Who,
    reason: Reason,
    words: str | None = None,
) -> None:
    """Go `taken`, which the caller has found and checked, in this transaction. The row must be locked."""
    if row.state != taken.source:
        raise NotNow(STEP_WORDS[taken.step], WORDS[State(row.state)])
    row.state = taken.target
    if taken.target is State.APPROVED:
        row.approver, row.approval_mac = actor.label, approval(ground, row, actor.label)
    note(ground, session, row, actor, taken.step, taken.source, who, reason, words)
    _carry_over(session, row, row.changed_at)


def note(  # noqa: PLR0917 - one line of history has that many columns
    ground: Ground,
    session: Session,
    row: SealFile,
    actor: Principal,
    step: str,
    source: State | None,
    who: Who,
    reason: Reason,
    words: str | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """One line of history, the public state, and one audit row without anything a person wrote."""
    now = (at or ground.clock.now()).replace(microsecond=0)
    identifier = ground.ids.uuid7()
    said = (words or "").strip()
    row.moves += 1
    row.changed_at = now
    session.add(
        SealStep(
            id=identifier,
            file_id=row.id,
            number=row.moves,
            step=step,
            source=source,
            target=row.state,
            role=who,
            actor=actor.label,
            person=actor.person_id,
            reason=reason,
            words=ground.cipher.encrypt("seal_step", "words", identifier, said) if said else None,
            at=now,
        )
    )
    _publish(session, row, reason, now)
    ground.audit.record(
        session,
        actor,
        action=f"seal.manage.{step}",
        object=f"seal-file:{row.id}",
        payload={"code": row.code, "from": source, "to": row.state, "role": who, "reason": reason},
    )


def _publish(session: Session, row: SealFile, reason: Reason, now: datetime) -> None:
    """Add the public state, if this is another one; the next list must know it."""
    public = PUBLIC[State(row.state)]
    known = json.loads(row.public)
    if public is None or (known and known[-1]["state"] == public):
        return
    known.append({"state": public, "since": moment(now), "reason": reason})
    row.public = json.dumps(known, separators=(",", ":"))
    counters.advance(session, counters.STATUS)


def _carry_over(session: Session, row: SealFile, now: datetime) -> None:
    state = _ROW_STATES.get(State(row.state))
    if state is None or row.code is None:
        return
    made = session.scalars(select(SealRow).where(SealRow.code == row.code).with_for_update()).one_or_none()
    if made is not None and made.state != state:
        made.state, made.changed_at = state, now


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_over(row: SealFile) -> bool:
    return State(row.state) in OVER


def public_state(row: SealFile) -> Public | None:
    known = json.loads(row.public)
    return Public(known[-1]["state"]) if known else None


# --- what was approved -----------------------------------------------------------------------------------------------


def approval(ground: Ground, row: SealFile, approver: str) -> bytes:
    """Keyed digest of everything the approver agreed to."""
    terms = {
        "id": str(row.id),
        "code": row.code,
        "kind": row.kind,
        "department": row.department,
        "department_name": row.department_name,
        "ring": row.ring_text,
        "line": row.line_text,
        "diameter": row.diameter,
        "design": row.design,
        "custody": row.custody,
        "custodian": row.custodian,
        "version": row.version,
        "replaces": str(row.replaces) if row.replaces else None,
        "approver": approver,
    }
    return ground.mac.mac("seal.approval", json.dumps(terms, sort_keys=True, ensure_ascii=False).encode())


def check_approved(ground: Ground, row: SealFile) -> None:
    """The file is what was approved, and somebody else than its applicant did; raises `NotApproved`."""
    if row.approver is None or row.approval_mac is None:
        raise NotApproved
    if not same(row.approval_mac, approval(ground, row, row.approver)):
        raise NotApproved


def locked(session: Session, file_id: UUID) -> SealFile:
    return session.scalars(select(SealFile).where(SealFile.id == file_id).with_for_update()).one()
