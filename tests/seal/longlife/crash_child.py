"""A process of its own that runs a job again and again, and is killed at another point each time (YINXIN_FAILPOINT).

It forks for each point: modules are imported once, the rooms are opened in the child that dies.
"""

from __future__ import annotations

import json
import os
import sys
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


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    for point in told["points"]:
        child = os.fork()
        if not child:
            os.environ["YINXIN_FAILPOINT"] = point
            run(told)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{point} {ended}\n")
        sys.stdout.flush()
