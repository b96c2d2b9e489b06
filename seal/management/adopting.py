"""Taking seals into management that were made before there was any (印章补登记): once each, with what is known of them.

Their history begins with that; what happened earlier stands in the audit trail. Run at every start.
"""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from seal.management import access, counters, machine
from seal.management.apply import Custody
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import Public, State, Who
from seal.models import SealRow, SealState
from seal.room import SealRoom

_STATES = {
    SealState.MADE: State.MADE,
    SealState.IN_USE: State.IN_USE,
    SealState.SUSPENDED: State.SUSPENDED,
    SealState.REVOKED: State.REVOKED,
    SealState.DESTROYED: State.DESTROYED,
}
_BATCH = 500


def adopt(room: SealRoom) -> list[UUID]:
    """Files for seals that have none; their ids."""
    query = (
        select(SealRow)
        .where(SealRow.state.in_(_STATES), ~select(SealFile.id).where(SealFile.code == SealRow.code).exists())
        .order_by(SealRow.code)
        .limit(_BATCH)
    )
    adopted: list[UUID] = []
    while True:
        with room.ground.db.read() as session:
            rows = list(session.scalars(query))
        if not rows:
            return adopted
        for row in rows:
            counters.prepare_for(room.ground.db, row.department)
            adopted += _one(room, row)


def _one(room: SealRoom, seal: SealRow) -> list[UUID]:
    state = _STATES[SealState(seal.state)]
    began = [{"state": Public.IN_USE, "since": machine.moment(seal.created_at), "reason": Reason.ADOPTED}]
    file = SealFile(
        id=room.ground.ids.uuid7(),
        code=seal.code,
        state=state,
        kind=seal.kind,
        department=seal.department,
        department_name=seal.department_name,
        ring_text=seal.ring_text,
        line_text=seal.line_text,
        diameter=seal.diameter,
        custody=Custody.CLOUD,
        version=1,
        moves=0,
        public="[]" if state is State.MADE else json.dumps(began, separators=(",", ":")),
        created_at=seal.created_at,
        changed_at=seal.changed_at,
    )
    # a seal in use was so since it was made; another state it has since its row last changed
    at = seal.created_at if state is State.IN_USE else seal.changed_at
    try:
        with room.ground.db.begin() as session:
            session.add(file)
            session.flush()
            machine.note(
                room.ground,
                session,
                file,
                machine.MANAGER,
                access.ADOPT,
                None,
                Who.SYSTEM,
                Reason.ADOPTED,
                at=at,
            )
            counters.advance(session, counters.STATUS)
    except IntegrityError:  # another process adopts too
        return []
    return [file.id]
