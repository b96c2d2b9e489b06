"""Destroying a seal (印章销毁): its keys sign no more from the first step; their private halves go under dual control.

What is destroyed is decided in the key room by two key custodians (`yinxin hsm request destroy …`); here is recorded
that it was asked for, and that it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from hsm.keys import State as KeyState
from hsm.life.listing import keys
from seal.management import access, machine
from seal.management.errors import KeysRemain
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import State, Step, Who
from seal.room import SealRoom
from seal.status_service import publishing


@dataclass(frozen=True, slots=True)
class SealKey:
    """One key of a seal and where it is in its life."""

    name: str
    version: int
    state: str


def seal_keys(room: SealRoom, row: SealFile) -> list[SealKey]:
    if row.code is None:
        return []
    return [SealKey(one.name, one.version, one.state) for one in keys(room.ground.db, f"seal/{row.code}/")]


def destroy(room: SealRoom, principal: Principal, file_id: UUID) -> State:
    """Begin, or conclude once every key is destroyed; until then `KeysRemain` names what the custodians still have."""
    principal.require(Permission.SEAL_MAKE)
    with room.ground.db.begin() as session:
        row = access.load(session, principal, file_id, lock=True)
        begun = row.state == State.DESTROYING
        taken = access.way(row, Step.DESTROY if begun else Step.RETIRE)
        who = access.check(session, row, principal, taken)
        if not begun:
            machine.move(room.ground, session, row, principal, taken, who, Reason.LIFE_OVER)
    reach("seal.management.retiring")
    _retire(room, row)
    if _remaining(room, row):
        if begun:
            raise KeysRemain([f"{one.name}#{one.version}" for one in _remaining(room, row)])
        return State.DESTROYING
    return _conclude(room, principal, file_id, who)


def conclude_all(room: SealRoom) -> list[UUID]:
    """Record what the custodians have done since: run by upkeep."""
    with room.ground.db.read() as session:
        rows = list(session.scalars(select(SealFile).where(SealFile.state == State.DESTROYING)))
    done: list[UUID] = []
    for row in rows:
        _retire(room, row)  # a crash may have come between the state and the keys
        if not _remaining(room, row):
            _conclude(room, machine.MANAGER, row.id, Who.SYSTEM)
            done.append(row.id)
    return done


def _retire(room: SealRoom, row: SealFile) -> None:
    for one in seal_keys(room, row):
        if one.state in (KeyState.ACTIVE, KeyState.PRE_ACTIVE):
            room.keys.retire(one.name, one.version, principal=machine.MANAGER)


def _remaining(room: SealRoom, row: SealFile) -> list[SealKey]:
    return [one for one in seal_keys(room, row) if one.state != KeyState.DESTROYED]


def _conclude(room: SealRoom, principal: Principal, file_id: UUID, who: Who) -> State:
    with room.ground.db.begin() as session:
        row = machine.locked(session, file_id)
        if row.state == State.DESTROYING:
            taken = access.way(row, Step.DESTROY)
            machine.move(room.ground, session, row, principal, taken, who, Reason.KEYS_DESTROYED)
    publishing.refresh(room)
    return State(row.state)
