"""Large batches: two workers share them, progress and downloads do not grow with them, a group may end in part."""

from __future__ import annotations

import csv
import io
import threading
import zipfile
import zlib
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from foundation.audit.models import AuditRow
from foundation.errors import Unavailable
from foundation.jobs import Job
from hsm.digests import sha256
from seal.approval.models import SealUse
from seal.batches import handing, load, one, report, run, together, zipped
from seal.batches.errors import BatchUnknown
from seal.batches.models import BatchState, ItemState, SealBatchChunk
from seal.models import OrderState, SealOrder
from tests.seal import papers
from tests.seal.conftest import TRANSPORT, Region, clerk
from tests.seal.test_batches import ME, pdfs, way, worker


def test_two_workers_share_a_batch_and_take_no_item_twice(region: Region) -> None:
    """Each item is begun once: the claims of one never give the other's chunk."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, [*pdfs(54, 20_000), ("证照.ofd", papers.ofd("SHARED"))])
    run.start(room, ME, batch.id)
    assert worker(room).run_one()  # laid out
    failures: list[BaseException] = []

    def work() -> None:
        try:
            worker(room).drain()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed, stands.ready, stands.chunks_done) == (BatchState.DONE, 55, 0, 3)
    with room.ground.db.read() as session:
        orders = session.scalars(select(SealOrder).where(SealOrder.order_key.startswith(f"batch:{batch.id}:"))).all()
        uses = session.scalar(select(func.count()).where(SealUse.order_id.in_([order.id for order in orders])))
        objects = [f"seal-order:{order.id}" for order in orders]
        audited = Counter(session.scalars(select(AuditRow.action).where(AuditRow.object.in_(objects))))
        attempts = set(session.scalars(select(Job.attempts).where(Job.key.startswith(f"{batch.id}:"))))
    assert (len(orders), uses, {order.state for order in orders}) == (55, 55, {OrderState.SEALED})
    assert audited == {"seal.stamp.record": 55, "seal.stamp": 55}
    assert attempts == {1}


def test_a_claimed_chunk_is_nobody_elses(region: Region) -> None:
    """Two claims at the same moment: the second passes over the row the first has locked (SKIP LOCKED)."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(26, 21_000))
    run.start(room, ME, batch.id)
    run.launch(room, {"batch": str(batch.id)})
    ground, taken = room.ground, []
    barrier = threading.Barrier(2)

    def claim() -> None:
        barrier.wait()
        found = ground.jobs.claim(ground.db)
        taken.append(found.id if found else None)

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in taken
    assert len(set(taken)) == 2
    run.change(room, ME, batch.id, BatchState.CANCELLED)
    region.clock.set(region.clock.now() + timedelta(minutes=5))
    worker(room).drain()
    region.turn_back(region.clock.now() - timedelta(minutes=5))
    assert report.progress(room, ME, batch.id).ready == 26


def test_after_a_pause_no_job_of_before_is_left(region: Region) -> None:
    """At 100,000 items four thousand of them would stand before the first that does something."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(51, 26_000))
    run.start(room, ME, batch.id)
    jobs = worker(room)
    assert jobs.run_one()
    assert jobs.run_one()
    run.change(room, ME, batch.id, BatchState.PAUSED)
    assert not jobs.run_one()
    run.change(room, ME, batch.id, BatchState.RUNNING)
    ran = 0
    while jobs.run_one():
        ran += 1
    assert ran == 3  # laid out again, and the two chunks that were left
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed) == (BatchState.DONE, 51)


def test_a_group_takes_few_transactions(region: Region) -> None:
    """What made a batch slow: a transaction for each step of each item. A time stamp's own is left."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(25, 22_000))
    run.start(room, ME, batch.id)
    jobs, commits = worker(room), Counter[str]()
    assert jobs.run_one()

    def count(connection: object) -> None:
        del connection
        commits["commit"] += 1

    event.listen(room.ground.db.engine, "commit", count)
    try:
        assert jobs.run_one()
    finally:
        event.remove(room.ground.db.engine, "commit", count)
    assert report.progress(room, ME, batch.id).sealed == 25
    assert commits["commit"] <= 25 + 8


