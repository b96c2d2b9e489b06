"""Seals one report in a process of its own, to be killed at the place the environment names."""

from __future__ import annotations

import sys
from pathlib import Path

from foundation.clock import FixedClock
from tests.conftest import START
from tests.seal.conftest import build
from verify.judge import Context, judge
from verify.reports.sealing import ReportSealer
from verify.trust import TrustStore


def main(home: str, url: str) -> None:
    room = build(Path(home), url, FixedClock(START))
    trust = TrustStore()
    report = judge(b"hello", name=None, context=Context(trust, FixedClock(START)))
    ReportSealer(room.ground, room.keys, room.ca, lambda: trust).sealed(report)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
