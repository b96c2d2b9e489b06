"""What the centre does by itself (密钥管理中心日常): finish interrupted pairs, keep spare keys."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from ca.kmc.guard import escrow_of
from ca.kmc.models import CaKmcPair, PairState
from ca.kmc.pairs import finish
from ca.room import CaRoom
from foundation.errors import YinxinError
from foundation.principal import SYSTEM
from hsm.keys import Algorithm

log = structlog.get_logger("ca.kmc")
GRACE = timedelta(minutes=1)


def recover(room: CaRoom, *, older_than: timedelta = GRACE) -> list[UUID]:
    """Finish every pair recorded longer ago than that; one that cannot be finished stays and is logged each time."""
    if room.escrow is None:
        return []
    before, made = room.ground.clock.now() - older_than, []
    query = select(CaKmcPair).where(CaKmcPair.state == PairState.RECORDED, CaKmcPair.recorded_at <= before)
    with room.ground.db.read() as session:
        rows = session.scalars(query.order_by(CaKmcPair.recorded_at)).all()
    for row in rows:
        try:
            made.append(finish(room, SYSTEM, row).id)
        except YinxinError as error:
            log.warning("kmc.recovery_refused", pair=str(row.id), code=error.code)
    return made


def stock(room: CaRoom) -> int:
    """Refill the spare keys; enrolment then waits for no key to be made."""
    if room.escrow is None:
        return 0
    wanted = room.ground.settings.kmc
    escrow = escrow_of(room)
    return escrow.stock(Algorithm.SM2, wanted.spare_sm2) + escrow.stock(Algorithm.RSA_2048, wanted.spare_rsa)
