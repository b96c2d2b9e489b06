"""A process of its own that takes one step of a protocol, and is killed on the way (YINXIN_FAILPOINT)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from ca.acme import accounts, finalize
from ca.cmp import server
from foundation.clock import FixedClock
from tests.ca.conftest import build_room
from tests.conftest import START


def main(home: str, url: str, protocol: str, *more: str) -> None:
    room = build_room(Path(home), url, FixedClock(START))
    if protocol == "cmp":
        server.answer(room, bytes.fromhex(more[0]))
    else:
        finalize.finalize(room, accounts.find(room, UUID(more[0])), UUID(more[1]), more[2])
