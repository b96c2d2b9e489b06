"""Our own list as it was last published (已发布的信任列表): what a page says of it, without making a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ca.reading import Certificate
from verify.regions.models import TrustPublication
from verify.regions.room import RegionsRoom
from verify.regions.signed import claimed_signers


@dataclass(frozen=True, slots=True)
class Published:
    number: int
    issued: datetime
    next_update: datetime
    signer: Certificate


def newest(room: RegionsRoom) -> Published | None:
    query = select(TrustPublication).where(TrustPublication.octets.is_not(None))
    with room.ground.db.read() as session:
        row = session.scalars(query.order_by(TrustPublication.number.desc()).limit(1)).one_or_none()
    if row is None or row.octets is None:
        return None
    return Published(row.number, row.issued, row.next_update, claimed_signers(row.octets)[0])
