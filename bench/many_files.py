"""Memory over ten thousand files (批量核验内存): `python -m bench.many_files [COUNT]`; it should be flat as a table.

Twice: through the room's own function, as the web does, and with one run of `yinxin verify` over a folder. The files
are licences of several hundred holders, whole, with one octet changed, and cut short.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.licences import BOTH, _request
from bench.scene import scene
from ca.suites import Suite
from licence import files
from licence.files import Format
from licence.issue import issue
from server import trust_folder
from server.house import House
from server.sample import MARKET
from verify.sandbox.pool import shared

COUNT = 10_000
HOLDERS = 60
MEBI = 1024 * 1024
_KINDS = (
    ((Suite.SM2,), Format.PDF),
    (BOTH, Format.PDF),
    ((Suite.SM2,), Format.OFD),
)


def main(count: int = COUNT) -> None:
    marks = sorted({max(1, count // 10), count // 2, count})
    with scene() as house, tempfile.TemporaryDirectory(prefix="yinxin-many-") as place:
        trust, papers = Path(place) / "trust", Path(place) / "papers"
        trust_folder.write(house, trust)
        kept = [bytes(data) for data in _originals(house)]
        _spread(kept, papers, count)
        _told("verify.room", _by_room(house, papers, marks))
        _told("yinxin verify", _by_command(papers, trust, marks))


def _originals(house: House) -> Iterator[bytes]:
    department = MARKET.client()
    for turn in range(HOLDERS):
        suites, form = _KINDS[turn % len(_KINDS)]
        yield files.file(house.licence, department, issue(house.licence, department, _request(suites)).id, form).data


def _spread(kept: list[bytes], papers: Path, count: int) -> None:
    """Every fourth file is damaged, each in a place of its own, so that no two of these are alike."""
    for number in range(count):
        data = kept[number % len(kept)]
        place = (number * 7919) % len(data)
        match number % 8:
            case 3:
                data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            case 7:
                data = data[: max(place, 100)]
            case _:
                pass
        folder = papers / f"{number // 500:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05}").write_bytes(data)


Sample = tuple[int, float, int, list[int]]
"""Files done, seconds, octets of this process, octets of those that read."""


def _by_room(house: House, papers: Path, marks: list[int]) -> Iterator[Sample]:
    began = time.perf_counter()
    for done, path in enumerate(sorted(papers.rglob("*")), 1):
        if path.is_file():
            house.verify.judge_file(path.read_bytes(), path.name)
        if done in marks:
            gc.collect()
            yield done, time.perf_counter() - began, _resident(os.getpid()), _below(os.getpid())


def _by_command(papers: Path, trust: Path, marks: list[int]) -> Iterator[Sample]:
    began = time.perf_counter()
    words = [sys.executable, "-m", "server", "verify", str(papers), "--trust", str(trust), "--jsonl"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for done, _ in enumerate(process.stdout, 1):
            if done in marks:
                yield done, time.perf_counter() - began, _resident(process.pid), _below(process.pid)


def _resident(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(found[1]) * 1024 if found else 0


def _below(process: int) -> list[int]:
    """Resident memory of the processes below that read files; their launchers hold next to nothing."""
    found: list[int] = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        try:
            for child in (thread / "children").read_text(encoding="ascii").split():
                found += [*_below(int(child)), _resident(int(child))]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return [size for size in found if size > 8 * MEBI]


def _told(name: str, samples: Iterator[Sample]) -> None:
    first: int | None = None
    for done, seconds, own, below in samples:
        first = first or own
        readers = " + ".join(f"{size / MEBI:.0f}" for size in below)
        rate = f"{seconds:.0f} s, {done / seconds:.1f}/s"
        print(
            f"{name:<14} {done:>6} files  {rate:<18} {own / MEBI:.0f} MiB (× {own / first:.2f})  readers {readers} MiB"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    shared().start()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
