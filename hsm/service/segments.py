"""Files of the signing journal (日志分段): append-only, a new one when the last is full, the chain running through.

A record torn by a crash is a last line without its line feed; it is cut off, and the cut is told. Everything else that
does not fit stops the signer: nobody but an attacker or a dying disk makes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hsm.service.errors import JournalBroken
from hsm.service.records import FIRST, MOST_LINE, Record, follows, read_line

_NAME = re.compile(r"journal-([0-9]{6})\.jsonl")
_TAIL = 2
"""So many segments are read in full at start; `yinxin signer reconcile` reads them all."""


def name_of(number: int) -> str:
    return f"journal-{number:06d}.jsonl"


def segments(folder: Path) -> list[Path]:
    """In their order; a missing one in the middle is a break."""
    found = sorted(path for path in folder.glob("journal-*.jsonl") if _NAME.fullmatch(path.name))
    for number, path in enumerate(found, 1):
        if path.name != name_of(number):
            raise JournalBroken(name_of(number), "the file is missing")
    return found


def heal(path: Path) -> int:
    """Cut off a last line a crash left unfinished; how many octets went."""
    size, kept = path.stat().st_size, 0
    with path.open("rb") as file:
        start = max(0, size - 2 * MOST_LINE * 64)
        file.seek(start)
        tail = file.read()
        end = tail.rfind(b"\n") + 1
        kept = start + end if end or not start else size
    if kept == size:
        return 0
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, kept)
        os.fsync(handle)
    finally:
        os.close(handle)
    return size - kept


def read_all(folder: Path) -> Iterator[Record]:
    """Every record from the first, the whole chain checked on the way. A torn last line is left out."""
    seq, prev = 0, FIRST
    for path in segments(folder):
        for record in read_segment(path, last=False):
            follows(record, seq, prev, path.name)
            seq, prev = record.seq, record.hash
            yield record


def read_tail(folder: Path) -> list[Record]:
    """The last segments in full, joined to the one before them."""
    found = segments(folder)
    seq, prev = 0, FIRST
    for earlier in found[:-_TAIL]:
        first, last = _ends(earlier)
        follows(first, seq, prev, earlier.name)
        seq, prev = last.seq, last.hash
    records: list[Record] = []
    for path in found[-_TAIL:]:
        for record in read_segment(path, last=path == found[-1]):
            follows(record, seq, prev, path.name)
            seq, prev = record.seq, record.hash
            records.append(record)
    return records


def read_segment(path: Path, *, last: bool, start: int = 0) -> Iterator[Record]:
    """From octet `start`. `last`: it was healed, so a torn line is a break."""
    with path.open("rb") as file:
        file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                if last:
                    raise JournalBroken(path.name, "a record without its end")
                return
            yield read_line(line[:-1], path.name)


def _ends(path: Path) -> tuple[Record, Record]:
    with path.open("rb") as file:
        first = file.readline(MOST_LINE + 1)
        file.seek(max(0, path.stat().st_size - 2 * MOST_LINE))
        lines = file.read().splitlines()
    if not first or not lines:
        raise JournalBroken(path.name, "the file is empty")
    return read_line(first.rstrip(b"\n"), path.name), read_line(lines[-1], path.name)
