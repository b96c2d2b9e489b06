"""The next-day job (次日延长): every sealed PDF gets its revocation data once lists later than the seal are published.

And the archive job (归档续期): document time stamps are renewed while the certificate of the last one still lives.
Each file is one step of its own: killed anywhere, the next run finds what has no row yet and does it; nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, select
from sqlalchemy.orm import aliased

from ca import crl
from ca.chain import authorities
from ca.profiles import Role
from ca.reading import read_crl
from ca.suites import Suite
from foundation.errors import Damaged, Unavailable, YinxinError
from foundation.failpoints import reach
from seal.longlife import results
from seal.longlife.extending import extend
from seal.longlife.levels import ChainCheck, Level
from seal.longlife.models import LongLifeState, SealLongLife
from seal.longlife.region import RegionSources, RegionStamper, stamp_ends
from seal.models import OrderState, SealOrder
from seal.room import SealRoom

log = structlog.get_logger("seal")
BATCH = 200
BEFORE = timedelta(days=90)
"""A stamp is renewed so long before its authority's certificate ends."""


@dataclass(frozen=True, slots=True)
class Step:
    """`settles`: nothing but data about a document time stamp that stands there already."""

    order_id: UUID
    generation: int
    source: str
    parent: str
    settles: bool = False
    renew_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    extended: int = 0
    refused: int = 0
    waiting: int = 0


def run(room: SealRoom, check: ChainCheck, *, most: int = BATCH, within: timedelta | None = None) -> Outcome:
    """One round: what the setting asks for, then renewals. `within`: look at what was sealed so lately only."""
    settings = room.ground.settings.seal
    level = Level(settings.extend_to)
    if level is Level.B_T:
        return Outcome()
    at_once = settings.extend_when == "at-once"
    counts = {"extended": 0, "refused": 0, "waiting": 0}
    since = None if within is None else room.ground.clock.now() - within
    for step in _due(room, level, most, since, at_once=at_once):
        counts[_one(room, step, level, check, at_once=at_once)] += 1
    return Outcome(**counts)


def _due(room: SealRoom, level: Level, most: int, since: datetime | None, *, at_once: bool) -> Iterator[Step]:
    now = room.ground.clock.now()
    horizon = now + timedelta(seconds=1) if at_once else _published(room)
    with room.ground.db.read() as session:
        fresh = session.execute(_fresh(since, horizon, most)).all()
        older = session.scalars(_older(level, now + BEFORE, horizon, most)).all() if level is Level.B_LTA else []
    yield from (Step(order, 1, result, result) for order, result in fresh if result is not None)
    for row in older:
        ends = row.renew_by is not None and row.renew_by <= now + BEFORE
        settles = row.level == level and not ends
        if row.result_sha256 is not None:
            yield Step(row.order_id, row.generation + 1, row.source_sha256, row.result_sha256, settles, row.renew_by)


def _published(room: SealRoom) -> datetime:
    """The youngest moment every issuing CA has published a list after."""
    issuing = [one.slug for one in authorities(room.ca) if one.role is Role.ISSUING]
    return min(read_crl(crl.current(room.ca, slug)).this_update for slug in issuing)


def _fresh(since: datetime | None, horizon: datetime, most: int) -> Select[UUID, str | None]:
    known = select(SealLongLife.id).where(SealLongLife.order_id == SealOrder.id)
    return (
        select(SealOrder.id, SealOrder.result_sha256)
        .where(
            SealOrder.state == OrderState.SEALED,
            SealOrder.format == "pdf",
            SealOrder.sealed_at < horizon,
            *(() if since is None else (SealOrder.recorded_at >= since,)),
            ~known.exists(),
        )
        .order_by(SealOrder.sealed_at, SealOrder.id)
        .limit(most)
    )


def _older(level: Level, ends: datetime, horizon: datetime, most: int) -> Select[SealLongLife]:
    """The newest of each file where it has no document time stamp yet, or one that ends soon, or one that nothing says
    was good when it was made: strict verifiers want data later than the stamp itself (EN 319 102-1 5.6.2.2).
    """
    later = aliased(SealLongLife)
    newer = select(later.id).where(
        and_(later.order_id == SealLongLife.order_id, later.generation > SealLongLife.generation)
    )
    unsettled = and_(SealLongLife.settled.is_(False), SealLongLife.created_at < horizon)
    return (
        select(SealLongLife)
        .where(
            SealLongLife.state == LongLifeState.EXTENDED,
            (SealLongLife.level != level) | (SealLongLife.renew_by <= ends) | unsettled,
            ~newer.exists(),
        )
        .order_by(SealLongLife.created_at, SealLongLife.id)
        .limit(most)
    )


def _one(room: SealRoom, step: Step, level: Level, check: ChainCheck, *, at_once: bool) -> str:
    suite = Suite.SM2
    sources, stamper = RegionSources(room.ca, at_once=at_once), RegionStamper(room.ca, suite)
    try:
        parent = results.stored(room, step.parent)
        wanted = Level.B_LT if step.settles else level
        result = extend(parent, wanted, sources, stamper=stamper, check=check)
        reach("longlife.extended")
        ends = stamp_ends(room.ca, suite) if wanted is Level.B_LTA else step.renew_by
        results.keep(
            room,
            step.order_id,
            step.generation,
            source=step.source,
            parent=parent,
            result=result,
            level=level,
            renew_by=ends,
            settled=wanted is Level.B_LT,
        )
        reach("longlife.kept")
    except (Unavailable, Damaged) as error:
        log.warning("seal.extend_waiting", order=str(step.order_id), error=error.code)
        return "waiting"
    except YinxinError as error:
        log.warning("seal.extend_refused", order=str(step.order_id), error=error.code)
        results.refuse(
            room,
            step.order_id,
            step.generation,
            source=step.source,
            parent=step.parent,
            level=level,
            reason=error.code,
        )
        return "refused"
    return "extended"
