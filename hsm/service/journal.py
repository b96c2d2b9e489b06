"""The signing journal (签名日志): what the signer signed, written and on the disk before a signature leaves.

Requests that come together share one write and one fsync, so its cost does not grow with their number. Several
processes may share a folder (a running service and a command beside it): a lock file keeps their writes apart, and
each reads on from what the other wrote before it continues the chain.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from foundation.clock import Clock
from foundation.failpoints import reach
from hsm.digests import sm3
from hsm.service.errors import JournalBroken, JournalFull, SignerClock
from hsm.service.memory import Memory
from hsm.service.records import EVENT, FIRST, START, Entry, Record, follows, line_of
from hsm.service.segments import heal, name_of, read_segment, read_tail, segments

MOST_OCTETS = 16 * 1024 * 1024
BACKWARDS = timedelta(seconds=2)
"""Hosts of one platform differ by milliseconds; more is a clock set back."""


@dataclass(eq=False, slots=True)
class _Ticket:
    entry: Entry
    record: Record | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.record is not None or self.error is not None


def _settled(ticket: _Ticket) -> Record:
    if ticket.error is not None:
        raise ticket.error
    if ticket.record is None:
        raise AssertionError("unreachable: a commit settles every ticket")
    return ticket.record


@dataclass(slots=True)
class _Place:
    """Where the chain ends: file, octets in it, last number, time and hash."""

    segment: int = 0
    size: int = 0
    seq: int = 0
    hash: str = FIRST
    at: datetime | None = None


@dataclass(slots=True)
class Journal:
    folder: Path
    clock: Clock
    durable: bool = True
    """Off only where the benchmark measures what fsync costs."""
    most_octets: int = MOST_OCTETS
    memory: Memory = field(default_factory=Memory)
    healed: int = 0
    _end: _Place = field(default_factory=_Place)
    _waiting: list[_Ticket] = field(default_factory=list)
    _queue: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _lock_file: int = -1

    def open(self, facts: dict[str, str | int]) -> None:
        """Heal, check, and write the start down. Raises `JournalBroken` for anything but a torn last record."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._locked(self._take_up)
        more = {"cut_octets": self.healed} if self.healed else {}
        self.write(Entry(EVENT, START, facts={**facts, **more}))

    def close(self) -> None:
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    @property
    def head(self) -> tuple[int, str]:
        return self._end.seq, self._end.hash

    @property
    def last_at(self) -> datetime | None:
        return self._end.at

    def write(self, entry: Entry) -> Record:
        """Returns when the record is on the disk. Whoever gets the pen writes for all who wait."""
        return self.write_many([entry])[0]

    def write_many(self, entries: Sequence[Entry]) -> list[Record]:
        """As `write`, for entries that belong together: they stand next to each other, or none does."""
        tickets = [_Ticket(entry) for entry in entries]
        with self._queue:
            self._waiting += tickets
        with self._writing:
            if not all(ticket.done for ticket in tickets):
                with self._queue:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        return [_settled(ticket) for ticket in tickets]

    def _commit(self, batch: list[_Ticket]) -> None:
        try:
            self._locked(lambda: self._append(batch))
        except OSError as error:
            self._settle(batch, JournalFull(error.strerror or type(error).__name__))
        except (JournalBroken, SignerClock) as error:
            self._settle(batch, error)

    @staticmethod
    def _settle(batch: list[_Ticket], error: Exception) -> None:
        for ticket in batch:
            if not ticket.done:
                ticket.error = error

    def _append(self, batch: list[_Ticket]) -> None:
        self._catch_up()
        now, end = self.clock.now(), self._end
        if end.at is not None and now < end.at - BACKWARDS:
            raise SignerClock(
                "系统时钟早于签名日志的最后一条记录，请先校准时钟",
                "the clock is earlier than the journal's last record; set it right first",
            )
        at = max(now, end.at or now)
        lines, records, seq, prev = [], [], end.seq, end.hash
        for ticket in batch:
            line = line_of(ticket.entry, seq + 1, at, prev)
            record = Record(seq + 1, at, ticket.entry, prev, sm3(line).hex())
            lines.append(line + b"\n")
            records.append(record)
            seq, prev = record.seq, record.hash
        segment, start = self._room_for(end)
        size = self._put(segment, start, b"".join(lines))
        self._end = _Place(segment, size, seq, prev, at)
        for ticket, record in zip(batch, records, strict=True):
            self.memory.add(record)
            ticket.record = record

    def _room_for(self, end: _Place) -> tuple[int, int]:
        if end.segment == 0 or end.size >= self.most_octets:
            return end.segment + 1, 0
        return end.segment, end.size

    def _put(self, segment: int, start: int, data: bytes) -> int:
        path = self._path(segment)
        fresh = start == 0
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if fresh else 0), 0o600)
        try:
            try:
                written = os.write(handle, data)
                reach("journal.written")
                if written != len(data):
                    raise OSError(28, "No space left on device")  # noqa: TRY301 - undone right here
                if self.durable:
                    os.fsync(handle)
            except OSError:
                os.ftruncate(handle, start)  # what was not promised must not stay
                raise
        finally:
            os.close(handle)
        if fresh and self.durable:
            _sync_folder(self.folder)
        return start + len(data)

    # --- taking up what is there -----------------------------------------------------------------------------------

    def _take_up(self) -> None:
        found = segments(self.folder)
        if found:
            self.healed = heal(found[-1])
            if found[-1].stat().st_size == 0 and len(found) > 1:
                found.pop().unlink()  # begun and never written: the chain ends in the file before
        records = read_tail(self.folder)
        for record in records:
            self.memory.add(record)
        if records:
            last = records[-1]
            self._end = _Place(len(found), found[-1].stat().st_size, last.seq, last.hash, last.at)

    def _catch_up(self) -> None:
        """Read what another process appended since."""
        end = self._end
        number = first = max(1, end.segment)
        while (size := _size(path := self._path(number))) is not None:
            start = end.size if number == end.segment else 0
            if size < start:
                raise JournalBroken(path.name, "the file is shorter than it was")
            if size > start:
                size -= heal(path)
                for record in read_segment(path, last=True, start=start):
                    follows(record, end.seq, end.hash, path.name)
                    self.memory.add(record)
                    end = _Place(number, size, record.seq, record.hash, record.at)
            number += 1
        if self._end.segment and number == first:
            raise JournalBroken(name_of(first), "the file is gone")
        self._end = end

    def _path(self, number: int) -> Path:
        return _beneath(self.folder, number)

    def _locked(self, work: Callable[[], None]) -> None:
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            work()
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)


@lru_cache(maxsize=64)
def _beneath(folder: Path, number: int) -> Path:
    return folder / name_of(number)


def _size(path: Path) -> int | None:
    """None: there is no such file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
