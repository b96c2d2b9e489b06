"""The clock of revocations (撤销时限): what we were asked for, how long we may take, and what is late.

BR 4.9.1.1: 24 hours at the subscriber's word or for a lost key, otherwise five days. What is late is in the list, in
the metric and in the log, each minute again until it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ca.reading.crl import Reason
from ca.registration import access
from ca.registration.models import CaRegistration
from ca.registration.room import RegistrationRoom
from ca.registration.states import FINAL, Kind, State
from foundation.metrics import REVOCATIONS_OPEN, REVOCATIONS_OVERDUE
from foundation.principal import Principal

log = structlog.get_logger("ca.registration")
MOST = 500


@dataclass(frozen=True, slots=True)
class Case:
    id: UUID
    kind: Kind
    state: State
    certificate_id: UUID | None
    reason: Reason | None
    asked_at: datetime
    due_at: datetime
    left: timedelta
    """Negative when it is late."""

    @property
    def urgent(self) -> bool:
        """Of the 24-hour class."""
        return self.due_at - self.asked_at <= timedelta(hours=24)

    @property
    def overdue(self) -> bool:
        return self.left < timedelta()


def cases(room: RegistrationRoom, principal: Principal) -> list[Case]:
    """Open cases the caller may see, the most pressing first."""
    own, now = access.own_index(room, principal), room.ground.clock.now()
    query = (
        select(CaRegistration)
        .where(
            CaRegistration.due_at.is_not(None),
            CaRegistration.state.not_in([*FINAL, State.ISSUED]),
            access.scope(principal, own),
        )
        .order_by(CaRegistration.due_at)
        .limit(MOST)
    )
    with room.ground.db.read() as session:
        rows = session.scalars(query).all()
    return [
        Case(
            row.id,
            Kind(row.kind),
            State(row.state),
            row.certificate_id,
            Reason(row.reason) if row.reason is not None else None,
            row.created_at,
            row.due_at,
            row.due_at - now,
        )
        for row in rows
        if row.due_at is not None
    ]


def alarm(room: RegistrationRoom, principal: Principal) -> list[Case]:
    """The late ones, said aloud."""
    present = cases(room, principal)
    late = [case for case in present if case.overdue]
    for urgent, label in ((True, "24h"), (False, "5d")):
        REVOCATIONS_OPEN.labels(label).set(sum(case.urgent is urgent for case in present))
        REVOCATIONS_OVERDUE.labels(label).set(sum(case.urgent is urgent for case in late))
    for case in late:
        log.error("revocation.overdue", registration=str(case.id), minutes=int(-case.left.total_seconds() // 60))
    return late
