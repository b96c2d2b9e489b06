"""Measuring (计时): CPU time per operation, best round of several, interleaving nothing."""

from __future__ import annotations

import gc
import os
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `cpu_ms` is per operation; `peer` names what stands beside it."""

    name: str
    cpu_ms: float
    wall_ms: float
    peer: str | None = None
    peer_cpu_ms: float | None = None
    note: str = ""

    @property
    def per_second(self) -> float:
        return 1000 / self.cpu_ms if self.cpu_ms else 0.0

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer; below 1 is slower."""
        return self.peer_cpu_ms / self.cpu_ms if self.peer_cpu_ms and self.cpu_ms else None

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "per_second": round(self.per_second, 1), "ratio": self.ratio and round(self.ratio, 2)}


def cpu() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def below(process: int | None = None) -> float:
    """CPU seconds of the living processes below this one, which `cpu` only knows once they have ended."""
    spent = 0.0
    for thread in Path(f"/proc/{process or os.getpid()}/task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            run = Path(f"/proc/{child}/schedstat").read_text(encoding="ascii").split()[0]
            spent += int(run) / 1e9 + below(int(child))
    return spent


def measure(
    work: Callable[[], object],
    *,
    times: int,
    rounds: int = 3,
    warm: int = 2,
    cpu: Callable[[], float] = cpu,
) -> tuple[float, float]:
    """Best (CPU ms, wall ms) per operation of `rounds` rounds of `times` operations."""
    for _ in range(warm):
        work()
    best: tuple[float, float] | None = None
    for _ in range(rounds):
        gc.collect()
        started, clock = cpu(), time.perf_counter()
        for _ in range(times):
            work()
        spent = ((cpu() - started) * 1000 / times, (time.perf_counter() - clock) * 1000 / times)
        best = min(best, spent) if best else spent
    if best is None:
        raise ValueError("rounds must be at least 1")
    return best
