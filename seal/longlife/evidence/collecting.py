"""Taking in sealed files (归档收集): each read once, held against its name, digested. Nothing twice, whoever dies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from foundation.clock import SHANGHAI
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from hsm.digests import Digest
from seal.longlife.evidence.digesting import digests
from seal.longlife.evidence.models import EvidenceDigest, EvidenceFile
from seal.longlife.evidence.sources import Entry, Source
from seal.room import SealRoom

log = structlog.get_logger("seal")
BATCH = 2000


def lines(room: SealRoom) -> tuple[Digest, ...]:
    """The algorithms a new file gets a record of its own for."""
    return tuple(map(Digest, room.ground.settings.seal.evidence_digests))


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def collect(room: SealRoom, sources: Sequence[Source], *, within: timedelta | None = None, most: int = BATCH) -> int:
    """How many were taken in now."""
    since = None if within is None else room.ground.clock.now() - within
    taken = 0
    for source in sources:
        with room.ground.db.read() as session:
            waiting = source.waiting(session, since, most)
        for entry in waiting:
            taken += _take(room, entry)
            reach("evidence.collected")
    return taken


def _take(room: SealRoom, entry: Entry) -> bool:
    found = digests(room.ground.storage, entry.storage_key, {Digest.SHA256, *lines(room)})
    sound = found is not None and found[Digest.SHA256].hex() == entry.sha256
    ids, now = room.ground.ids, room.ground.clock.now()
    file = EvidenceFile(
        id=ids.uuid7(), sha256=entry.sha256, kind=entry.kind, owner=entry.owner, storage_key=entry.storage_key,
        day=day_of(entry.at), altered=not sound, created_at=now,
    )  # fmt: skip
    rows = [
        EvidenceDigest(id=ids.uuid7(), file_id=file.id, algorithm=digest.value, value=value)
        for digest, value in (found or {}).items()
        if sound
    ]
    try:
        with room.ground.db.begin() as session:
            session.add(file)
            session.flush()
            session.add_all(rows)
            if not sound:
                room.ground.audit.record(
                    session,
                    SYSTEM,
                    action="seal.evidence.altered",
                    object=f"seal-order:{entry.owner}",
                    payload={"sha256": entry.sha256},
                )
    except IntegrityError:
        return False  # another worker was first
    if not sound:
        log.error("seal.evidence_altered", order=str(entry.owner), sha256=entry.sha256)
    return sound
