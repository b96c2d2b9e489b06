"""Issues five certificates at once in a process of its own, which a fail-point ends (`tests.ca.test_batch`)."""

from __future__ import annotations

from pathlib import Path

from ca.issue import leaf
from ca.issue_many import issue_many
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from tests.ca.conftest import IDENTITIES, SUBJECTS, build_room, fresh_key
from tests.conftest import START


def main(home: str, url: str) -> None:
    room = build_room(Path(home), url, FixedClock(START))
    orders = [
        leaf(
            room,
            Suite.SM2,
            profile,
            subject=SUBJECTS[profile],
            spki=fresh_key(Suite.SM2),
            identity=IDENTITIES[profile],
            request_key=f"crash-{number}",
        )
        for number, profile in enumerate(("citizen", "device", "legal-person", "agent", "code-signer"))
    ]
    issue_many(room, SYSTEM, orders)
