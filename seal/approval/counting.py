"""Rules in force, and how often a seal was used (用章计数): orders that may be signed count, in the order they came."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.clock import SHANGHAI
from seal.approval.models import PolicyState, SealPolicy
from seal.models import OrderState, SealOrder

_COUNTED = (OrderState.RECORDED, OrderState.SEALED)


def active(session: Session, seal_id: UUID) -> SealPolicy | None:
    """The rules in force; None: the seal is used as it always was."""
    query = select(SealPolicy).where(SealPolicy.seal_id == seal_id, SealPolicy.state == PolicyState.ACTIVE)
    return session.scalars(query.order_by(SealPolicy.number.desc()).limit(1)).first()


def uses(session: Session, seal_id: UUID, at: datetime, before: UUID | None = None) -> tuple[int, int]:
    """Uses on the civil day of `at` and ever, up to and with the order `before`; without one, with one to come."""
    start = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(func.count()).where(SealOrder.seal_id == seal_id, SealOrder.state.in_(_COUNTED))
    if before is not None:
        query = query.where(SealOrder.id < before)
    day = query.where(SealOrder.signing_time >= start, SealOrder.signing_time < start + timedelta(days=1))
    return (session.scalar(day) or 0) + 1, (session.scalar(query) or 0) + 1
