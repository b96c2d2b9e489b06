"""A process of its own that works for the key centre and is killed on the way.

Forked, not started: fifty interpreters would take two minutes of their own. The child opens the database, the vault and
the escrow anew, and dies of SIGKILL at the failpoint, so nothing of it is left but what it had committed.
"""

from __future__ import annotations

import base64
import os
import signal
from uuid import UUID

from ca.enrol import Enrolment
from ca.kmc.asking import open_judicial
from ca.kmc.collecting import collect
from ca.kmc.deliveries import Delivery, deliver
from ca.kmc.pairs import enrol_pair
from ca.kmc.recoveries import prove
from ca.kmc.revoking import revoke_pair
from ca.kmc.statements import Case
from ca.reading.crl import Reason
from ca.room import CaRoom
from ca.suites import Suite
from foundation.clock import FixedClock
from foundation.principal import SYSTEM
from hsm.escrow.shapes import Form
from tests.ca.conftest import IDENTITIES, SUBJECTS, Region, build_room
from tests.ca.kmc.conftest import OPERATOR
from tests.conftest import START


def work(room: CaRoom, what: str, asked: dict[str, str]) -> None:
    octets = base64.b64decode(asked.get("octets", ""))
    match what:
        case "pair":
            wanted = Enrolment(Suite.SM2, "citizen", SUBJECTS["citizen"], IDENTITIES["citizen"], octets, asked["key"])
            enrol_pair(room, SYSTEM, wanted)
        case "deliver":
            deliver(room, SYSTEM, UUID(asked["id"]), Delivery.SIGNED_AND_ENVELOPED)
        case "revoke":
            revoke_pair(room, SYSTEM, UUID(asked["id"]), Reason.SUPERSEDED)
        case "judicial":
            case = Case("（2026）印检证 7 号", "刑事诉讼法第五十四条", "印川市人民检察院")
            open_judicial(room, OPERATOR, [UUID(asked["id"])], octets, case, asked["key"])
        case "prove":
            prove(room, OPERATOR, UUID(asked["id"]), octets)
        case "collect":
            collect(room, OPERATOR, UUID(asked["id"]), Form.SM2_ENVELOPED_KEY)


def crash(region: Region, point: str, what: str, **asked: str) -> None:
    """Do it in a child that dies at `point`; fails when the child came to its end, or to another."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            os.environ["YINXIN_FAILPOINT"] = point
            work(build_room(region.home, region.room.ground.settings.database_url, FixedClock(START)), what, asked)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
