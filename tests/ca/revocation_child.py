"""A process of its own that publishes lists or carries out a mass revocation, and may be killed on the way."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ca import crl, revoke_many
from ca.crl_names import ListName
from foundation.clock import FixedClock
from tests.ca.conftest import build_room


def main(home: str, url: str, at: str, work: str, what: str) -> None:
    room = build_room(Path(home), url, FixedClock(datetime.fromisoformat(at)))
    if work == "many":
        revoke_many.run(room, UUID(what))
    else:
        crl.publish_list(room, ListName("sm2-issuing", int(what)) if what else ListName("sm2-issuing"))


if __name__ == "__main__":
    main(*sys.argv[1:])
