"""Publishing the list of all seals (印章状态列表): anew with each change, and before half of its life is over.

Prepare, record, sign, compare, store: number and digest are committed before the key signs, so a list that was never
published leaves a gap in the numbers and no number is used twice.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from foundation.errors import NotFound, Unavailable, YinxinError
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import sha256
from hsm.service.errors import IntentUnknown, PolicyRefused
from seal.management import counters
from seal.management.models import SealCounter
from seal.room import SealRoom
from seal.status_service import signing, wire
from seal.status_service.models import SealStatusList
from seal.status_service.register import entries
from seal.status_service.wire import Statement

log = structlog.get_logger("seal.status")
LIFE = timedelta(hours=24)
_ATTEMPTS = 4


def current(room: SealRoom) -> bytes:
    """The list in force; a new one when something changed since, or it is half over."""
    for _ in range(_ATTEMPTS):
        newest, dirty = _newest(room)
        if newest is not None and not dirty and room.ground.clock.now() < newest.this_update + LIFE / 2:
            octets = _stored(room, newest)
            if octets is not None:
                return octets
        made = _publish(room)
        if made is not None:
            return made
    raise Unavailable(
        "seal.status_busy",
        Text("印章状态列表正在更新，请稍后再试。", "The list of seals is being published. Try again shortly."),
    )


def refresh(room: SealRoom) -> bool:
    """Publish what is due. A signer that is away keeps no step from being taken; upkeep tries again."""
    try:
        current(room)
    except YinxinError as error:
        log.warning("seal.status_unpublished", code=error.code)
        return False
    return True


def key_of(number: int) -> str:
    return f"seal-status/{number:010d}.json"


def _newest(room: SealRoom) -> tuple[SealStatusList | None, bool]:
    """The newest published list, and whether something public changed since."""
    with room.ground.db.read() as session:
        query = select(SealStatusList).where(SealStatusList.sha256.is_not(None))
        newest = session.scalars(query.order_by(SealStatusList.number.desc()).limit(1)).one_or_none()
        return newest, newest is None or newest.version != counters.value(session, counters.STATUS)


def _stored(room: SealRoom, row: SealStatusList) -> bytes | None:
    try:
        octets = room.ground.storage.open(key_of(row.number))
    except NotFound:
        return None
    return octets if sha256(octets).hex() == row.sha256 else None


def _publish(room: SealRoom) -> bytes | None:
    """A new list; None when somebody else took the number, and so has a newer one."""
    by = signing.publisher(room)
    counters.prepare(room.ground.db, counters.STATUS)
    recorded = _record(room)
    if recorded is None:
        return None
    number, content = recorded
    reach("seal.status.recorded")
    try:
        octets = signing.signed(by, wire.LIST, content, f"seal-status:list:{number}")
    except (IntentUnknown, PolicyRefused):
        if _newest(room)[1]:  # a seal moved on meanwhile, and the signer has seen it: this list must not be signed
            return None
        raise
    reach("seal.status.signed")
    room.ground.storage.put_new(key_of(number), octets)
    reach("seal.status.stored")
    with room.ground.db.begin() as session:
        session.execute(
            update(SealStatusList).where(SealStatusList.number == number).values(sha256=sha256(octets).hex())
        )
        room.ground.audit.record(
            session,
            SYSTEM,
            action="seal.status.publish",
            object=f"seal-status-list:{number}",
            payload={"number": number, "sha256": sha256(octets).hex()},
        )
    return octets


def _record(room: SealRoom) -> tuple[int, bytes] | None:
    """Commit number and digest. Under the counter's lock, so that the list knows every change it says it knows."""
    now = room.ground.clock.now().replace(microsecond=0)
    try:
        with room.ground.db.begin() as session:
            version = session.scalars(
                select(SealCounter.value).where(SealCounter.name == counters.STATUS).with_for_update()
            ).one()
            number = 1 + (session.scalar(select(func.max(SealStatusList.number))) or 0)
            seals = entries(session)
            content = wire.payload(Statement(number, now, now + LIFE, seals))
            session.add(
                SealStatusList(
                    number=number,
                    version=version,
                    this_update=now,
                    next_update=now + LIFE,
                    entries=len(seals),
                    payload_sha256=sha256(content).hex(),
                )
            )
    except IntegrityError:
        return None
    return number, content
