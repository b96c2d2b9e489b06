"""Asking about a batch of 100,000 (批次查询): `python -m bench.batch_pages [items] [--postgresql]`, JSON lines.

Rows are laid out as after half of the work, all naming one stored result: what is measured is asking, not stamping.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from bench.batch import ME, PLACE, measured
from bench.batch_region import resident_kib
from bench.measure import measure
from foundation.settings import Settings
from hsm.digests import sha256
from seal import find, register
from seal.batches import handing, load, report, run
from seal.batches.load import Way
from seal.batches.models import BatchState, ItemState, SealBatch, SealBatchChunk, SealBatchItem
from seal.orders import OfdOrder, PdfOrder
from server import sample, upkeep
from server.house import House, open_house
from server.sample import MARKET
from tests.databases import execute, private_cluster
from tests.seal import papers


def lay_out(house: House, items: int) -> UUID:
    """The first half sealed, every hundredth of it failed."""
    room = house.seal
    seal = find.in_use(room, MARKET.uscc)
    way = Way(PdfOrder(b"", seal.id, PLACE, ""), OfdOrder(b"", seal.id, PLACE, ""))
    batch = load.create(room, ME, way)
    octets = papers.pdf()
    digest = sha256(octets).hex()
    room.ground.storage.put_new(register.key("pdf", digest), octets)
    half = items // 2
    for first in range(1, items + 1, 5000):
        rows = [
            _row(room.ground, batch.id, number, half, digest) for number in range(first, min(first + 5000, items + 1))
        ]
        with room.ground.db.begin() as session:
            session.connection().execute(insert(SealBatchItem), rows)
    with room.ground.db.begin() as session:
        session.get_one(SealBatch, batch.id).total = items
    run.start(room, ME, batch.id)
    with room.ground.db.begin() as session:
        for chunk in session.query(SealBatchChunk).where(
            SealBatchChunk.batch_id == batch.id, SealBatchChunk.last <= half
        ):
            failed = int(chunk.last % 100 == 0)
            chunk.state, chunk.sealed, chunk.failed = "done", 25 - failed, failed
    return batch.id


def _row(ground: Any, batch: UUID, number: int, half: int, digest: str) -> dict[str, object]:
    sealed, failed = number <= half, number <= half and number % 100 == 0
    state = ItemState.FAILED if failed else ItemState.SEALED if sealed else ItemState.READY
    return {
        "batch_id": batch,
        "number": number,
        "name": ground.cipher.encrypt("seal_batch_item", "name", f"{batch}/{number}", f"证照{number}.pdf"),
        "format": "pdf",
        "document_sha256": digest,
        "size": 1700,
        "state": state,
        "order_id": ground.ids.uuid7() if state == ItemState.SEALED else None,
        "result_sha256": digest if state == ItemState.SEALED else None,
        "code": "pdf.damaged" if failed else None,
        "reason_zh": "文件已损坏。" if failed else None,
        "reason_en": "The file is damaged." if failed else None,
    }


def say(what: str, **told: object) -> None:
    print(json.dumps({"what": what, **told}, ensure_ascii=False), flush=True)


def stream(pieces: Iterator[bytes]) -> dict[str, object]:
    """Taken as a client would; the most memory held on the way, above what was held before."""
    before, most, size = resident_kib(os.getpid()), 0, 0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if number % 500 == 0:
            most = max(most, resident_kib(os.getpid()))
    return {"mib": round(size / 2**20, 1), "more_rss_mib": round(max(most - before, 0) / 1024, 1)}


def ask(house: House, items: int) -> None:
    room = house.seal
    batch, cost = measured(lambda: lay_out(house, items))
    say("laid out", items=items, **cost)
    _, cost = measured(lambda: run.launch(room, {"batch": str(batch)}))
    say("jobs laid out", **cost)
    looks: dict[str, Callable[[], object]] = {
        "progress": lambda: report.progress(room, ME, batch),
        "first page of 100": lambda: report.items(room, ME, batch),
        "last page of 100": lambda: report.items(room, ME, batch, after=items - 100),
        "page of failed ones": lambda: report.items(room, ME, batch, state=ItemState.FAILED),
        "page of ready ones": lambda: report.items(room, ME, batch, state=ItemState.READY),
        "claim of a job": lambda: room.ground.jobs.claim(room.ground.db),
    }
    for name, look in looks.items():
        ms, wall = measure(look, times=20)
        say(name, cpu_ms=round(ms, 2), wall_ms=round(wall, 2))
    for name, pieces in (("table of all items", handing.table), ("archive of all results", handing.archive)):
        told, cost = measured(lambda p=pieces: stream(p(room, ME, batch)))  # type: ignore[misc]
        say(name, **told, **cost)
    _, cost = measured(lambda: run.change(room, ME, batch, BatchState.CANCELLED))
    say("cancelled", ms=round(cost["wall_s"] * 1000))


@contextmanager
def place(*, postgresql: bool) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="yx-batch-pages-", dir="/tmp") as home:
        if not postgresql:
            yield Settings(home=Path(home))
            return
        with private_cluster(durable=True) as cluster:
            execute(cluster.format(name="postgres"), "CREATE DATABASE pages")
            yield Settings(home=Path(home), database={"url": cluster.format(name="pages")})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("items", type=int, nargs="?", default=100_000)
    parser.add_argument("--postgresql", action="store_true")
    told = parser.parse_args()
    with place(postgresql=told.postgresql) as settings, open_house(settings, upgrade=True) as house:
        upkeep.start(house)
        sample.establish_departments(house)
        began = time.perf_counter()
        ask(house, told.items)
        say("all", wall_s=round(time.perf_counter() - began, 1))


if __name__ == "__main__":
    main()
