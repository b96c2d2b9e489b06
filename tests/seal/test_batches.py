"""Batches: lists and archives, hostile entries, pause and cancel, approvals over the list, and what workers do."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from foundation.clock import SHANGHAI
from foundation.jobs import Worker
from hsm.digests import sha256
from seal import ledger, ledger_pictures
from seal.approval import cases, cases_open, shown
from seal.approval.errors import CaseUnknown
from seal.approval.models import SealUse
from seal.approval.rules import Hours
from seal.batches import archive, load, report, run
from seal.batches.errors import BatchEmpty, BatchUnknown, NotNow
from seal.batches.load import Way
from seal.batches.models import BatchState, ItemState, SealBatch, SealBatchItem
from seal.models import SealOrder
from seal.orders import Matter, OfdOrder, PdfOrder
from seal.room import SealRoom
from tests.seal import papers
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk
from tests.seal.test_approval import PLACE, Office, make_office

ME = clerk(MARKET)


def way(region: Region) -> Way:
    return Way(PdfOrder(b"", region.seal_id, PLACE, ""), OfdOrder(b"", region.seal_id, PLACE, ""))


def worker(room: SealRoom) -> Worker:
    handlers = {
        run.CHUNK_JOB: partial(run.work, room),
        cases_open.BATCH_JOB: partial(run.launch, room),
        cases_open.JOB: partial(cases_open.work, room),
    }
    return Worker(room.ground.db, room.ground.jobs, handlers)


def pdfs(count: int, start: int = 0) -> list[tuple[str, bytes]]:
    """Small PDFs that differ in their identifier."""
    plain = papers.pdf()
    told = re.search(rb"<[0-9a-f]{32}>", plain)
    assert told is not None
    numbers = range(start, start + count)
    return [(f"证照{number}.pdf", plain.replace(told[0], b"<%032x>" % number)) for number in numbers]


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries:
            out.writestr(name, data)
    return buffer.getvalue()


def test_an_archive_is_stamped_item_by_item_with_reasons_for_the_rest(region: Region) -> None:
    room = region.room
    batch = load.create(room, ME, way(region), Matter("plsz", "2026-1"))
    with pytest.raises(BatchEmpty):
        run.start(room, ME, batch.id)
    hostile = [("../up.pdf", papers.pdf()), ("notes.txt", b"hello"), ("bomb.pdf", b"%PDF-" + bytes(8 * 1024 * 1024))]
    good = [*pdfs(2), ("证照.ofd", papers.ofd("BATCH"))]
    assert load.add_archive(room, ME, batch.id, zipped(*good, *hostile)) == (3, 3)
    assert load.add_files(room, ME, batch.id, [("damaged.pdf", b"%PDF-1.7 nothing")]) == (1, 0)
    run.start(room, ME, batch.id)
    with pytest.raises(NotNow):
        load.add_files(room, ME, batch.id, pdfs(1))
    worker(room).drain()
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed, stands.failed, stands.refused, stands.ready) == ("done", 3, 1, 3, 0)
    found = report.items(room, ME, batch.id)
    assert [item.name for item in found[:3]] == ["证照0.pdf", "证照1.pdf", "证照.ofd"]
    assert [item.code for item in found[3:]] == [
        "seal.batch_name",
        "seal.format",
        "seal.batch_ratio",
        "pdf.damaged",
    ]
    assert all(item.reason is not None for item in found[3:])
    item, octets = report.result(room, ME, batch.id, 1)
    assert sha256(octets).hex() == item.result_sha256
    assert octets.startswith(good[0][1])
    packed, last = report.results(room, ME, batch.id)
    with zipfile.ZipFile(io.BytesIO(packed)) as archived:
        assert archived.namelist() == ["000001-证照0.pdf", "000002-证照1.pdf", "000003-证照.ofd"]
    assert last == 3
    again = load.create(room, ME, way(region))
    assert load.add_orders(room, ME, again.id, [item.order_id, batch.id]) == (1, 1)  # type: ignore[list-item]
    for call in (report.progress, report.items, load.own):
        with pytest.raises(BatchUnknown):
            call(room, clerk(TRANSPORT), batch.id)  # type: ignore[operator]


def test_pause_resume_and_cancel(region: Region) -> None:
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(3))
    run.start(room, ME, batch.id)
    jobs = worker(room)
    assert jobs.run_one()  # launched; the chunk waits
    run.change(room, ME, batch.id, BatchState.PAUSED)
    jobs.drain()
    assert report.progress(room, ME, batch.id).ready == 3
    run.change(room, ME, batch.id, BatchState.RUNNING)
    jobs.drain()
    stands = report.progress(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed) == (BatchState.DONE, 3)
    with pytest.raises(NotNow):
        run.change(room, ME, batch.id, BatchState.CANCELLED)
    other = load.create(room, ME, way(region))
    load.add_files(room, ME, other.id, pdfs(2))
    run.start(room, ME, other.id)
    run.change(room, ME, other.id, BatchState.CANCELLED)
    jobs.drain()
    assert report.progress(room, ME, other.id).ready == 2
    with pytest.raises(NotNow):
        run.change(room, ME, other.id, BatchState.RUNNING)


def test_a_swapped_document_in_the_store_fails_alone(one_region: Region) -> None:
    room = one_region.room
    batch = load.create(room, ME, way(one_region))
    load.add_files(room, ME, batch.id, pdfs(2, 900))
    digest = report.items(room, ME, batch.id)[0].document_sha256
    next(one_region.home.rglob(str(digest))).write_bytes(papers.pdf(2))
    run.start(room, ME, batch.id)
    worker(room).drain()
    assert [item.code for item in report.items(room, ME, batch.id)] == ["seal.document_swapped", None]


@pytest.fixture(scope="module")
def office(region: Region) -> Iterator[Office]:
    yield from make_office(region)


def test_one_approval_covers_the_list_and_only_the_list(office: Office) -> None:
    room = office.room
    office.rule(approvals=1)
    batch = load.create(room, ME, way(office.region), Matter("pizhang", "1"))
    load.add_files(room, ME, batch.id, [*pdfs(3), ("x.txt", b"no")])
    assert run.start(room, ME, batch.id).state == BatchState.WAITING
    jobs = worker(room)
    jobs.drain()
    stands = report.progress(room, ME, batch.id)
    assert (stands.sealed, stands.case_id is not None) == (0, True)
    assert stands.case_id is not None
    waiting = cases.find(room, office.first.principal, stands.case_id)
    assert (waiting.digest, waiting.size, waiting.kind) == (stands.batch.list_sha256, 3, "batch")
    assert [item.number for item in shown.items(room, office.first.principal, waiting.id)] == [1, 2, 3, 4]
    assert shown.item_document(room, office.first.principal, waiting.id, 2)[0] == pdfs(3)[1][1]
    assert shown.page(room, office.first.principal, waiting.id, 1, item=2).pages == 1
    with pytest.raises(CaseUnknown):
        shown.items(room, office.other.principal, waiting.id)
    office.first.decide(room, stands.case_id)
    with room.ground.db.begin() as session:  # one document swapped in the list after the approval, file and row
        row = session.get_one(SealBatchItem, (batch.id, 2))
        kept, evil = row.document_sha256, papers.pdf(2)
        row.document_sha256, row.size = sha256(evil).hex(), len(evil)
    room.ground.storage.put_new(load.waiting_key(sha256(papers.pdf(2)).hex()), papers.pdf(2))
    jobs.drain()
    found = report.items(room, ME, batch.id)
    assert {item.state for item in found} == {ItemState.FAILED, ItemState.REFUSED}  # the list as a whole is another
    with room.ground.db.begin() as session:
        row = session.get_one(SealBatchItem, (batch.id, 2))
        row.document_sha256, row.size = kept, len(pdfs(2)[1][1])
        session.execute(
            update(SealBatchItem)
            .where(SealBatchItem.batch_id == batch.id, SealBatchItem.state == ItemState.FAILED)
            .values(state=ItemState.READY)
        )
        held = session.get_one(SealBatch, batch.id)
        held.state = BatchState.PAUSED
        session.execute(
            update(run.SealBatchChunk).where(run.SealBatchChunk.batch_id == batch.id).values(state="waiting")
        )
        session.execute(
            select(SealOrder).where(SealOrder.order_key == f"batch:{batch.id}:2")
        ).scalar_one().order_key += "-swapped"
    run.change(room, ME, batch.id, BatchState.RUNNING)
    jobs.drain()
    assert report.progress(room, ME, batch.id).sealed == 3
    ledger_pictures.tick(room)
    # by its matter: the region is shared, and the first page of the whole ledger is its newest 200 uses by anyone
    lines, _ = ledger.lines(room, office.owner.principal, office.seal_id, ledger.Filter(matter="pizhang"))
    assert {line.case_id for line in lines} == {stands.case_id}
    assert sorted(line.item or 0 for line in lines) == [1, 2, 3]
    assert all(line.approvers and "*" in line.approvers[0] for line in lines)


def test_the_ledger_shows_uses_and_names_lines_that_were_edited(office: Office) -> None:
    room, owner = office.room, office.owner.principal
    office.rule(approvals=0)
    office.stamp(office.pdf(matter=Matter("taizhang", "7")))
    while ledger_pictures.tick(room):
        pass
    found_lines, _ = ledger.lines(room, owner, office.seal_id, ledger.Filter(matter="taizhang"))
    (line,) = found_lines
    assert (line.document_sha256, line.matter_number) == (sha256(papers.pdf()).hex(), "7")
    assert line.picture_how == ledger_pictures.PDF_HOW
    assert len(line.picture_sha256 or "") == 64
    table = ledger.table(room, owner, office.seal_id, ledger.Filter(matter="taizhang")).decode("utf-8-sig")
    assert table.count("\n") == 2
    assert str(line.order_id) in table
    assert line.order_id not in ledger.differing(room, owner, office.seal_id)
    with room.ground.db.begin() as session:
        session.get_one(SealUse, line.order_id).picture_sha256 = "0" * 64
    assert line.order_id in ledger.differing(room, owner, office.seal_id)


def test_entries_are_bounded_whatever_the_archive_says() -> None:
    packed = bytearray(zipped(("a.pdf", papers.pdf())))
    at = packed.rindex(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (2**31).to_bytes(4, "little")  # claims two gigabytes
    (entry,) = archive.entries(bytes(packed))
    assert entry.refusal is not None
    twice = zipped(("a.pdf", b"1"), ("A.pdf", b"2"), ("B.PDF", b"3"), ("b.pdf", b"4"))
    assert [one.refusal.code if one.refusal else None for one in archive.entries(twice)] == [
        None,
        "seal.batch_duplicate",
        None,
        "seal.batch_duplicate",
    ]
    with pytest.raises(load.InvalidInput):
        list(archive.entries(b"PK\x03\x04 no archive"))


def test_what_failed_is_taken_up_again_and_nothing_else(region: Region) -> None:
    room = region.room
    batch = load.create(room, ME, way(region))
    load.add_files(room, ME, batch.id, pdfs(3, 1200))
    place = next(region.home.rglob(str(report.items(room, ME, batch.id)[1].document_sha256)))
    kept = place.read_bytes()
    place.write_bytes(papers.pdf(2))
    with pytest.raises(NotNow):
        run.retry(room, ME, batch.id)
    run.start(room, ME, batch.id)
    jobs = worker(room)
    jobs.drain()
    first = report.items(room, ME, batch.id)
    assert [item.state for item in first] == [ItemState.SEALED, ItemState.FAILED, ItemState.SEALED]
    assert run.retry(room, ME, batch.id).state == BatchState.RUNNING
    jobs.drain()
    assert report.items(room, ME, batch.id)[1].code == "seal.document_swapped"
    place.write_bytes(kept)
    run.retry(room, ME, batch.id)
    jobs.drain()
    stands, again = report.progress(room, ME, batch.id), report.items(room, ME, batch.id)
    assert (stands.batch.state, stands.sealed, stands.failed) == (BatchState.DONE, 3, 0)
    assert [again[at].result_sha256 for at in (0, 2)] == [first[at].result_sha256 for at in (0, 2)]
    assert run.retry(room, ME, batch.id).state == BatchState.DONE  # nothing failed, nothing begins
    with pytest.raises(BatchUnknown):
        run.retry(room, clerk(TRANSPORT), batch.id)


def test_items_outside_the_hours_wait_for_them(office: Office) -> None:
    room, clock = office.room, office.region.clock
    local = clock.now().astimezone(SHANGHAI)
    assert "09:30" <= local.strftime("%H:%M") < "17:00"
    office.rule(hours=(Hours((local.isoweekday(), local.isoweekday() % 7 + 1), "09:30", "17:00"),))
    batch = load.create(room, ME, way(office.region))
    load.add_files(room, ME, batch.id, pdfs(2, 1300))
    run.start(room, ME, batch.id)
    jobs = worker(room)
    opens = (local + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
    began = clock.now()
    try:
        clock.set(local.replace(hour=17, minute=0, second=0, microsecond=0))
        jobs.drain()
        assert report.progress(room, ME, batch.id).ready == 2
        clock.set(opens - timedelta(seconds=1))
        assert not jobs.run_one()
        clock.set(opens)
        jobs.drain()
        stands = report.progress(room, ME, batch.id)
        assert (stands.batch.state, stands.sealed) == (BatchState.DONE, 2)
    finally:
        office.region.turn_back(began)
    office.rule(approvals=0)
