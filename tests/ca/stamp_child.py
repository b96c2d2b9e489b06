"""A time-stamping authority of its own on the machine's clock, for tests that move that clock under it.

Says `ready`, then for each line on its input makes one token: `granted <genTime>`, or `refused <failure bit>`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from foundation.clock import SystemClock
from tests.ca.conftest import build_room
from tests.ca.test_timestamps import answered, request


def main(home: str, url: str) -> None:
    room = build_room(Path(home), url, SystemClock())
    say("ready")
    for _ in sys.stdin:
        _, token, failure = answered(room, request())
        say(f"granted {token.info.time.timestamp()}" if token else f"refused {failure}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
