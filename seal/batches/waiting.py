"""Items that came outside the hours or after the day's last use (时段外等待): they wait, they have not failed."""

from __future__ import annotations

from foundation.errors import YinxinError
from seal.approval import counting, rules
from seal.approval.rules import OutsideRules
from seal.batches.models import SealBatch
from seal.room import SealRoom

_HOURS, _PER_DAY = "seal.rules_hours", "seal.rules_per_day"


def passes(error: YinxinError) -> bool:
    """Whether time alone mends it."""
    return isinstance(error, OutsideRules) and error.code in (_HOURS, _PER_DAY)


def until_allowed(room: SealRoom, batch: SealBatch, job: tuple[str, int, int], error: OutsideRules) -> None:
    """Lay the chunk's job out again for the moment the rules open; `job` is its kind, chunk and run."""
    kind, chunk, run = job
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        policy = counting.active(session, batch.seal_id)
        ruled = rules.read(policy.rules) if policy is not None else rules.Rules()
        at = rules.opens(ruled, rules.next_day(now) if error.code == _PER_DAY else now)
        # a name of its own: the job that runs now is not done yet
        key = f"{batch.id}:{chunk}:{run}:{now:%y%m%d%H%M%S}"
        said = {"batch": str(batch.id), "chunk": chunk, "run": run}
        room.ground.jobs.enqueue(session, kind, key, said, run_at=at)
