"""Takes up a batch's jobs until it dies or nothing is due, at a time so late that leases of the dead have run out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from foundation.clock import FixedClock
from tests.seal.conftest import build
from tests.seal.test_batches import worker


def live(home: str, url: str, now: str) -> None:
    worker(build(Path(home), url, FixedClock(datetime.fromisoformat(now)))).drain()
