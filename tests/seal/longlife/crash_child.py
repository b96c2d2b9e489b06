"""A process of its own that runs the next-day job once, and is killed on the way (YINXIN_FAILPOINT)."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from foundation.clock import FixedClock
from seal.longlife import job
from tests.seal.conftest import build


def accept(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    job.run(build(Path(told["home"]), told["url"], FixedClock(datetime.fromisoformat(told["now"]))), accept)
