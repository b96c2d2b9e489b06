"""The gate before a seal (用章关口): a recorded order is held to the seal's rules, and waits where they say so.

This is the web process's side, for plain answers and early refusals. What guards the key is the signer's own look at
the same rows (`judge`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, class_mapper

from foundation.database import Connects
from foundation.errors import TooLarge
from foundation.principal import Principal
from foundation.rows import Plain
from foundation.text import Text
from seal import register, register_many
from seal.approval import counting, kept_orders, rules
from seal.approval.errors import CaseEnded, CaseUnknown, Waiting
from seal.approval.models import CaseKind, CaseState, PolicyState, SealCase, SealPolicy, SealUse
from seal.approval.rules import Rules, Use
from seal.formats import FAMILIES
from seal.models import OrderState, SealOrder
from seal.register import Declared, Order
from seal.room import SealRoom

MOST_OCTETS = 48 * 1024 * 1024
"""The signer reads what was approved before a key is used, so it must fit its socket."""

USES = Plain(SealUse)
_POLICIES = class_mapper(SealPolicy).local_table
_RULED = (
    select(_POLICIES.c.id)
    .where(_POLICIES.c.seal_id == bindparam("seal"), _POLICIES.c.state == PolicyState.ACTIVE.value)
    .limit(1)
)


def record(room: SealRoom, principal: Principal, order: Order) -> SealOrder:
    """Put the order on record: ready, or waiting for approvals. A seal without rules is used as it always was."""
    if order.batch is None:
        with contextlib.suppress(Ruled):
            return _without_rules(room, principal, order)
    with room.ground.db.read() as session:
        policy = counting.active(session, order.seal.id)
    if order.batch is not None:
        return _within_batch(room, principal, order, policy)
    if policy is None:  # rules of use never end, so this needs hands in the database
        raise CaseUnknown
    ruled = rules.read(policy.rules)
    now = room.ground.clock.now()
    check(room, ruled, order, principal, now)
    case = _case(room, principal, order, policy, ruled, now)
    if ruled.approvals:
        if order.size > MOST_OCTETS:
            raise TooLarge(
                "seal.approval_size",
                Text(
                    "须审批的文件不能超过 48 MB，请压缩或拆分。",
                    "A document that needs approval has at most 48 MB. Make it smaller.",
                ),
            )
        if not isinstance(order.document, Declared):
            room.ground.storage.put_new(waiting_key(case.digest), order.document)

    def beside(session: Session, row: SealOrder) -> None:
        case.subject_id = row.id
        if ruled.approvals:
            case.sealed_order = kept_orders.close(
                room.ground.cipher, kept_orders.TABLE, "sealed_order", case.id, order.given
            )
        session.add(case)
        session.flush()
        USES.add(session, _use(order, row, principal, case.id))
        room.ground.audit.record(
            session,
            principal,
            action="seal.case.ask",
            object=f"seal-case:{case.id}",
            payload={"order": str(row.id), "seal": order.seal.code, "sha256": case.digest, "needed": case.needed},
        )

    return register.record(room, principal, order, room.ground.db.begin, beside, approvals=ruled.approvals)


class Ruled(Exception):  # noqa: N818 - a turn to take, no error
    """There are rules, so the order takes the long way; nothing was recorded."""


def _without_rules(room: SealRoom, principal: Principal, order: Order) -> SealOrder:
    """That there are none is seen in the transaction that records."""

    def beside(session: Connects, row: SealOrder) -> None:
        if session.connection().execute(_RULED, {"seal": row.seal_id}).first() is not None:
            raise Ruled
        USES.add(session, _use(order, row, principal, None))

    return register.record(room, principal, order, room.ground.db.begin_plain, beside)


def record_together(room: SealRoom, principal: Principal, orders: Sequence[Order]) -> dict[str, SealOrder]:
    """Items of a batch on record in one transaction, by their keys; `Ruled` where their seal has rules of use."""

    def beside(session: Connects, rows: Sequence[SealOrder]) -> None:
        if session.connection().execute(_RULED, {"seal": rows[0].seal_id}).first() is not None:
            raise Ruled
        uses = [
            _use(order, row, principal, None, order.batch.number if order.batch else None)
            for order, row in zip(orders, rows, strict=True)
        ]
        USES.add_all(session, uses)

    return register_many.record(room, principal, orders, beside)


def check(room: SealRoom, ruled: Rules, order: Order, principal: Principal, now: datetime) -> None:
    """Raises `OutsideRules`."""
    with room.ground.db.read() as session:
        today, ever = counting.uses(session, ruled, order.seal.id, now)
    kind = FAMILIES.get(order.format, order.format)
    matter = order.matter.code if order.matter is not None else None
    client = principal.client_id or rules.PEOPLE
    rules.allow(ruled, Use(kind, matter, client, now, today, ever))


def require_open(room: SealRoom, row: SealOrder) -> SealOrder:
    """The order, if a key may be used for it; raises `Waiting` or `CaseEnded`."""
    if row.state not in (OrderState.WAITING, OrderState.ENDED):
        return row
    with room.ground.db.read() as session:
        case = session.scalars(select(SealCase).where(SealCase.subject_id == row.id)).one_or_none()
    if case is None:
        raise CaseUnknown
    if case.state == CaseState.WAITING and room.ground.clock.now() < case.expires_at:
        raise Waiting(row.id, case.id)
    raise CaseEnded(CaseState.EXPIRED if case.state == CaseState.WAITING else case.state)


def waiting_key(digest: str) -> str:
    """Content-addressed: a swapped file does not fit its name."""
    return f"waiting/{digest[:2]}/{digest}"


def terms_by_format(**terms: str) -> str:
    return json.dumps({name: json.loads(text) for name, text in terms.items()}, sort_keys=True, separators=(",", ":"))


def _case(
    room: SealRoom, principal: Principal, order: Order, policy: SealPolicy, ruled: Rules, now: datetime
) -> SealCase:
    now = now.replace(microsecond=0)
    return SealCase(
        id=room.ground.ids.uuid7(),
        kind=CaseKind.ORDER,
        department=order.seal.department,
        seal_id=order.seal.id,
        policy_id=policy.id,
        policy_sha256=ruled.digest,
        digest=order.sha256,
        size=order.size,
        format=order.format,
        terms=terms_by_format(**{order.format: order.canonical_terms}),
        matter=order.matter.code if order.matter else None,
        matter_number=order.matter.number if order.matter else None,
        requester=principal.label,
        client_id=principal.client_id,
        needed=ruled.approvals,
        state=CaseState.WAITING if ruled.approvals else CaseState.APPROVED,
        expires_at=now + ruled.valid,
        created_at=now,
    )


def _within_batch(room: SealRoom, principal: Principal, order: Order, policy: SealPolicy | None) -> SealOrder:
    """An item of a batch stands under the batch's case; without rules there is none."""
    assert order.batch is not None  # noqa: S101 - the caller has looked
    item = order.batch.number
    case_id: UUID | None = None
    approvals = 0
    if policy is not None:
        with room.ground.db.read() as session:
            case = session.scalars(select(SealCase).where(SealCase.subject_id == order.batch.batch)).one_or_none()
        if case is None:
            raise CaseUnknown
        if case.state != CaseState.APPROVED:
            raise CaseEnded(case.state)
        ruled = rules.read(policy.rules)
        check(room, ruled, order, principal, room.ground.clock.now())
        case_id, approvals = case.id, ruled.approvals

    def beside(session: Connects, row: SealOrder) -> None:
        USES.add(session, _use(order, row, principal, case_id, item))

    return register.record(room, principal, order, room.ground.db.begin_plain, beside, approvals=approvals)


def _use(order: Order, row: SealOrder, principal: Principal, case_id: UUID | None, item: int | None = None) -> SealUse:
    return USES.made(
        order_id=row.id,
        seal_id=row.seal_id,
        case_id=case_id,
        item=item,
        matter=order.matter.code if order.matter else None,
        matter_number=order.matter.number if order.matter else None,
        client_id=principal.client_id,
    )
