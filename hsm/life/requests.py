"""Asking and approving (申请与审批): one person asks, others judge the exact digest, the operation happens once.

BR 5.2.2 and 6.2.2, GM/T 0034 8. People are compared, not accounts; the asker never judges, nobody judges twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Damaged, InvalidInput
from foundation.ground import Ground
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from hsm.life.errors import ApprovedTwice, NotAPerson, OtherDigest, OwnRequest, RequestClosed, RequestUnknown
from hsm.life.models import HsmKeyApproval, HsmKeyRequest
from hsm.life.orders import Order, read_order

LIFE = timedelta(days=7)
_MOST_REASON = 200


class Standing(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    EXECUTED = "executed"
    EXPIRED = "expired"
    """Never stored: open or approved, and too old."""


@dataclass(frozen=True, slots=True)
class Judgement:
    approver: str
    agreed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    id: UUID
    order: Order
    digest: str
    reason: str
    requester: str
    needed: int
    standing: Standing
    requested_at: datetime
    expires_at: datetime
    executed_at: datetime | None
    executor: str | None
    judgements: tuple[Judgement, ...]


def ask(ground: Ground, principal: Principal, order: Order, reason: str, life: timedelta = LIFE) -> Request:
    """File a request. It does nothing until others approved it and somebody executes it."""
    person = _person(principal, Permission.KEY_REQUEST)
    order.checked()
    if not 0 < len(reason.strip()) <= _MOST_REASON or not timedelta(0) < life <= LIFE:
        raise InvalidInput(
            "hsm.request_reason",
            Text(
                "请填写申请理由（不超过 200 字），有效期不超过 7 天。",
                "Give a reason of at most 200 characters, and at most 7 days of validity.",
            ),
        )
    now = ground.clock.now()
    row = HsmKeyRequest(
        id=ground.ids.uuid7(),
        operation=order.operation,
        key_name=order.key,
        order=order.canonical(),
        digest=order.digest(),
        reason=reason.strip(),
        requester=principal.label,
        person=person,
        needed=ground.settings.keys.approvals,
        state=Standing.OPEN,
        requested_at=now,
        expires_at=now + life,
    )
    with ground.db.begin() as session:
        session.add(row)
        _record(ground, session, principal, row, "request")
    return _shown(row, [], now)


def judge(ground: Ground, principal: Principal, request_id: UUID, digest: str, *, agree: bool) -> Request:
    """Approve or refuse. One refusal ends the request; `digest` is what the approver looked at."""
    person = _person(principal, Permission.KEY_APPROVE)
    now = ground.clock.now()
    try:
        with ground.db.begin() as session:
            row = _locked(session, request_id)
            if row.person == person or row.requester == principal.label:
                raise OwnRequest
            if digest != row.digest or read_order(row.order).digest() != row.digest:
                raise OtherDigest
            known = session.scalars(select(HsmKeyApproval).where(HsmKeyApproval.request_id == row.id)).all()
            if any(one.person == person for one in known):
                raise ApprovedTwice
            _must_be(row, Standing.OPEN, now)
            session.add(
                HsmKeyApproval(
                    id=ground.ids.uuid7(),
                    request_id=row.id,
                    approver=principal.label,
                    person=person,
                    agreed=agree,
                    digest=digest,
                    at=now,
                )
            )
            if not agree:
                row.state = Standing.REFUSED
            elif sum(one.agreed for one in known) + 1 >= row.needed:
                row.state = Standing.APPROVED
            _record(ground, session, principal, row, "approve" if agree else "refuse")
    except IntegrityError as error:  # the same person, twice in the same moment
        raise ApprovedTwice from error
    return find(ground, request_id)


def approved_order(ground: Ground, principal: Principal, request_id: UUID) -> Order:
    """The order of a request that may be executed now. `spend` decides, in the transaction of the effect."""
    _person(principal, Permission.KEY_REQUEST)
    with ground.db.read() as session:
        row = session.get(HsmKeyRequest, request_id)
        if row is None:
            raise RequestUnknown
        _must_be(row, Standing.APPROVED, ground.clock.now())
        order = read_order(row.order)
        if order.digest() != row.digest:
            raise Damaged(
                "hsm.request_damaged",
                Text(
                    "申请记录被改动，与审批的摘要不符，已拒绝执行，请核查数据库。",
                    "The request was altered and is not what was approved; nothing was done. Examine the database.",
                ),
            )
        return order


def spend(ground: Ground, session: Session, principal: Principal, request_id: UUID) -> None:
    """Mark it executed inside the transaction of its effect: whoever comes second changes nothing."""
    now = ground.clock.now()
    agreed = (
        select(func.count())
        .select_from(HsmKeyApproval)
        .where(HsmKeyApproval.request_id == request_id, HsmKeyApproval.agreed.is_(True))
        .where(HsmKeyApproval.digest == HsmKeyRequest.digest, HsmKeyApproval.person != HsmKeyRequest.person)
        .scalar_subquery()
    )
    done = session.execute(
        update(HsmKeyRequest)
        .where(HsmKeyRequest.id == request_id, HsmKeyRequest.state == Standing.APPROVED)
        .where(HsmKeyRequest.expires_at > now, agreed >= HsmKeyRequest.needed)
        .values(state=Standing.EXECUTED, executed_at=now, executor=principal.label)
        .returning(HsmKeyRequest.id)
        .execution_options(synchronize_session=False)
    ).first()
    row = session.get(HsmKeyRequest, request_id, populate_existing=True)
    if row is None:
        raise RequestUnknown
    if done is None:
        raise RequestClosed(_standing(row, now))
    _record(ground, session, principal, row, "execute")


def find(ground: Ground, request_id: UUID) -> Request:
    with ground.db.read() as session:
        row = session.get(HsmKeyRequest, request_id)
        if row is None:
            raise RequestUnknown
        return _shown(row, _judgements(session, [row.id]).get(row.id, []), ground.clock.now())


def listed(ground: Ground, *, key: str | None = None, most: int = 200) -> list[Request]:
    """Newest first."""
    query = select(HsmKeyRequest).order_by(HsmKeyRequest.id.desc()).limit(most)
    with ground.db.read() as session:
        rows = session.scalars(query if key is None else query.where(HsmKeyRequest.key_name == key)).all()
        found = _judgements(session, [row.id for row in rows])
    return [_shown(row, found.get(row.id, []), ground.clock.now()) for row in rows]


def _judgements(session: Session, requests: list[UUID]) -> dict[UUID, list[HsmKeyApproval]]:
    found: dict[UUID, list[HsmKeyApproval]] = {}
    query = select(HsmKeyApproval).where(HsmKeyApproval.request_id.in_(requests)).order_by(HsmKeyApproval.id)
    for one in session.scalars(query):
        found.setdefault(one.request_id, []).append(one)
    return found


def _person(principal: Principal, permission: Permission) -> str:
    """Who it is, whichever account is used. A program or the system itself is nobody here."""
    principal.require(permission)
    if principal.kind is not Kind.OFFICIAL or principal.person_id is None:
        raise NotAPerson
    return f"person:{principal.person_id}"


def _locked(session: Session, request_id: UUID) -> HsmKeyRequest:
    row = session.scalars(select(HsmKeyRequest).where(HsmKeyRequest.id == request_id).with_for_update()).one_or_none()
    if row is None:
        raise RequestUnknown
    return row


def _standing(row: HsmKeyRequest, now: datetime) -> Standing:
    stored = Standing(row.state)
    return Standing.EXPIRED if stored in (Standing.OPEN, Standing.APPROVED) and row.expires_at <= now else stored


def _must_be(row: HsmKeyRequest, wanted: Standing, now: datetime) -> None:
    if _standing(row, now) is not wanted:
        raise RequestClosed(_standing(row, now))


def _shown(row: HsmKeyRequest, judgements: list[HsmKeyApproval], now: datetime) -> Request:
    return Request(
        row.id,
        read_order(row.order),
        row.digest,
        row.reason,
        row.requester,
        row.needed,
        _standing(row, now),
        row.requested_at,
        row.expires_at,
        row.executed_at,
        row.executor,
        tuple(Judgement(one.approver, one.agreed, one.at) for one in judgements),
    )


def _record(ground: Ground, session: Session, principal: Principal, row: HsmKeyRequest, what: str) -> None:
    """The reason stays in its row: a person may have typed anything into it."""
    ground.audit.record(
        session,
        principal,
        action=f"hsm.key.{what}",
        object=f"key:{row.key_name}",
        payload={"request": str(row.id), "operation": row.operation, "digest": row.digest},
    )
