"""What a process does with a job until it is killed at some point (`tests.dying`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from foundation.clock import FixedClock
from hsm.digests import Digest
from seal.longlife import job
from seal.longlife.evidence import job as evidence
from tests.seal.conftest import build
from tests.seal.longlife.conftest import held_to


def accept(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")


def believe(record: bytes, known: dict[Digest, bytes]) -> None:
    assert record.startswith(b"\x30")
    assert known


def run(told: dict[str, Any]) -> None:
    room = build(Path(told["home"]), told["url"], FixedClock(datetime.fromisoformat(told["now"])))
    room = held_to(room, **told["settings"])
    if told["job"] == "extend":
        job.run(room, accept)
    else:
        evidence.run(room, believe)
