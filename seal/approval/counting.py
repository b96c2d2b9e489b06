"""Rules in force, and how often a seal was used (用章计数): orders that may be signed count, in the order they came."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from foundation.clock import SHANGHAI
from seal.approval.models import PolicyState, SealPolicy
from seal.approval.rules import Rules
from seal.models import OrderState, SealOrder


def active(session: Session, seal_id: UUID) -> SealPolicy | None:
    """The rules in force; None: the seal is used as it always was."""
    query = select(SealPolicy).where(SealPolicy.seal_id == seal_id, SealPolicy.state == PolicyState.ACTIVE)
    return session.scalars(query.order_by(SealPolicy.number.desc()).limit(1)).first()


def uses(session: Session, ruled: Rules, seal_id: UUID, at: datetime, before: UUID | None = None) -> tuple[int, int]:
    """Uses on the civil day of `at` and ever, up to and with the order `before`; without one, with one to come.

    Counted where the rules limit them: each item of a batch asks, and a seal may have been used a million times.
    """
    start = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    counted: ColumnElement[bool] = SealOrder.state.in_((OrderState.RECORDED, OrderState.SEALED))
    if before is not None:  # what is sealed counts wherever its id stands: ids are chosen by the web process
        earlier = and_(SealOrder.state == OrderState.RECORDED, SealOrder.id < before)
        counted = and_(or_(SealOrder.state == OrderState.SEALED, earlier), SealOrder.id != before)
    query = select(func.count()).where(SealOrder.seal_id == seal_id, counted)
    day = query.where(SealOrder.signing_time >= start, SealOrder.signing_time < start + timedelta(days=1))
    today = session.scalar(day) if ruled.per_day is not None else 0
    ever = session.scalar(query) if ruled.in_total is not None else 0
    return (today or 0) + 1, (ever or 0) + 1
