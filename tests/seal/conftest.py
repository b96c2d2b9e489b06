"""A region with both hierarchies and two sealed departments, on each database; made once, RSA keys are slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from ca.hierarchy import establish
from ca.models import CaStampClock
from ca.room import CaRoom
from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import Job, JobQueue
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.room import HsmRoom, unseal
from seal.make import make_seal
from seal.orders import SealRecord, SealRequest
from seal.room import SealRoom
from server import schema
from tests import databases
from tests.conftest import START

MARKET = make_uscc("11", "219900", "MB100001")
TRANSPORT = make_uscc("11", "219900", "MB100002")


def clerk(department: str) -> Principal:
    return Principal(
        Kind.CLIENT,
        f"client:{department}",
        frozenset({Permission.SEAL_STAMP, Permission.SEAL_READ}),
        department=department,
        client_id=f"client-{department}",
    )


@dataclass(frozen=True)
class Region:
    room: SealRoom
    clock: FixedClock
    home: Path
    url: str
    market: SealRecord
    transport: SealRecord

    @property
    def principal(self) -> Principal:
        return clerk(MARKET)

    def key(self) -> str:
        """A fresh order key."""
        return f"test-{self.room.ground.ids.token(9)}"

    def turn_back(self, at: datetime) -> None:
        """The clock as it was, and time stamps of the while between forgotten: the region is shared."""
        self.clock.set(at)
        with self.room.ground.db.begin() as session:
            session.execute(delete(CaStampClock))

    def settle(self, at: datetime) -> None:
        """As `turn_back`, and nothing is due any more: the next test's worker would take it up."""
        self.turn_back(at)
        with self.room.ground.db.begin() as session:
            session.execute(update(Job).where(Job.state.in_(("waiting", "running"))).values(state="done"))

    @property
    def seal_id(self) -> UUID:
        return self.market.id


def build(home: Path, url: str, clock: FixedClock) -> SealRoom:
    """The real rooms below ours, as the composition root makes them."""
    settings = Settings(home=home, database={"url": url}, web={"rate_limits": False})
    db, ids = open_database(settings), SystemIds(clock)
    vault = unseal(settings, db, clock, ids)
    audit = Audit(vault.mac, clock, ids)
    storage, jobs = open_storage(settings), JobQueue(clock, ids)
    ground = Ground(settings, db, clock, ids, storage, audit, vault.cipher, vault.mac, jobs)
    keys = HsmRoom.build(ground, vault).keys
    return SealRoom.build(ground, keys, CaRoom.build(ground, keys))


@pytest.fixture(scope="session")
def make_region(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Iterator[Callable[[str], Region]]:
    made: list[SealRoom] = []

    def make(kind: str) -> Region:
        home = tmp_path_factory.mktemp(f"seal_{kind}")
        name = home.name.replace("-", "_")
        url = f"sqlite:///{home}/seal.db"
        if kind == "postgresql":
            databases.execute(cluster.format(name="postgres"), f"CREATE DATABASE {name}")
            url = cluster.format(name=name)
        db = open_database(Settings(home=home, database={"url": url}))
        schema.upgrade(db)
        db.dispose()
        clock = FixedClock(START)
        room = build(home, url, clock)
        establish(room.ca)
        made.append(room)
        market = SealRequest(MARKET, "印川市市场监督管理局", "21990000000001", "印川市市场监督管理局")
        transport = SealRequest(TRANSPORT, "印川市交通运输局", "21990000000002", "印川市交通运输局")
        return Region(room, clock, home, url, make_seal(room, SYSTEM, market), make_seal(room, SYSTEM, transport))

    yield make
    for room in made:
        room.ground.db.dispose()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def region(request: pytest.FixtureRequest, make_region: Callable[[str], Region]) -> Region:
    return make_region(request.param)


@pytest.fixture(scope="session")
def one_region(make_region: Callable[[str], Region]) -> Region:
    """SQLite only, for what does not depend on the database."""
    return make_region("sqlite")


@pytest.fixture(autouse=True)
def _left_as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """The region is shared: a moved clock, stamps from later and jobs still due end with the test that left them."""
    names = [name for name in ("region", "one_region") if name in request.fixturenames]
    regions: list[Region] = [request.getfixturevalue(name) for name in names]
    found = [region.clock.now() for region in regions]
    yield
    for region, at in zip(regions, found, strict=True):
        region.settle(at)
