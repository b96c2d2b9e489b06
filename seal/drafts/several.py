"""Several seals stamped by hand in one go (一次加盖多枚印章): what can be known before the first of them signs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.errors import InvalidInput
from foundation.text import Text
from seal.approval import counting, rules
from seal.room import SealRoom


def check_approvals(room: SealRoom, seals: Sequence[UUID]) -> None:
    """A seal that waits for approval must be the last: nobody is there to go on with the others once it is agreed."""
    with room.ground.db.read() as session:
        ruled = [counting.active(session, seal) for seal in seals[:-1]]
    if any(one is not None and rules.read(one.rules).approvals for one in ruled):
        raise InvalidInput(
            "seal.also_waiting",
            Text(
                "须先审批的印章请放在最后一枚，其余印章先盖。",
                "A seal that wants approval must be the last one; stamp the others before it.",
            ),
        )
