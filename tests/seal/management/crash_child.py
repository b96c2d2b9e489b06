"""Lives to be killed: imports once, then forks one process per line of input, which takes a step and dies on the way.

Input: one JSON object a line {"point", "home", "url", "at", "step", "file"}. Output: the exit status of the fork.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from uuid import UUID

from foundation.clock import FixedClock
from seal.management.states import Step
from tests.seal.conftest import Region, build
from tests.seal.management.office import Office


def live(order: dict[str, str]) -> None:
    clock = FixedClock(datetime.fromisoformat(order["at"]))
    home = Path(order["home"])
    room = build(home, order["url"], clock)
    region = Region(room, clock, home, order["url"], None, None)  # type: ignore[arg-type]
    Office(region).take(UUID(order["file"]), Step(order["step"]))


def main() -> None:
    for text in sys.stdin:
        order = json.loads(text)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.environ["YINXIN_FAILPOINT"] = order["point"]
                os.dup2(2, 1)  # the parent alone writes answers
                live(order)
                status = 0
            except BaseException:  # noqa: BLE001 - the parent reads why
                traceback.print_exc()
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
