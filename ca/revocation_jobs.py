"""Jobs around revocation (撤销后台任务): renewing OCSP answers, mass revocations, the daily check.

Jobs and not periodic work, so that of many workers one does each; every handler may be run again at any point.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ca import ocsp_refresh, revocation_check, revoke_many
from ca.room import CaRoom
from foundation.jobs import Handler

OCSP, MANY, CHECK = "ca.ocsp-refresh", revoke_many.JOB, "ca.revocation-check"


def handlers(room: CaRoom) -> dict[str, Handler]:
    return {
        OCSP: lambda _: _discard(ocsp_refresh.refresh(room)),
        MANY: lambda payload: revoke_many.run(room, UUID(payload["id"])),
        CHECK: lambda _: _discard(revocation_check.run(room)),
    }


def _discard(outcome: object) -> None:
    """What they found is in metrics, tables and the log."""
    del outcome


def tick(room: CaRoom) -> None:
    """Once a minute: enqueue what is due. A job of the same key that waits or runs is left as it is."""
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        room.ground.jobs.enqueue(session, OCSP, "all", {})
        if _is_due(revocation_check.last(session), now):
            room.ground.jobs.enqueue(session, CHECK, "daily", {})


def _is_due(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last >= revocation_check.EVERY
