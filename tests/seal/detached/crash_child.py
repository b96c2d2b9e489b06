"""Lives to be killed: imports once, then forks processes that sign beside a file, all at once, and die where told.

Input: one JSON object a line {"home", "url", "at", "department", "seal", "key", "kind", "points"}. Output: one
line with the exit statuses of the forks.
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
from hsm.digests import Digest
from seal.detached.orders import DetachedOrder, Digests, Shape
from seal.detached.signing import sign_detached
from tests.seal.conftest import build, clerk

CONTENT = b"a file of some kind\r\n" * 40
BY_DIGEST = Digests(Digest.SHA256.of(CONTENT), len(CONTENT), Digest.SM3.of(CONTENT))
KINDS: dict[str, dict[str, Any]] = {
    "cms": {"content": CONTENT},
    "gm": {"content": BY_DIGEST, "shape": Shape.GM_CMS},
    "jws": {"content": CONTENT, "shape": Shape.JWS, "suite": Suite.RSA, "attached": True},
    "jws-digest": {"content": BY_DIGEST, "shape": Shape.JWS},
    "p256": {"content": CONTENT, "suite": Suite.P256},
}


def order_of(kind: str, seal: UUID, key: str) -> DetachedOrder:
    return DetachedOrder(seal_id=seal, order_key=key, **KINDS[kind])


def live(told: dict[str, Any]) -> None:
    room = build(Path(told["home"]), told["url"], FixedClock(datetime.fromisoformat(told["at"])))
    sign_detached(room, clerk(told["department"]), order_of(told["kind"], UUID(told["seal"]), told["key"]))


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        children = []
        for point in told["points"]:
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    os.environ["YINXIN_FAILPOINT"] = point
                    os.dup2(2, 1)  # the parent alone writes answers
                    live(told)
                    status = 0
                except BaseException:  # noqa: BLE001 - the parent reads why
                    traceback.print_exc()
                finally:
                    os._exit(status)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
