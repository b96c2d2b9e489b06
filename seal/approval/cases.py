"""Deciding on a case (用章审批): an approver sees what waits for them and signs for or against it.

The last approval that was needed frees the order in the same transaction; a job carries it out from the very bytes the
approvers saw. A refusal or withdrawal ends the case for good.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from foundation.principal import Permission, Principal
from seal.approval import cases_open, counting, rules, statements
from seal.approval.certificates import ApprovalRefused, Holder, check_signature, holder
from seal.approval.errors import CaseEnded, CaseUnknown, DecidedAlready, OwnRequest
from seal.approval.models import CaseState, Decision, SealApproval, SealCase
from seal.approval.rules import Rules
from seal.models import SealRow
from seal.room import SealRoom

MOST = 500


def inbox(room: SealRoom, principal: Principal) -> list[SealCase]:
    """What waits for this person now, oldest first."""
    principal.require(Permission.SEAL_CONSENT)
    now = room.ground.clock.now()
    query = select(SealCase).where(
        SealCase.department == principal.department, SealCase.state == CaseState.WAITING, SealCase.expires_at > now
    )
    with room.ground.db.read() as session:
        found = list(session.scalars(query.order_by(SealCase.id).limit(MOST)))
        decided = set(
            session.scalars(
                select(SealApproval.case_id).where(
                    SealApproval.person == principal.label, SealApproval.case_id.in_([case.id for case in found])
                )
            )
        )
        ruled = {seal_id: _rules(session, seal_id) for seal_id in {case.seal_id for case in found}}
    return [case for case in found if case.id not in decided and _names(ruled[case.seal_id], principal, case)]


def find(room: SealRoom, principal: Principal, case_id: UUID) -> SealCase:
    """A case for its requester's department, or for an approver it waits for or who decided on it."""
    with room.ground.db.read() as session:
        case = session.get(SealCase, case_id)
        if case is None or case.department != principal.department:
            raise CaseUnknown
        if principal.may(Permission.SEAL_STAMP) or principal.may(Permission.SEAL_POLICY):
            return case
        mine = select(SealApproval.id).where(SealApproval.case_id == case.id, SealApproval.person == principal.label)
        waits = case.state == CaseState.WAITING and _names(_rules(session, case.seal_id), principal, case)
        if not (principal.may(Permission.SEAL_CONSENT) and (waits or session.scalar(mine) is not None)):
            raise CaseUnknown
        return case


def approvals(room: SealRoom, case: SealCase) -> list[SealApproval]:
    with room.ground.db.read() as session:
        query = select(SealApproval).where(SealApproval.case_id == case.id)
        return list(session.scalars(query.order_by(SealApproval.id)))


def statement(room: SealRoom, principal: Principal, case_id: UUID, decision: Decision) -> bytes:
    """The octets this approver signs, for this decision."""
    principal.require(Permission.SEAL_CONSENT)
    case = find(room, principal, case_id)
    with room.ground.db.read() as session:
        code = session.get_one(SealRow, case.seal_id).code
    return statements.of_case(case, code, principal.label, decision)


def decide(
    room: SealRoom,
    principal: Principal,
    case_id: UUID,
    decision: Decision,
    certificate: str,
    signature: bytes,
    reason: str | None = None,
) -> SealCase:
    """Record one person's signed decision; the last one needed frees the order, a refusal ends it."""
    principal.require(Permission.SEAL_CONSENT)
    case = find(room, principal, case_id)
    now = room.ground.clock.now()
    _undecided(case, principal, now)
    signer = holder(room.ca, certificate, now)
    said = statement(room, principal, case_id, decision)
    check_signature(signer.certificate, said, signature)
    others = _people(room, case, now)
    if signer.who in others:
        raise DecidedAlready
    with room.ground.db.begin() as session:
        held = session.scalars(select(SealCase).where(SealCase.id == case.id).with_for_update()).one()
        _undecided(held, principal, now)
        ruled = _rules(session, held.seal_id)
        if not any(one.person == principal.label and one.certificate == certificate for one in ruled.approvers):
            raise ApprovalRefused("named", "该证书不在审批人名单中", "this certificate is not among the approvers")
        if session.scalar(_of(held, principal)) is not None:
            raise DecidedAlready
        session.add(
            SealApproval(
                id=room.ground.ids.uuid7(),
                case_id=held.id,
                person=principal.label,
                certificate=certificate,
                decision=decision,
                signature=signature,
                at=now,
            )
        )
        room.ground.audit.record(
            session,
            principal,
            action="seal.case.decide",
            object=f"seal-case:{held.id}",
            payload={"decision": decision.value, "certificate": certificate, "sha256": held.digest},
        )
        if decision is Decision.REFUSE:
            cases_open.end(room, session, held, principal, CaseState.REFUSED, reason)
        else:
            session.flush()
            given = session.scalars(select(SealApproval.person).where(SealApproval.case_id == held.id)).all()
            if len(given) >= held.needed:
                cases_open.free(room, session, held, principal)
    return held


def withdraw(room: SealRoom, principal: Principal, case_id: UUID, reason: str | None = None) -> SealCase:
    """Its requester takes it back, as long as nothing was freed."""
    case = find(room, principal, case_id)
    if case.requester != principal.label:
        raise CaseUnknown
    with room.ground.db.begin() as session:
        held = session.scalars(select(SealCase).where(SealCase.id == case.id).with_for_update()).one()
        if held.state != CaseState.WAITING:
            raise CaseEnded(held.state)
        cases_open.end(room, session, held, principal, CaseState.WITHDRAWN, reason)
    return held


def _undecided(case: SealCase, principal: Principal, now: datetime) -> None:
    if case.requester == principal.label:
        raise OwnRequest
    if case.state != CaseState.WAITING or now >= case.expires_at:
        raise CaseEnded(CaseState.EXPIRED if case.state == CaseState.WAITING else case.state)


def _people(room: SealRoom, case: SealCase, now: datetime) -> set[tuple[object, ...]]:
    """Who decided already, by identity; a certificate revoked since counts for nobody."""
    found: list[Holder] = []
    for one in approvals(room, case):
        try:
            found.append(holder(room.ca, one.certificate, now))
        except ApprovalRefused:  # the signer will refuse the order and say why
            continue
    return {one.who for one in found}


def _of(case: SealCase, principal: Principal) -> Select[UUID]:
    return select(SealApproval.id).where(SealApproval.case_id == case.id, SealApproval.person == principal.label)


def _rules(session: Session, seal_id: UUID) -> Rules:
    policy = counting.active(session, seal_id)
    return rules.read(policy.rules) if policy is not None else Rules()


def _names(ruled: Rules, principal: Principal, case: SealCase) -> bool:
    return case.requester != principal.label and any(one.person == principal.label for one in ruled.approvers)
