"""Stamps from file to file in processes of their own, to be killed or to be weighed: imports once, then forks.

Input: one JSON object a line {"home", "url", "at", "seal", "stamps": [[key, source, target]…], "point", "peaks"}.
Output: one line with the fork's exit status. The file `peaks` gets the process's peak memory after each stamp, in KiB.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ca.suites import Suite
from foundation.clock import FixedClock
from seal.orders import PdfOrder, Placement
from seal.stamp_large import stamp_pdf_file
from tests.seal.conftest import MARKET, build, clerk


def peak() -> int:
    """Of this process's own memory: `ru_maxrss` would begin with that of the process that started us."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def live(told: dict[str, Any]) -> None:
    room, who = build(Path(told["home"]), told["url"], FixedClock(datetime.fromisoformat(told["at"]))), clerk(MARKET)
    peaks = []
    for key, source, target in told["stamps"]:
        order = PdfOrder(b"", UUID(told["seal"]), Placement(1, 150, 240), key, (Suite.RSA,))
        stamp_pdf_file(room, who, order, Path(source), Path(target))
        peaks.append(peak())
    Path(told["peaks"]).write_text(json.dumps(peaks))


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.environ["YINXIN_FAILPOINT"] = told["point"]
                os.dup2(2, 1)  # the parent alone writes answers
                live(told)
                status = 0
            except BaseException:  # noqa: BLE001 - the parent reads why
                traceback.print_exc()
            finally:
                os._exit(status)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
