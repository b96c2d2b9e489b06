"""Lives to be killed: imports once, then forks one process per line of input, which issues and dies at its fail-point.

Input: one JSON object a line {"failpoint", "recover", "requests": [[type, number, key]]}. Output: one line
{"status", "acknowledged": {key: licence id}}. A fork opens the region anew, as a restarted server would.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from foundation.clock import FixedClock
from licence.intents import IssueRequest
from licence.issue import issue
from licence.recovery import recover
from tests.conftest import START
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT, open_room, settings_for
from tests.licence.samples import food, road


def request(slug: str, number: int, key: str) -> IssueRequest:
    return IssueRequest(slug, food(number) if slug == "food-operation" else road(number), key)


def live(home: Path, url: str, order: dict[str, object], acknowledge: int) -> None:
    os.environ["YINXIN_FAILPOINT"] = str(order["failpoint"])
    room = open_room(settings_for(home, url), FixedClock(START + timedelta(hours=1)))
    if order["recover"]:
        recover(room)
    for slug, number, key in order["requests"]:  # type: ignore[attr-defined]
        client = MARKET_CLIENT if slug == "food-operation" else TRANSPORT_CLIENT
        licence = issue(room, client, request(slug, number, key))
        os.write(acknowledge, f"{key} {licence.id}\n".encode())


def main(home: Path, url: str) -> None:
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            status = 1
            try:
                live(home, url, order, writing)
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as answers:
            acknowledged = dict(answer.split() for answer in answers)
        _, status = os.waitpid(child, 0)
        answer = {"status": os.waitstatus_to_exitcode(status), "acknowledged": acknowledged}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
