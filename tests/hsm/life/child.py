"""The keeper in a process of its own, to be killed at a failpoint."""

from __future__ import annotations

from pathlib import Path

from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.life.keeper import Keeper
from hsm.room import HsmRoom, unseal
from tests.conftest import START


def office(home: Path, url: str) -> Keeper:
    settings = Settings(home=home, database={"url": url})
    clock = FixedClock(START)
    ids, db = SystemIds(clock), open_database(settings)
    vault = unseal(settings, db, clock, ids)
    audit, storage, jobs = Audit(vault.mac, clock, ids), open_storage(settings), JobQueue(clock, ids)
    ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
    return HsmRoom.build(ground, vault).keeper_here
