"""A region that can issue: real keys, CA, seals and authorities; `crash_worker` opens it too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ca.hierarchy import establish
from ca.room import CaRoom
from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.room import HsmRoom, unseal
from licence import authority, code
from licence.holders import HolderNumbers, NoHolders
from licence.room import LicenceRoom
from seal.make import make_seal
from seal.orders import SealRequest
from seal.room import SealRoom
from tests.licence.samples import MARKET, MARKET_NAME, TRANSPORT, TRANSPORT_NAME

_DEPARTMENT = frozenset({Permission.LICENCE_ISSUE, Permission.LICENCE_READ, Permission.LICENCE_REVOKE})

MARKET_CLIENT = Principal(Kind.CLIENT, "client:market", _DEPARTMENT, department=MARKET, client_id="market")
TRANSPORT_CLIENT = Principal(Kind.CLIENT, "client:transport", _DEPARTMENT, department=TRANSPORT, client_id="transport")


def citizen(person: UUID) -> Principal:
    return Principal(Kind.CITIZEN, f"person:{person}", frozenset({Permission.LICENCE_OWN}), person_id=person)


@dataclass
class Holders:
    """What `sso` would say: proved numbers by person."""

    numbers: dict[UUID, str]

    def holder_code(self, person_id: UUID) -> str | None:
        return self.numbers.get(person_id)


def open_room(settings: Settings, clock: Clock, holders: HolderNumbers | None = None) -> LicenceRoom:
    db, ids = open_database(settings), SystemIds(clock)
    vault = unseal(settings, db, clock, ids)
    audit, storage = Audit(vault.mac, clock, ids), open_storage(settings)
    ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, JobQueue(clock, ids))
    keys = HsmRoom.build(ground, vault).keys
    ca = CaRoom.build(ground, keys)
    return LicenceRoom(ground, keys, ca, SealRoom.build(ground, keys, ca), holders or NoHolders())


def found(room: LicenceRoom) -> None:
    """Certificates, two departments' seals, and what each may issue."""
    establish(room.ca)
    for number, (department, name) in enumerate(((MARKET, MARKET_NAME), (TRANSPORT, TRANSPORT_NAME)), 1):
        make_seal(room.seal, SYSTEM, SealRequest(department, name, f"2199000000000{number}", name))
    for slug, department, name in (
        ("food-operation", MARKET, MARKET_NAME),
        ("business-licence", MARKET, MARKET_NAME),
        ("road-transport", TRANSPORT, TRANSPORT_NAME),
    ):
        authority.authorise(room, SYSTEM, slug=slug, department=department, department_name=name)
    code.establish(room)


def settings_for(home: Path, url: str) -> Settings:
    return Settings(home=home, database={"url": url}, web={"rate_limits": False})
