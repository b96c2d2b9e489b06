"""One round of evidence records (证据记录任务): take in, plant, stamp, renew; each goes on from the last run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from seal.longlife.evidence.collecting import collect
from seal.longlife.evidence.planting import plant, stamp_all
from seal.longlife.evidence.renewing import RecordCheck, renew
from seal.longlife.evidence.sources import SOURCES, Source
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class Outcome:
    collected: int = 0
    planted: int = 0
    stamped: int = 0
    renewed: int = 0


def run(
    room: SealRoom, check: RecordCheck, *, sources: Sequence[Source] = SOURCES, within: timedelta | None = None
) -> Outcome:
    """`within`: take in only what was sealed so lately."""
    if not room.ground.settings.seal.evidence_digests:
        return Outcome(renewed=renew(room, check))
    return Outcome(collect(room, sources, within=within), plant(room), stamp_all(room), renew(room, check))
