"""The next-day job and the archive job: once each, whoever dies; a swapped file is never handed out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from ca.suites import Suite
from foundation.audit.models import AuditRow
from foundation.errors import Damaged
from seal.longlife import job, results
from seal.longlife.levels import ChainBroken
from seal.longlife.models import LongLifeState, SealLongLife
from seal.register import key
from tests.seal import oracles
from tests.seal.conftest import Region
from tests.seal.longlife.conftest import held_to, killed, publish, sealed

DAY = timedelta(days=1)


def accept(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")


def steps(region: Region, order: str) -> list[SealLongLife]:
    with region.room.ground.db.read() as session:
        found = session.scalars(select(SealLongLife).order_by(SealLongLife.generation))
        return [row for row in found if str(row.order_id) == order]


def test_it_waits_for_the_first_list_after_the_seal(own: Region, tmp_path: Path) -> None:
    publish(own)
    file, order = sealed(own, Suite.SM2, Suite.RSA)
    own.clock.advance(hours=1)
    room = held_to(own.room, "B-LT")
    job.run(room, accept)
    assert steps(own, order) == []
    assert results.latest(room, file) == file
    publish(own)
    job.run(room, accept)
    job.run(room, accept)
    (row,) = steps(own, order)
    longer = results.latest(room, file)
    assert (row.state, row.level, row.generation) == (LongLifeState.EXTENDED, "B-LT", 1)
    assert longer.startswith(file)
    assert len(longer) > len(file)
    assert oracles.qpdf_clean(tmp_path, longer)
    with own.room.ground.db.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.object == f"seal-order:{order}"))
        assert min(actions) == "seal.extend"


def test_switched_off_it_leaves_files_as_they_are(own: Region) -> None:
    _, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    assert job.run(held_to(own.room, "B-T"), accept) == job.Outcome()
    assert steps(own, order) == []


def test_an_archive_is_made_and_renewed_in_time(own: Region) -> None:
    file, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    room = held_to(own.room, "B-LTA")
    job.run(room, accept)
    (first,) = steps(own, order)
    assert first.level == "B-LTA"
    assert (first.settled, job.run(room, accept)) == (False, job.Outcome())
    own.clock.advance(hours=1)
    publish(own)  # lists later than the stamp: what says that its authority was good
    job.run(room, accept)
    assert job.run(room, accept) == job.Outcome()
    first, second = steps(own, order)
    assert (second.settled, second.renew_by) == (True, first.renew_by)
    assert results.stored(room, second.result_sha256 or "").count(b"/ETSI.RFC3161") == 1
    with room.ground.db.begin() as session:  # as if that certificate ended next month
        session.get_one(SealLongLife, second.id).renew_by = own.clock.now() + 30 * DAY
    job.run(room, accept)
    *_, third = steps(own, order)
    assert (third.generation, third.parent_sha256, third.source_sha256) == (
        3, second.result_sha256, first.source_sha256,
    )  # fmt: skip
    assert results.latest(room, file).startswith(results.stored(room, second.result_sha256 or ""))
    assert results.latest(room, file).count(b"/ETSI.RFC3161") == 2


def test_a_chain_that_does_not_hold_is_refused_once(own: Region) -> None:
    def refuse(pdf: bytes) -> None:
        raise ChainBroken(f"{len(pdf)} octets")

    file, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    room = held_to(own.room, "B-LT")
    assert job.run(room, refuse).refused >= 1
    assert job.run(room, refuse) == job.Outcome()
    (row,) = steps(own, order)
    assert (row.state, row.reason) == (LongLifeState.REFUSED, "seal.archive_chain_broken")
    assert results.latest(room, file) == file


def test_two_workers_at_once_leave_one_file(own: Region) -> None:
    file, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    room, barrier = held_to(own.room, "B-LTA"), Barrier(2)

    def meet(pdf: bytes) -> None:
        accept(pdf)
        barrier.wait(timeout=30)

    workers = [Thread(target=job.run, args=(room, meet)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [row.generation for row in steps(own, order)] == [1]
    assert results.latest(room, file).startswith(file)


def test_killed_anywhere_the_next_run_finishes(own: Region) -> None:
    file, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    killed(own, "extend", "longlife.stored", "longlife.kept")
    room = held_to(own.room, "B-LT")
    job.run(room, accept)
    assert [row.generation for row in steps(own, order)] == [1]
    longer = results.latest(room, file)
    assert longer.startswith(file)
    assert len(longer) > len(file)


def test_an_altered_file_is_never_handed_out(own: Region) -> None:
    file, order = sealed(own)
    own.clock.advance(hours=1)
    publish(own)
    room = held_to(own.room, "B-LT")
    job.run(room, accept)
    (row,) = steps(own, order)
    place = own.home / "objects" / key("pdf", row.result_sha256 or "")
    place.write_bytes(place.read_bytes()[:-9] + b"!")
    with pytest.raises(Damaged):
        results.latest(room, file)
