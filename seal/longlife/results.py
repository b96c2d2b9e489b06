"""Extended files by the file they go on from (长期版本查找): written once under their hash, the newest row counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from foundation.errors import Damaged
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from seal.longlife.levels import Level
from seal.longlife.models import LongLifeState, SealLongLife
from seal.register import key
from seal.room import SealRoom


def latest(room: SealRoom, source: bytes) -> bytes:
    """The longest-lived form of the sealed file `source`; `source` itself while there is none."""
    query = (
        select(SealLongLife.result_sha256)
        .where(SealLongLife.source_sha256 == sha256(source).hex(), SealLongLife.state == LongLifeState.EXTENDED)
        .order_by(SealLongLife.generation.desc())
        .limit(1)
    )
    with room.ground.db.read() as session:
        digest = session.scalar(query)
    if digest is None:
        return source
    found = stored(room, digest)
    if not found.startswith(source):
        raise _altered(digest)
    return found


def stored(room: SealRoom, digest: str) -> bytes:
    data = room.ground.storage.open(key("pdf", digest))
    if sha256(data).hex() != digest:
        raise _altered(digest)
    return data


def keep(
    room: SealRoom,
    order_id: UUID,
    generation: int,
    *,
    source: str,
    parent: bytes,
    result: bytes,
    level: Level,
    renew_by: datetime | None,
    settled: bool,
) -> bool:
    """Store the file, then its row; False when another process was first, whose file then counts."""
    digest = sha256(result).hex()
    room.ground.storage.put_new(key("pdf", digest), result)
    reach("longlife.stored")
    row = SealLongLife(
        id=room.ground.ids.uuid7(),
        order_id=order_id,
        generation=generation,
        state=LongLifeState.EXTENDED,
        level=level,
        source_sha256=source,
        parent_sha256=sha256(parent).hex(),
        result_sha256=digest,
        result_size=len(result),
        settled=settled,
        renew_by=renew_by,
        created_at=room.ground.clock.now(),
    )
    return _insert(room, row, "seal.extend", {"level": level.value, "result_sha256": digest})


def refuse(
    room: SealRoom, order_id: UUID, generation: int, *, source: str, parent: str, level: Level, reason: str
) -> bool:
    row = SealLongLife(
        id=room.ground.ids.uuid7(),
        order_id=order_id,
        generation=generation,
        state=LongLifeState.REFUSED,
        level=level,
        source_sha256=source,
        parent_sha256=parent,
        settled=True,
        reason=reason[:60],
        created_at=room.ground.clock.now(),
    )
    return _insert(room, row, "seal.extend.refuse", {"level": level.value, "reason": reason[:60]})


def _insert(room: SealRoom, row: SealLongLife, action: str, payload: dict[str, str]) -> bool:
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            session.flush()
            room.ground.audit.record(
                session, SYSTEM, action=action, object=f"seal-order:{row.order_id}", payload=payload
            )
    except IntegrityError:
        return False
    return True


def _altered(digest: str) -> Damaged:
    return Damaged(
        "seal.extended_damaged",
        Text(
            f"长期保存文件 {digest[:16]} 缺失或被改动，请从备份恢复。",
            f"The extended file {digest[:16]} is missing or altered. Restore it from a backup.",
        ),
    )
