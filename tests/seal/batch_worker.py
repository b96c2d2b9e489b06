"""Lives to be killed: imports once, then forks workers that take up a batch's jobs and die at their fail-points.

Input: one JSON object a line {"home", "url", "failpoints": [...], "now"}: a worker process for each fail-point, all at
once, at that time: so late that leases of the dead have run out. Output: one line with their exit codes.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path

from foundation.clock import FixedClock
from tests.seal.conftest import build
from tests.seal.test_batches import worker


def live(home: Path, url: str, failpoint: str, now: str) -> None:
    os.environ["YINXIN_FAILPOINT"] = failpoint
    worker(build(home, url, FixedClock(datetime.fromisoformat(now)))).drain()


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        children = []
        for failpoint in order["failpoints"]:
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    live(Path(order["home"]), order["url"], failpoint, order["now"])
                    status = 0
                except BaseException:  # noqa: BLE001 - a fork must say why and end, not go on as the parent
                    traceback.print_exc()
                finally:
                    os._exit(status)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
