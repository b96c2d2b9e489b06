"""The register of orders (用章登记): written before anything is signed, finished once, found again by its key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database import Connects
from foundation.errors import InvalidInput
from foundation.principal import Principal
from foundation.rows import Plain
from foundation.text import Text
from hsm.digests import sha256
from seal.errors import OrderTaken, SealedDiffers
from seal.models import OrderState, SealOrder, SealRow
from seal.orders import BatchPlace, Matter
from seal.room import SealRoom

S = TypeVar("S", bound=Connects)
MOST_KEY = 200
ORDERS = Plain(SealOrder)
_BY_KEY = select(*ORDERS.columns).where(
    ORDERS.table.c.department == bindparam("department"), ORDERS.table.c.order_key == bindparam("order_key")
)
_CLOSE = (
    update(ORDERS.table)
    .where(ORDERS.table.c.id == bindparam("order"), ORDERS.table.c.state == OrderState.RECORDED.value)
    .values(
        state=OrderState.SEALED.value,
        sealed_at=bindparam("at"),
        result_sha256=bindparam("digest"),
        result_size=bindparam("size"),
    )
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A document that stays where it is: its owner says what its SHA-256 and size are, we never see it."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the register sees it, whatever the format. `terms` hold no free text, only its digest."""

    seal: SealRow
    order_key: str
    format: str
    document: bytes | Declared
    terms: Mapping[str, object]
    given: object = None
    """The order as it was given, where it can be carried out later without its caller."""
    matter: Matter | None = None
    batch: BatchPlace | None = None

    @property
    def sha256(self) -> str:
        return self.document.sha256 if isinstance(self.document, Declared) else sha256(self.document).hex()

    @property
    def size(self) -> int:
        return self.document.size if isinstance(self.document, Declared) else len(self.document)

    @property
    def lock_name(self) -> str:
        return f"stamp|{self.seal.department}|{self.order_key}"

    @property
    def canonical_terms(self) -> str:
        """The matter stands among them where there is one: orders of earlier releases keep their terms."""
        matter = {"matter": [self.matter.code, self.matter.number]} if self.matter is not None else {}
        return json.dumps({**self.terms, **matter}, sort_keys=True, separators=(",", ":"))


def find(room: SealRoom, order: Order) -> SealOrder | None:
    """The order on record under this key; `OrderTaken` when it was for something else."""
    if not 0 < len(order.order_key) <= MOST_KEY:
        raise InvalidInput(
            "seal.order_key",
            Text(f"用章编号须为 1 至 {MOST_KEY} 个字符。", f"The order key takes 1 to {MOST_KEY} characters."),
        )
    row = ORDERS.seen(room.ground.db, _BY_KEY, department=order.seal.department, order_key=order.order_key)
    if row is not None:
        check_same(row, order)
    return row


def check_same(row: SealOrder, order: Order) -> None:
    """`OrderTaken` when the key was given for something else."""
    if (row.seal_id, row.format, row.document_sha256, row.terms) != (
        order.seal.id,
        order.format,
        order.sha256,
        order.canonical_terms,
    ):
        raise OrderTaken


def record(
    room: SealRoom,
    principal: Principal,
    order: Order,
    begin: Callable[[], AbstractContextManager[S]],
    beside: Callable[[S, SealOrder], None],
    *,
    approvals: int = 0,
) -> SealOrder:
    """Commit the intent, what `beside` adds, and its audit row; when another process was first, its row.

    `begin`: the database's, plain where `beside` needs no session.
    """
    now = room.ground.clock.now().replace(microsecond=0)
    state = OrderState.WAITING if approvals and order.batch is None else OrderState.RECORDED
    row = row_of(room, principal, order, now, state, approvals)
    try:
        with begin() as session:
            ORDERS.add(session, row)
            beside(session, row)
            room.ground.audit.record(
                session,
                principal,
                action="seal.stamp.record",
                object=f"seal-order:{row.id}",
                payload=about(row, order.seal.code),
            )
    except IntegrityError:
        found = find(room, order)
        if found is None:
            raise
        return found
    return row


def row_of(
    room: SealRoom, principal: Principal, order: Order, now: datetime, state: OrderState, approvals: int = 0
) -> SealOrder:
    return ORDERS.made(
        id=room.ground.ids.uuid7(),
        department=order.seal.department,
        order_key=order.order_key,
        seal_id=order.seal.id,
        format=order.format,
        document_sha256=order.sha256,
        document_size=order.size,
        terms=order.canonical_terms,
        principal=principal.label,
        signing_time=now,
        state=state,
        recorded_at=now,
        approvals=approvals,
    )


def about(row: SealOrder, seal_code: str) -> dict[str, str]:
    """What the audit rows of an order say."""
    return {"seal": seal_code, "format": row.format, "document_sha256": row.document_sha256}


def finish(room: SealRoom, principal: Principal, row: SealOrder, seal_code: str, sealed: bytes, digest: str) -> bytes:
    """Close the order. The first result stands: a later finisher gets that one back."""
    if close(room, principal, row, seal_code, digest, len(sealed)):
        return sealed
    with room.ground.db.read() as session:
        return result(room, session.get_one(SealOrder, row.id))


def close(room: SealRoom, principal: Principal, row: SealOrder, seal_code: str, digest: str, size: int) -> bool:
    """The stored result is the order's; False when another process was first."""
    ground = room.ground
    with ground.db.begin_plain() as session:
        values = {"order": row.id, "at": ground.clock.now(), "digest": digest, "size": size}
        closed = session.connection().execute(_CLOSE, values).rowcount == 1
        if closed:
            ground.audit.record(
                session,
                principal,
                action="seal.stamp",
                object=f"seal-order:{row.id}",
                payload={**about(row, seal_code), "result_sha256": digest},
            )
    return closed


def result(room: SealRoom, row: SealOrder) -> bytes:
    """The stored file of a finished order, compared with its recorded digest."""
    if row.result_sha256 is None:
        raise SealedDiffers("order without a result")
    sealed = room.ground.storage.open(key(row.format, row.result_sha256))
    if sha256(sealed).hex() != row.result_sha256:
        raise SealedDiffers("stored file")
    return sealed


def key(kind: str, digest: str) -> str:
    """Content-addressed: the name is the digest, so a swapped file does not fit its name."""
    return f"sealed/{digest[:2]}/{digest}.{kind}"
