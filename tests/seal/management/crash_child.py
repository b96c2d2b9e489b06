"""A step of a seal's way in a process that dies on it (`tests.dying`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from foundation.clock import FixedClock
from seal.management.states import Step
from tests.seal.conftest import Region, build
from tests.seal.management.office import Office


def live(home: str, url: str, at: str, step: str, file: str) -> None:
    clock = FixedClock(datetime.fromisoformat(at))
    room = build(Path(home), url, clock)
    region = Region(room, clock, Path(home), url, None, None)  # type: ignore[arg-type]
    Office(region).take(UUID(file), Step(step))