def test_what_was_signed_before_the_house_failed_is_kept(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signer goes away in the middle of a group: what it signed is stored and told, the rest waits."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(5, 23_000))
    run.start(room, ME, batch.id)
    begun, signed = one.begun, []

    def failing(*given: object) -> object:
        order, prepare = begun(*given)  # type: ignore[arg-type]

        def prepared(held: object) -> object:
            sign = prepare(held)  # type: ignore[arg-type]

            def signs(row: SealOrder) -> bytes:
                if len(signed) == 2:
                    raise Unavailable("hsm.away", load.Text("不在", "away"))
                signed.append(row.id)
                return sign(row)

            return signs

        return order, prepared

    monkeypatch.setattr(together.one, "begun", failing)
    jobs = worker(room)
    jobs.drain()
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed, stands.ready) == (BatchState.RUNNING, 2, 3)
    monkeypatch.setattr(together.one, "begun", begun)
    now = region.clock.now()
    region.clock.set(now + timedelta(minutes=1))
    jobs.drain()
    region.turn_back(now)
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed) == (BatchState.DONE, 5)
    assert {item.order_id for item in report.items(room, ME, batch.id)[:2]} == set(signed)


def test_progress_counts_no_items(region: Region) -> None:
    """A page asks every few seconds: chunks are summed, whatever the batch holds."""
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, [*pdfs(30, 24_000), ("a.txt", b"no"), ("b.pdf", b"%PDF-1.7 nothing")])
    asked: list[str] = []
    before = report.progress(room, ME, batch.id)
    assert (before.sealed, before.failed, before.refused, before.ready) == (0, 0, 1, 31)
    run.start(room, ME, batch.id)
    worker(room).drain()

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        del connection, cursor, more
        asked.append(statement)

    event.listen(room.ground.db.engine, "before_cursor_execute", note)
    try:
        found = report.progress(room, ME, batch.id)
    finally:
        event.remove(room.ground.db.engine, "before_cursor_execute", note)
    assert (found.sealed, found.failed, found.refused, found.ready) == (30, 1, 1, 0)
    assert not any("seal_batch_item" in statement for statement in asked)
    with room.ground.db.read() as session:
        chunks = session.scalars(select(SealBatchChunk).where(SealBatchChunk.batch_id == batch.id)).all()
    states = Counter(item.state for item in report.items(room, ME, batch.id, limit=100))
    assert sum(chunk.sealed for chunk in chunks) == states[ItemState.SEALED]
    assert sum(chunk.failed for chunk in chunks) == states[ItemState.FAILED]


def test_results_leave_in_pieces(one_region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    room = one_region.room
    monkeypatch.setattr(report, "MOST", 4)  # several pages of rows
    batch = load.create(room, ME, way(one_region))
    load.add_files(room, ME, batch.id, [*pdfs(9, 25_000), ("=1+1.txt", b"no"), ("../x/up.pdf", papers.pdf())])
    run.start(room, ME, batch.id)
    worker(room).drain()
    pieces = list(handing.archive(room, ME, batch.id))
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert names[0] == "000001-证照25000.pdf"
        assert names[-1] == "000011-up.pdf"
        assert len(names) == 10
        sealed = {item.number: item.result_sha256 for item in report.items(room, ME, batch.id, limit=4)}
        assert sha256(found.read(names[0])).hex() == sealed[1]
    assert max(map(len, pieces)) < 200_000
    table = b"".join(handing.table(room, ME, batch.id))
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == [str(number) for number in range(1, 12)]
    assert rows[9]["name"] == "'=1+1.txt"
    assert rows[9]["code"] == "seal.format"
    for leave in (handing.archive, handing.table):
        with pytest.raises(BatchUnknown):
            leave(room, clerk(TRANSPORT), batch.id)


def test_a_zip_of_more_entries_than_sixteen_bits_count() -> None:
    """And one whose places need 64 bits: the directory says so, and other readers agree."""
    many = b"".join(zipped.pieces((f"{number}", b"") for number in range(70_000)))
    with zipfile.ZipFile(io.BytesIO(many)) as found:
        assert len(found.namelist()) == 70_000
    entry = zipped._entry(2**33, b"a", (0x0800, 0, 0, 33, zlib.crc32(b""), 0, 0, 1))
    assert entry.endswith((2**33).to_bytes(8, "little"))
    assert entry[42:46] == b"\xff\xff\xff\xff"
    assert list(zipped.pieces(()))[-1][:4] == b"PK\x05\x06"
