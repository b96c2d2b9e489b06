"""A large batch for real (大批量用章实测): `python -m bench.batch 100000 [--minutes 45] [--workers 2]`, JSON lines out.

Small PDFs, one in fifty an OFD; real worker processes, killed with -9 at random times, one pause and resume in the
middle. At the end every item is held against its order, its ledger row, its audit row and its file. Where the time ends
first the batch is cancelled and what was stamped by then is held the same way.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.batch_region import Processes, region
from bench.measure import cpu
from foundation.principal import Kind, Permission, Principal
from seal import find
from seal.batches import load, report, run
from seal.batches.load import Way
from seal.batches.models import BatchState
from seal.orders import OfdOrder, PdfOrder, Placement
from server import sample, upkeep
from server.house import House, open_house
from server.sample import MARKET
from tests.seal import papers

ME = Principal(
    Kind.CLIENT,
    "client:bench",
    frozenset({Permission.SEAL_STAMP, Permission.SEAL_READ}),
    department=MARKET.uscc,
    client_id="bench",
)
PLACE = Placement(1, 150, 240)
PER_ARCHIVE = 5000
ONE_OFD_IN = 50
LOOK_EVERY = 10.0
MARKS = (1000, 10_000, 50_000, 100_000)
RESULTS = 200


def say(what: str, **told: object) -> None:
    print(json.dumps({"at": time.strftime("%H:%M:%S"), "what": what, **told}, ensure_ascii=False), flush=True)


def documents(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Each with an identifier of its own."""
    plain = papers.pdf()
    told = re.search(rb"<[0-9a-f]{32}>", plain)
    if told is None:
        raise RuntimeError("the paper has no identifier to change")
    for number in range(first, first + count):
        if number % ONE_OFD_IN:
            yield f"证照{number}.pdf", plain.replace(told[0], b"<%032x>" % number)
        else:
            yield f"证照{number}.ofd", papers.ofd(f"N{number}")
            papers.ofd.cache_clear()


def archives(count: int) -> Iterator[bytes]:
    for first in range(0, count, PER_ARCHIVE):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as out:
            for name, data in documents(first, min(PER_ARCHIVE, count - first)):
                out.writestr(name, data)
        yield buffer.getvalue()


