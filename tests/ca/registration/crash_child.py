"""Lives to be killed: imports once, then forks one process per line of input, which takes a step and dies on the way.

Input: one JSON object a line {"point", "home", "url", "verb", "id", "more"}. Output: the exit status of the fork.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from uuid import UUID

from ca.registration import bulk, collect, steps
from ca.registration.room import RegistrationRoom
from ca.registration.states import Step
from foundation.clock import FixedClock
from hsm.delivery.keys import LocalOneTimeKeys
from tests.ca.conftest import build_room
from tests.ca.registration.desk import CITIZEN, OFFICER, Accounts, Inbox
from tests.conftest import START

WHO = {"officer": OFFICER, "citizen": CITIZEN}


def live(home: str, url: str, verb: str, identifier: str, more: list[str]) -> None:
    ca = build_room(Path(home), url, FixedClock(START))
    room = RegistrationRoom(ca, Accounts(), Inbox(), LocalOneTimeKeys(ca.ground.clock, ca.ground.ids))
    if verb == "bulk":
        bulk.work(room, {"bulk": identifier})
    elif verb == "collect":
        code, password, csr = more
        request = bytes.fromhex(csr) if csr else None
        collect.collect(room, UUID(identifier), code, password=password or None, csr=request, rounds=1000)
    else:
        who, step, digest = more
        steps.take(room, WHO[who], UUID(identifier), Step(step), digest=digest)


def main() -> None:
    for text in sys.stdin:
        order = json.loads(text)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.environ["YINXIN_FAILPOINT"] = order["point"]
                live(order["home"], order["url"], order["verb"], order["id"], order["more"])
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
