"""Many orders on record at once (成组登记): found in one look, recorded in one transaction, closed in another.

What each order has by itself it has here: its key, its digest, its two audit rows, its first result that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from foundation.audit.trail import Entry
from foundation.database import Connects
from foundation.principal import Principal
from hsm.digests import sha256
from seal import register
from seal.models import OrderState, SealOrder
from seal.register import ORDERS, Order
from seal.room import SealRoom

Beside = Callable[[Connects, Sequence[SealOrder]], None]
_TABLE = ORDERS.table
_BY_KEYS = select(*ORDERS.columns).where(
    _TABLE.c.department == bindparam("department"), _TABLE.c.order_key.in_(bindparam("keys", expanding=True))
)
_HELD = (
    select(*ORDERS.columns)
    .where(_TABLE.c.id.in_(bindparam("orders", expanding=True)))
    .order_by(_TABLE.c.id)
    .with_for_update()
)
_CLOSE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("order"))
    .values(
        state=OrderState.SEALED.value,
        sealed_at=bindparam("at"),
        result_sha256=bindparam("digest"),
        result_size=bindparam("size"),
    )
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished file in the store: digest and size."""

    row: SealOrder
    sha256: str
    size: int

    @classmethod
    def of(cls, row: SealOrder, octets: bytes) -> Sealed:
        return cls(row, sha256(octets).hex(), len(octets))


def find(room: SealRoom, department: str, orders: Sequence[Order]) -> dict[str, SealOrder]:
    """What is on record under the keys of `orders`. Whether it is the same order, `register.check_same` says."""
    with room.ground.db.read_plain() as session:
        keys = {"department": department, "keys": [order.order_key for order in orders]}
        rows = [ORDERS.of(found) for found in session.connection().execute(_BY_KEYS, keys)]
    return {row.order_key: row for row in rows if row is not None}


def record(room: SealRoom, principal: Principal, orders: Sequence[Order], beside: Beside) -> dict[str, SealOrder]:
    """Commit all intents, what `beside` adds and their audit rows; `IntegrityError` when one of them stands already."""
    now = room.ground.clock.now().replace(microsecond=0)
    rows = [register.row_of(room, principal, order, now, OrderState.RECORDED) for order in orders]
    said = [
        Entry("seal.stamp.record", f"seal-order:{row.id}", register.about(row, order.seal.code))
        for row, order in zip(rows, orders, strict=True)
    ]
    with room.ground.db.begin_plain() as session:
        ORDERS.add_all(session, rows)
        beside(session, rows)
        room.ground.audit.record_many(session, principal, said)
    return {row.order_key: row for row in rows}


def close(
    room: SealRoom, session: Connects, principal: Principal, seal_code: str, made: Sequence[Sealed]
) -> Mapping[UUID, str]:
    """In the caller's transaction: the digest that stands for each order; an earlier finisher's where there is one."""
    if not made:
        return {}
    ids = [one.row.id for one in made]
    held = [ORDERS.of(found) for found in session.connection().execute(_HELD, {"orders": ids})]
    stands = {row.id: row.result_sha256 for row in held if row is not None and row.state == OrderState.SEALED}
    open_ = {row.id for row in held if row is not None and row.state == OrderState.RECORDED}
    fresh = [one for one in made if one.row.id in open_]
    if fresh:
        session.connection().execute(_CLOSE, [_closed(room, one) for one in fresh])
        said = [
            Entry(
                "seal.stamp",
                f"seal-order:{one.row.id}",
                {**register.about(one.row, seal_code), "result_sha256": one.sha256},
            )
            for one in fresh
        ]
        room.ground.audit.record_many(session, principal, said)
    first = {key: digest for key, digest in stands.items() if digest is not None}
    return {**first, **{one.row.id: one.sha256 for one in fresh}}


def _closed(room: SealRoom, one: Sealed) -> dict[str, Any]:
    return {"order": one.row.id, "at": room.ground.clock.now(), "digest": one.sha256, "size": one.size}