def measured(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    began, clock = cpu(), time.perf_counter()
    found = work()
    return found, {"cpu_s": round(cpu() - began, 2), "wall_s": round(time.perf_counter() - clock, 2)}


@dataclass
class Stamping:
    """One batch under way: looks at it as a page would, kills workers, pauses once."""

    house: House
    processes: Processes
    batch: UUID
    total: int
    until: float
    kill_every: float
    began: float = field(default_factory=time.monotonic)
    base: dict[str, float] = field(default_factory=dict)
    paused: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(8))  # noqa: S311 - no secret

    def go(self) -> bool:
        """True when it is done, False when the time was over."""
        self.base = self.processes.spent()
        marks = [mark for mark in MARKS if mark < self.total]
        next_kill = self._later()
        while True:
            time.sleep(LOOK_EVERY)
            found, cost = measured(lambda: report.progress(self.house.seal, ME, self.batch))
            over = found.sealed + found.failed
            if found.batch.state == BatchState.DONE:
                self._figures("done", over, cost)
                return True
            if marks and over >= marks[0]:
                self._figures(f"at {marks.pop(0)}", over, cost)
            half_time = time.monotonic() > (self.began + self.until) / 2
            if not self.paused and (over >= self.total // 2 or half_time):
                self._pause()
            if time.monotonic() > next_kill:
                victim = self.dice.choice(self.processes.workers)
                self.processes.kill(victim)
                say("kill -9", worker=victim.number, sealed=over, failed=found.failed)
                next_kill = self._later()
            if time.monotonic() > self.until:
                self._figures("time is over", over, cost)
                return False

    def _later(self) -> float:
        return time.monotonic() + self.dice.uniform(0.4, 1.6) * self.kill_every

    def _figures(self, what: str, over: int, cost: dict[str, float]) -> None:
        seconds = time.monotonic() - self.began
        spent = {name: value - self.base[name] for name, value in self.processes.spent().items()}
        say(
            what,
            items=over,
            per_second=round(over / seconds, 1),
            cpu_ms_per_item={name: round(1000 * value / max(over, 1), 2) for name, value in spent.items()},
            rss_mib=self.processes.resident(),
            progress_ms=round(cost["cpu_s"] * 1000, 1),
            killed=self.processes.killed,
        )

    def _pause(self) -> None:
        room = self.house.seal
        self.paused = True
        _, cost = measured(lambda: run.change(room, ME, self.batch, BatchState.PAUSED))
        time.sleep(20)
        before = report.progress(room, ME, self.batch)
        time.sleep(10)
        after = report.progress(room, ME, self.batch)
        _, again = measured(lambda: run.change(room, ME, self.batch, BatchState.RUNNING))
        say(
            "paused and resumed",
            stood_still=before.sealed == after.sealed,
            sealed=after.sealed,
            pause=cost,
            resume=again,
        )


def check(house: House, batch: UUID) -> dict[str, object]:
    """Counted by the database, past our own code: each item one result, one order, one ledger row, one audit row."""
    mine = "FROM seal_batch_item i JOIN seal_order o ON o.order_key = 'batch:' || :batch || ':' || i.number "
    wanted = {
        "items": "SELECT count(*) FROM seal_batch_item WHERE batch_id = CAST(:batch AS uuid)",
        "numbers": "SELECT count(DISTINCT number) FROM seal_batch_item WHERE batch_id = CAST(:batch AS uuid)",
        "sealed": "SELECT count(*) FROM seal_batch_item WHERE batch_id = CAST(:batch AS uuid) AND state = 'sealed'",
        "failed": "SELECT count(*) FROM seal_batch_item WHERE batch_id = CAST(:batch AS uuid) AND state = 'failed'",
        "orders": f"SELECT count(*) {mine} WHERE i.batch_id = CAST(:batch AS uuid) AND o.state = 'sealed'",
        "same_order_and_file": f"SELECT count(*) {mine} WHERE i.batch_id = CAST(:batch AS uuid) AND i.state = 'sealed'"
        " AND i.order_id = o.id AND i.result_sha256 = o.result_sha256 AND i.document_sha256 = o.document_sha256",
        "different_files": "SELECT count(DISTINCT result_sha256) FROM seal_batch_item"
        " WHERE batch_id = CAST(:batch AS uuid) AND state = 'sealed'",
        "ledger_rows": f"SELECT count(*) {mine} JOIN seal_use u ON u.order_id = o.id"
        " WHERE i.batch_id = CAST(:batch AS uuid) AND o.state = 'sealed'",
        "audit_rows": f"SELECT count(*) {mine} JOIN audit_row a ON a.object = 'seal-order:' || o.id"
        " AND a.action = 'seal.stamp' WHERE i.batch_id = CAST(:batch AS uuid)",
    }
    with house.ground.db.read() as session:
        return {
            name: session.execute(text(query), {"batch": str(batch)}).scalar_one() for name, query in wanted.items()
        }


def genuine(house: House, batch: UUID, sealed: int, total: int) -> int:
    """How many of `RESULTS` sealed items, taken at random, our own verifier calls genuine."""
    dice, found = random.Random(21), 0  # noqa: S311 - no secret
    wanted, looked = min(RESULTS, sealed), set[int]()
    while len(looked) < wanted:
        number = dice.randint(1, total)
        item = report.items(house.seal, ME, batch, after=number - 1, limit=1)[0]
        if item.number in looked or item.result_sha256 is None:
            continue
        looked.add(item.number)
        _, octets = report.result(house.seal, ME, batch, item.number)
        found += house.verify.judge_file(octets).verdict.value == "genuine"
    return found


def stamp(house: House, processes: Processes, told: argparse.Namespace) -> None:
    room = house.seal
    seal = find.in_use(room, MARKET.uscc)
    way = Way(PdfOrder(b"", seal.id, PLACE, ""), OfdOrder(b"", seal.id, PLACE, ""))
    batch = load.create(room, ME, way)
    free = shutil.disk_usage(processes.home).free
    _, cost = measured(lambda: [load.add_archive(room, ME, batch.id, octets) for octets in archives(told.items)])
    say("loaded", items=told.items, **cost, rss_mib=processes.resident())
    for number in range(told.workers):
        processes.start_worker(number)
    time.sleep(20)
    _, cost = measured(lambda: run.start(room, ME, batch.id))
    say("started", **cost)
    stamping = Stamping(house, processes, batch.id, told.items, told.until, told.kill_every)
    done = stamping.go()
    if not done:
        _, cost = measured(lambda: run.change(room, ME, batch.id, BatchState.CANCELLED))
        say("cancelled", **cost)
        time.sleep(60)  # groups under way are finished
    held = check(house, batch.id)
    stands = report.progress(room, ME, batch.id)
    say("held against each other", done=done, **held, progress=[stands.sealed, stands.failed])
    say("verified", of=min(RESULTS, stands.sealed), genuine=genuine(house, batch.id, stands.sealed, told.items))
    used = free - shutil.disk_usage(processes.home).free
    say("disk", gib_of_the_whole_machine=round(used / 2**30, 2))


def _end(number: int, frame: object) -> None:
    del number, frame
    sys.exit(1)  # so that the region is taken down


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    parser = argparse.ArgumentParser()
    parser.add_argument("items", type=int, nargs="?", default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0, help="from now; then the batch is cancelled")
    parser.add_argument("--kill-every", type=float, default=60.0, help="seconds, on average")
    told = parser.parse_args()
    told.until = time.monotonic() + told.minutes * 60
    with region() as (settings, processes), open_house(settings) as house:
        upkeep.start(house)
        sample.establish_departments(house)
        stamp(house, processes, told)


if __name__ == "__main__":
    main()
