"""An order as the signer finds it (签名前的用章记录): the order, its seal, and whether that has rules, in one look."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import class_mapper

from foundation.database import Database
from foundation.glances import glance
from foundation.rows import Plain
from seal.approval.models import PolicyState, SealPolicy
from seal.models import SealOrder, SealRow

_ORDERS, _SEALS = Plain(SealOrder), Plain(SealRow)
_POLICIES = class_mapper(SealPolicy).local_table
_RULED = exists().where(_POLICIES.c.seal_id == _ORDERS.table.c.seal_id, _POLICIES.c.state == PolicyState.ACTIVE.value)
_LOOK = (
    select(*_ORDERS.columns, *(one.label(f"of_seal_{one.name}") for one in _SEALS.columns), _RULED.label("ruled"))
    .join_from(_ORDERS.table, _SEALS.table, _SEALS.table.c.id == _ORDERS.table.c.seal_id)
    .where(_ORDERS.table.c.id == bindparam("order"))
)


@dataclass(frozen=True, slots=True)
class Standing:
    order: SealOrder
    seal: SealRow
    ruled: bool
    """Whether rules of use are in force."""


def look(db: Database, order_id: UUID) -> Standing | None:
    """None when there is no such order, or no such seal."""
    found = glance(db, _LOOK, order=order_id)
    if found is None:
        return None
    order, seal = _ORDERS.of(found), _SEALS.of(found, len(_ORDERS.columns))
    return Standing(order, seal, bool(found.ruled)) if order is not None and seal is not None else None
