"""A process of its own that answers one request of the small app, and may be killed on the way (YINXIN_FAILPOINT)."""

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
from hsm.room import unseal
from tests.conftest import START
from tests.foundation.frame.small import CLERK, ITEM, small_app


def main(home: str, url: str, key: str) -> None:
    settings = Settings(home=Path(home), database={"url": url}, web={"rate_limits": False})
    clock = FixedClock(START)
    db, ids = open_database(settings), SystemIds(clock)
    vault = unseal(settings, db, clock, ids)
    audit, storage, jobs = Audit(vault.mac, clock, ids), open_storage(settings), JobQueue(clock, ids)
    ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
    answer = (
        small_app(ground).test_client().post("/api/v1/test/items", json=ITEM, headers=CLERK | {"Idempotency-Key": key})
    )
    print(answer.status_code)  # noqa: T201 - not reached when the process is killed
