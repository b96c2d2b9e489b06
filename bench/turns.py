"""Measuring works in turns (轮流计时): on a shared machine what is measured alone tells as much of the neighbours."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.measure import cpu


def with_children() -> float:
    """`cpu`, and the CPU seconds of all threads of children that still run: the signer, in a process of its own."""
    spent = cpu()
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            told = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            spent += (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def in_turns(
    works: Mapping[str, tuple[Callable[[], object], int]], *, rounds: int = 9, clock: Callable[[], float] = cpu
) -> dict[str, tuple[float, float]]:
    """Best (CPU ms, wall ms) of each work, which runs so many times in every round."""
    for work, _ in works.values():
        work()
        work()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for name, (work, times) in works.items():
            gc.collect()
            started, wall = clock(), time.perf_counter()
            for _ in range(times):
                work()
            spent = ((clock() - started) * 1000 / times, (time.perf_counter() - wall) * 1000 / times)
            best[name] = min(best.get(name, spent), spent)
    return best
