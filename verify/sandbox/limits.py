"""What reading one foreign file may cost (资源上限)."""

from __future__ import annotations

from dataclasses import dataclass

MEBI = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    seconds: float = 5.0
    """From handing over a file to its report; waiting for registers and networks does not count."""
    memory: int = 512 * MEBI
    """Address space of the process that reads, everything included."""
    at_once: int = 2
    waiting: int = 16
    files: int = 2000
    """After so many files a process makes room for a fresh one, whose start costs a second of processor time."""
    grown: int = 320 * MEBI
    """So does one whose memory has ever grown to this."""
    processor: int = 300
    """Processor seconds of one process in its whole life: the end also of one whose parent is gone."""


USUAL = Limits()
