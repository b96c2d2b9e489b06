"""How this region's seals stand (本区域印章状态): the verifier's question, answered from the register itself."""

from __future__ import annotations

from seal.room import SealRoom
from seal.status_service.answers import standing
from verify.seal_status import SealStanding


class RegionSeals:
    """`verify.seal_status.SealStatusSource`. Speaks for the codes it ever gave out, and for nobody else's."""

    def __init__(self, room: SealRoom) -> None:
        self._room = room

    def seal_standing(self, code: str) -> SealStanding | None:
        known = standing(self._room, code)
        if known is None:
            return None
        return SealStanding(known.periods, self._room.ground.clock.now().replace(microsecond=0))
