"""Setting a seal's rules (设定用章规则): one person of the owning department proposes, another signs for it.

The second person's signature is kept with the rules, and the signer checks it before every use; so nobody who can only
write rows sets a seal's rules.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from foundation.errors import Conflict, Forbidden
from foundation.principal import Permission, Principal
from foundation.text import Text
from seal import find
from seal.approval import counting, rules, statements
from seal.approval.certificates import check_signature, holder
from seal.approval.errors import DecidedAlready, OwnRequest, PolicyUnknown
from seal.approval.models import Decision, PolicyState, SealPolicy
from seal.approval.rules import Rules
from seal.models import SealRow
from seal.room import SealRoom


def propose(room: SealRoom, principal: Principal, seal_id: UUID, wanted: Rules) -> SealPolicy:
    """A new version of the rules, without effect until another person signed for it."""
    principal.require(Permission.SEAL_POLICY)
    seal = find.row_of(room, principal, seal_id)
    rules.check(wanted)
    now = room.ground.clock.now()
    for approver in wanted.approvers:
        holder(room.ca, approver.certificate, now)
    try:
        with room.ground.db.begin() as session:
            last = session.scalar(select(func.max(SealPolicy.number)).where(SealPolicy.seal_id == seal.id)) or 0
            row = SealPolicy(
                id=room.ground.ids.uuid7(),
                seal_id=seal.id,
                department=seal.department,
                number=last + 1,
                rules=wanted.canonical,
                state=PolicyState.PROPOSED,
                proposed_by=principal.label,
                proposed_at=now,
            )
            session.add(row)
            room.ground.audit.record(
                session,
                principal,
                action="seal.policy.propose",
                object=f"seal-policy:{row.id}",
                payload={"seal": seal.code, "number": row.number, "rules_sha256": wanted.digest},
            )
    except IntegrityError as error:
        raise Conflict(
            "seal.policy_race",
            Text("另一项规则刚刚提出，请重试。", "Another proposal was made this moment. Try again."),
        ) from error
    return row


def statement(room: SealRoom, principal: Principal, policy_id: UUID, decision: Decision) -> bytes:
    """The octets the deciding person signs."""
    principal.require(Permission.SEAL_POLICY)
    row, seal = _row(room, principal, policy_id)
    return statements.of_policy(row, rules.read(row.rules), seal.code, principal.label, decision)


def decide(
    room: SealRoom, principal: Principal, policy_id: UUID, decision: Decision, certificate: str, signature: bytes
) -> SealPolicy:
    """Agree or not, as the second person; agreed rules are in force at once, in place of those before."""
    principal.require(Permission.SEAL_POLICY)
    row, seal = _row(room, principal, policy_id)
    if row.proposed_by == principal.label:
        raise OwnRequest
    now = room.ground.clock.now().replace(microsecond=0)
    said = statements.of_policy(row, rules.read(row.rules), seal.code, principal.label, decision)
    signer = holder(room.ca, certificate, now)
    check_signature(signer.certificate, said, signature)
    if signer.owner != seal.department:
        raise Forbidden(
            "seal.policy_certificate",
            Text("须使用本单位签发的行政人员证书。", "Sign with an official's certificate of this department."),
        )
    agreed = decision is Decision.APPROVE
    with room.ground.db.begin() as session:
        current = counting.active(session, seal.id)
        if agreed and current is not None and current.number > row.number:
            raise DecidedAlready
        if agreed and current is not None:
            session.execute(update(SealPolicy).where(SealPolicy.id == current.id).values(state=PolicyState.SUPERSEDED))
        changed = session.execute(
            update(SealPolicy)
            .where(SealPolicy.id == row.id, SealPolicy.state == PolicyState.PROPOSED)
            .values(
                state=PolicyState.ACTIVE if agreed else PolicyState.REFUSED,
                decided_by=principal.label,
                decided_at=now,
                certificate=certificate,
                signature=signature,
            )
            .returning(SealPolicy.id)
        ).first()
        if changed is None:
            raise DecidedAlready
        room.ground.audit.record(
            session,
            principal,
            action="seal.policy.decide",
            object=f"seal-policy:{row.id}",
            payload={"seal": seal.code, "number": row.number, "decision": decision.value, "certificate": certificate},
        )
    with room.ground.db.read() as session:
        return session.get_one(SealPolicy, row.id)


def versions(room: SealRoom, principal: Principal, seal_id: UUID) -> list[SealPolicy]:
    """Every version of a seal's rules, newest first, for the owning department."""
    seal = find.row_of(room, principal, seal_id)
    with room.ground.db.read() as session:
        query = select(SealPolicy).where(SealPolicy.seal_id == seal.id).order_by(SealPolicy.number.desc())
        return list(session.scalars(query.limit(100)))


def _row(room: SealRoom, principal: Principal, policy_id: UUID) -> tuple[SealPolicy, SealRow]:
    with room.ground.db.read() as session:
        row = session.get(SealPolicy, policy_id)
        if row is None or row.department != principal.department:
            raise PolicyUnknown
        return row, session.get_one(SealRow, row.seal_id)
