"""A step of a registration in a process that dies on it (`tests.dying`)."""

from __future__ import annotations

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
