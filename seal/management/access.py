"""Who may see and do what with a seal's file (印章管理权限), in one place.

Somebody else's file is not found. Applicant, approver, maker and registrar are different people, compared as persons
and not as accounts, so a second role opens no second door (国办发〔2025〕33号; facts: security §3, T22).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from foundation.errors import YinxinError
from foundation.principal import Kind, Permission, Principal
from seal.management.errors import FileUnknown, NotNow, OwnApplication, PersonsOnly
from seal.management.models import SealFile, SealStep
from seal.management.states import PERMISSIONS, STEP_WORDS, WORDS, State, Step, Transition, Who, steps_from, transition

READERS = (
    Permission.SEAL_READ,
    Permission.SEAL_APPLY,
    Permission.SEAL_APPROVE,
    Permission.SEAL_MAKE,
    Permission.SEAL_FILE,
    Permission.AUDIT_READ,
)
_REGION = frozenset({Permission.SEAL_APPROVE, Permission.SEAL_MAKE, Permission.SEAL_FILE})
_APART: dict[Step, frozenset[Step]] = {
    # who did one of the right must not do the left
    Step.APPROVE: frozenset(),
    Step.REFUSE: frozenset(),
    Step.RESUME: frozenset({Step.SUSPEND}),
    Step.BEGIN: frozenset({Step.APPROVE}),
    Step.FILE: frozenset({Step.BEGIN, Step.MAKE}),
    Step.ISSUE: frozenset({Step.BEGIN, Step.MAKE}),
    Step.ACCEPT: frozenset({Step.ISSUE}),
}
_NOT_THE_APPLICANT = frozenset({Step.APPROVE, Step.REFUSE, Step.BEGIN, Step.FILE, Step.ISSUE})
_BY_PERSONS = frozenset({Step.APPROVE, Step.REFUSE, Step.RESUME})


def serves_region(principal: Principal) -> bool:
    """Approves, makes or files the seals of the region's departments, and so sees them all."""
    return principal.kind is Kind.SYSTEM or any(principal.may(one) for one in _REGION)


def sees_names(principal: Principal, row: SealFile) -> bool:
    """May read names of persons in it: those who handle it. An auditor sees that it happened, not to whom."""
    return serves_region(principal) or (
        principal.department == row.department
        and (principal.may(Permission.SEAL_APPLY) or principal.may(Permission.SEAL_READ))
    )


def scope(principal: Principal) -> ColumnElement[bool]:
    """What the caller may see, as a condition of the query."""
    if serves_region(principal) or principal.may(Permission.AUDIT_READ):
        return true()
    reads = principal.may(Permission.SEAL_APPLY) or principal.may(Permission.SEAL_READ)
    if not reads or principal.department is None:
        return false()
    return SealFile.department == principal.department


def load(session: Session, principal: Principal, file_id: UUID, *, lock: bool = False) -> SealFile:
    query = select(SealFile).where(SealFile.id == file_id, scope(principal))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise FileUnknown
    return row


def way(row: SealFile, step: Step) -> Transition:
    found = transition(State(row.state), step)
    if found is None:
        raise NotNow(STEP_WORDS[step], WORDS[State(row.state)])
    return found


def check(session: Session, row: SealFile, principal: Principal, taken: Transition) -> Who:
    """As whom the caller may go this way; raises what keeps him from it."""
    wanted = [who for who in Who if who in taken.who and who is not Who.SYSTEM]
    held = [who for who in wanted if principal.may(PERMISSIONS[who]) and _here(principal, row, who)]
    if not held:
        principal.require(PERMISSIONS[wanted[0]])
        raise FileUnknown  # the permission is there, but for another department's seals
    if taken.step in _BY_PERSONS and not (principal.kind is Kind.SYSTEM or _is_person(principal)):
        raise PersonsOnly
    if not is_apart(session, row, principal, taken.step):
        raise OwnApplication
    return held[-1] if Who.KEEPER in held and principal.department != row.department else held[0]


def possible(session: Session, row: SealFile, principal: Principal) -> tuple[Step, ...]:
    """The steps the caller could take now; what a page offers."""
    found: list[Step] = []
    for taken in steps_from(State(row.state)):
        if taken.who == frozenset({Who.SYSTEM}):
            continue
        try:
            check(session, row, principal, taken)
        except YinxinError:
            continue
        found.append(taken.step)
    return tuple(found)


def is_apart(session: Session, row: SealFile, principal: Principal, step: Step) -> bool:
    """The caller did nothing for this seal that keeps him from this step."""
    apart = [*(one.value for one in _APART.get(step, frozenset()))]
    if step in _NOT_THE_APPLICANT:
        apart.append(APPLY)
    if not apart:
        return True
    query = select(SealStep.actor, SealStep.person).where(SealStep.file_id == row.id, SealStep.step.in_(apart))
    return not any(
        actor == principal.label or (person is not None and person == principal.person_id)
        for actor, person in session.execute(query)
    )


APPLY, ADOPT = "apply", "adopt"
"""How a file begins; in the history only, for nothing comes before it."""


def _here(principal: Principal, row: SealFile, who: Who) -> bool:
    return who is not Who.KEEPER or principal.kind is Kind.SYSTEM or principal.department == row.department


def _is_person(principal: Principal) -> bool:
    return principal.kind is Kind.OFFICIAL and principal.person_id is not None
