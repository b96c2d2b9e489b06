"""A process of its own that issues one certificate, and may be killed on the way (YINXIN_FAILPOINT)."""

from __future__ import annotations

from pathlib import Path

from ca.issue import issue
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from hsm.keys import Algorithm, Purpose
from tests.ca.conftest import IDENTITIES, SUBJECTS, build_room
from tests.conftest import START


def main(home: str, url: str, profile: str, request_key: str) -> None:
    room = build_room(Path(home), url, FixedClock(START))
    issue(
        room,
        SYSTEM,
        suite=Suite.SM2,
        profile=profile,
        subject=SUBJECTS[profile],
        spki=room.keys.ensure("test/sm2-1", Algorithm.SM2, {Purpose.SEALING, Purpose.CLIENT}).spki,
        identity=IDENTITIES[profile],
        request_key=request_key,
    )
