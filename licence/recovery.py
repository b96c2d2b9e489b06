"""After a crash (崩溃恢复): every unfinished intent is finished, or undone where it can never be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from foundation.errors import Damaged, Unavailable, YinxinError
from foundation.principal import Kind, Permission, Principal
from licence.issue import carry_on
from licence.models import IntentState, LicenceIntent
from licence.room import LicenceRoom

log = structlog.get_logger("licence")

RECOVERY = Principal(Kind.SYSTEM, "system:licence-recovery", permissions=frozenset(Permission))


@dataclass(frozen=True, slots=True)
class Recovery:
    finished: tuple[UUID, ...] = ()
    undone: tuple[UUID, ...] = ()
    waiting: tuple[UUID, ...] = field(default=())
    """Not now (store full, keys away) or not without a person (an altered row); the next run tries again."""


def recover(room: LicenceRoom, *, older_than: timedelta = timedelta()) -> Recovery:
    """Finish or undo unfinished intents. With several processes, `older_than` leaves alone what may be at work."""
    before = room.ground.clock.now() - older_than
    unfinished = (
        select(LicenceIntent.id)
        .where(LicenceIntent.state == IntentState.ACCEPTED.value, LicenceIntent.created_at <= before)
        .order_by(LicenceIntent.id)
    )
    with room.ground.db.read() as session:
        waiting = list(session.scalars(unfinished))
    outcome: dict[str, list[UUID]] = {"finished": [], "undone": [], "waiting": []}
    for intent_id in waiting:
        outcome[_one(room, intent_id)].append(intent_id)
    return Recovery(**{name: tuple(ids) for name, ids in outcome.items()})


def _one(room: LicenceRoom, intent_id: UUID) -> str:
    try:
        carry_on(room, RECOVERY, intent_id)
    except (Unavailable, Damaged) as error:
        log.warning("licence.recovery_waiting", intent=str(intent_id), error=error.code)
        return "waiting"
    except YinxinError as error:
        log.warning("licence.recovery_undone", intent=str(intent_id), error=error.code)
        return "undone"
    return "finished"
