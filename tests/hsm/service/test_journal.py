"""The signing journal: durable before a signature leaves, one chain, torn ends healed, everything else refused."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from foundation.clock import FixedClock
from hsm.service.errors import JournalBroken, JournalFull, SignerClock
from hsm.service.journal import Journal
from hsm.service.records import SIGN, Entry
from hsm.service.segments import read_all, segments


def entry(number: int, key: str = "ca/root#1") -> Entry:
    return Entry(SIGN, "crl", key=key, intent=f"crl:{number}", content=f"{number:064x}", signature=f"{number:064x}")


def opened(folder: Path, clock: FixedClock, **more: int) -> Journal:
    journal = Journal(folder, clock, **more)
    journal.open({"environment": "sample"})
    return journal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_records_are_chained_and_read_back_in_order(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock)
    records = [journal.write(entry(number)) for number in range(5)]
    journal.close()
    found = list(read_all(folder))
    assert [record.entry.intent for record in found[1:]] == [f"crl:{number}" for number in range(5)]
    assert found[1:] == records
    assert [record.seq for record in found] == list(range(1, 7))
    assert all(after.prev == before.hash for before, after in pairwise(found))
    assert found[0].entry.what == "start"
    assert (folder / "journal-000001.jsonl").stat().st_mode & 0o077 == 0


def test_the_chain_goes_on_after_a_restart_and_through_new_files(folder: Path, clock: FixedClock) -> None:
    for run in range(3):
        journal = opened(folder, clock, most_octets=1500)
        for number in range(10):
            journal.write(entry(run * 10 + number))
        journal.close()
    assert len(segments(folder)) > 4
    found = list(read_all(folder))
    assert [record.seq for record in found] == list(range(1, 34))
    journal = opened(folder, clock, most_octets=1500)
    assert journal.head[0] == 34


def test_many_threads_share_the_pen_and_nothing_is_lost(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock)
    flushed: list[int] = []
    honest = os.fsync

    def counted(handle: int) -> None:
        flushed.append(handle)
        honest(handle)

    def work(number: int) -> None:
        for step in range(25):
            journal.write(entry(number * 100 + step))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hsm.service.journal.os.fsync", counted)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = [record.entry.intent for record in read_all(folder)][1:]
    assert sorted(found) == sorted(f"crl:{number * 100 + step}" for number in range(8) for step in range(25))
    assert len(flushed) < 200, "requests that came together shared a flush"


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_torn_last_record_is_cut_off_and_told(folder: Path, clock: FixedClock, cut: int) -> None:
    journal = opened(folder, clock)
    journal.write(entry(1))
    journal.write(entry(2))
    journal.close()
    path = segments(folder)[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = opened(folder, clock)
    assert again.healed == len(whole[:-cut]) - whole[:-cut].rfind(b"\n") - 1
    found = list(read_all(folder))
    assert [record.entry.intent for record in found[1:-1]] == ["crl:1"]
    assert found[-1].entry.facts["cut_octets"] == again.healed


def test_a_file_begun_and_never_written_is_nothing(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock, most_octets=100)
    journal.write(entry(1))
    journal.close()
    (folder / "journal-000003.jsonl").write_bytes(b'{"seq":3,"at"')
    again = opened(folder, clock, most_octets=100)
    assert again.healed == 13
    assert [record.seq for record in read_all(folder)] == [1, 2, 3]


def _edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [*lines[:1], lines[1].replace(b"crl:1", b"crl:9"), *lines[2:]],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
        lambda lines: [*lines[:2], b"", *lines[2:]],
        lambda lines: [*lines[:2], bytes(40), *lines[2:]],
        lambda lines: [*lines[:3], lines[3].replace(b'"seq":', b'"seq": ')],
        lambda lines: [*lines[:3], lines[3].replace(b"}", b',"more":1}')],
        lambda lines: lines[1:],
    ],
    ids=["edited", "swapped", "deleted", "doubled", "empty", "zeros", "respelt", "more", "beheaded"],
)
def test_any_other_break_refuses_to_start(
    folder: Path, clock: FixedClock, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    journal = opened(folder, clock)
    for number in range(1, 4):
        journal.write(entry(number))
    journal.close()
    _edit(segments(folder)[0], change)
    before = segments(folder)[0].read_bytes()
    with pytest.raises(JournalBroken, match=r"journal-000001"):
        opened(folder, clock)
    assert segments(folder)[0].read_bytes() == before, "evidence stays as it is"


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_missing_file_refuses_to_start(folder: Path, clock: FixedClock, number: int) -> None:
    journal = opened(folder, clock, most_octets=100)
    for step in range(6):
        journal.write(entry(step))
    journal.close()
    (folder / f"journal-{number:06d}.jsonl").unlink()
    with pytest.raises(JournalBroken, match="missing"):
        opened(folder, clock)


def test_two_processes_take_turns_on_one_chain(folder: Path, clock: FixedClock) -> None:
    service, command = opened(folder, clock), opened(folder, clock)
    for step in range(4):
        (service if step % 2 else command).write(entry(step))
    assert service.head[0] == 6 or command.head[0] == 6
    assert [record.seq for record in read_all(folder)] == list(range(1, 7))
    assert service.write(entry(9)).seq == 7
    assert service.memory.signed_under("ca/root#1", "crl:2"), "what the other signed is known here"


def test_a_file_that_shrank_under_us_stops_the_signing(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock)
    journal.write(entry(1))
    path = segments(folder)[0]
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(JournalBroken, match="shorter"):
        journal.write(entry(2))


def test_a_full_disk_refuses_and_leaves_no_half_record(
    folder: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(folder, clock)
    honest = os.write

    def full(handle: int, data: bytes) -> int:
        honest(handle, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("hsm.service.journal.os.write", full)
        with pytest.raises(JournalFull, match="No space"):
            journal.write(entry(1))
    assert journal.write(entry(2)).seq == 2
    assert [record.entry.intent for record in read_all(folder)][1:] == ["crl:2"]


def test_a_clock_set_back_writes_nothing(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock)
    journal.write(entry(1))
    clock.advance(seconds=-1)
    assert journal.write(entry(2)).at >= journal.write(entry(3)).at - timedelta(0), "a second is tolerated, never shown"
    clock.advance(seconds=-60)
    with pytest.raises(SignerClock):
        journal.write(entry(4))


def test_lateness_counts_only_while_a_signer_ran(folder: Path, clock: FixedClock) -> None:
    journal = opened(folder, clock)
    journal.write(entry(1))
    crash = clock.now()
    journal.close()
    clock.advance(days=3)
    again = opened(folder, clock)
    late = timedelta(minutes=15)
    assert again.memory.earliest(clock.now(), late) == crash - late
    clock.advance(minutes=10)
    again.write(entry(2))
    assert again.memory.earliest(clock.now(), late) == crash - timedelta(minutes=5)
    clock.advance(minutes=10)
    assert again.memory.earliest(clock.now(), late) == clock.now() - late
