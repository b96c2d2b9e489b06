"""Who may see and do what with an application (访问控制), in one place.

Somebody else's application is not found, like one that never was (T26). Decisions are made by persons, never by the
one who asked, changed it, or is the holder: also not by way of a second role (facts: pki 1.1, self-approval).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from ca.registration.content import blind_number
from ca.registration.errors import AskersOnly, OwnRequest, PersonsOnly, RegistrationUnknown, SamePerson
from ca.registration.models import CaRegistration, CaRegistrationApproval, CaRegistrationStep
from ca.registration.room import RegistrationRoom
from ca.registration.states import Transition, Who
from foundation.errors import NotFound
from foundation.principal import Kind, Permission, Principal

DECIDERS = {Who.OFFICER: Permission.RA_REVIEW, Who.APPROVER: Permission.RA_APPROVE}


def own_index(room: RegistrationRoom, principal: Principal) -> str | None:
    """The index under which the caller's own certificates stand; None for programs. Call it outside transactions."""
    if principal.person_id is None:
        return None
    try:
        return blind_number(room.ground, room.people.identity(principal.person_id).citizen_number)
    except NotFound:
        return None


def oversees(principal: Principal) -> bool:
    """Sees every application: the registration authority's own people, and whoever audits them."""
    seeing = (Permission.RA_REVIEW, Permission.RA_APPROVE, Permission.AUDIT_READ)
    return principal.kind is Kind.SYSTEM or (
        principal.kind is Kind.OFFICIAL and any(principal.may(one) for one in seeing)
    )


def reviews(principal: Principal) -> bool:
    """May look at what stands in an application in clear; an auditor sees that it happened, not what it says."""
    return principal.kind is Kind.OFFICIAL and (
        principal.may(Permission.RA_REVIEW) or principal.may(Permission.RA_APPROVE)
    )


def for_department(principal: Principal) -> str | None:
    """The department the caller may apply for."""
    return principal.department if principal.may(Permission.RA_APPLY) else None


def scope(principal: Principal, own: str | None) -> ColumnElement[bool]:
    """What the caller may see, as a condition of the query."""
    return true() if oversees(principal) else mine(principal, own)


def mine(principal: Principal, own: str | None) -> ColumnElement[bool]:
    """Filed by the caller, by the caller's department, or about the caller."""
    if principal.anonymous:
        return false()
    found = [CaRegistration.filer == principal.label]
    if principal.person_id is not None:
        found.append(CaRegistration.filer_person == principal.person_id)
    if own is not None:
        found.append(CaRegistration.holder_index == own)
    department = for_department(principal)
    if department is not None:
        found.append(and_(CaRegistration.owner.is_not(None), CaRegistration.owner == department))
    return or_(*found)


def load(
    session: Session, principal: Principal, own: str | None, registration_id: UUID, *, lock: bool = False
) -> CaRegistration:
    query = select(CaRegistration).where(CaRegistration.id == registration_id, scope(principal, own))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise RegistrationUnknown
    return row


def asks(row: CaRegistration, principal: Principal, own: str | None) -> bool:
    """Is on the applicant's side of this application."""
    department = for_department(principal)
    return (
        row.filer == principal.label
        or (row.filer_person is not None and row.filer_person == principal.person_id)
        or (row.holder_index is not None and row.holder_index == own)
        or (row.owner is not None and row.owner == department)
    )


def concerned(session: Session, row: CaRegistration, principal: Principal, own: str | None) -> bool:
    """Filed it, had a hand in it, or is the holder: may not decide on it."""
    if row.filer == principal.label or (row.filer_person is not None and row.filer_person == principal.person_id):
        return True
    if row.holder_index is not None and row.holder_index == own:
        return True
    hands = select(CaRegistrationStep.id).where(
        CaRegistrationStep.registration_id == row.id,
        CaRegistrationStep.actor == principal.label,
        CaRegistrationStep.asker.is_(True),
    )
    return session.scalars(hands.limit(1)).first() is not None


def check(session: Session, row: CaRegistration, principal: Principal, own: str | None, way: Transition) -> Who:
    """As whom the caller may go this way; raises what keeps him from it."""
    if Who.ASKER in way.who and asks(row, principal, own):
        return Who.ASKER
    wanted = [who for who in (Who.OFFICER, Who.APPROVER) if who in way.who]
    if not wanted:
        raise AskersOnly
    if principal.kind is not Kind.OFFICIAL or principal.person_id is None:
        raise PersonsOnly
    held = [who for who in wanted if principal.may(DECIDERS[who])]
    if not held:
        principal.require(DECIDERS[wanted[0]])
    if concerned(session, row, principal, own):
        raise OwnRequest
    if held == [Who.APPROVER] and _agreed(session, row, principal):
        raise SamePerson
    return held[0]


def _agreed(session: Session, row: CaRegistration, principal: Principal) -> bool:
    found = select(CaRegistrationApproval.step).where(
        CaRegistrationApproval.registration_id == row.id,
        CaRegistrationApproval.round == row.round,
        CaRegistrationApproval.actor == principal.label,
    )
    return session.scalars(found).first() is not None
