"""Regions that can issue. Founding one takes seconds (RSA keys), so each database has one template that tests copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.settings import Settings
from licence.room import LicenceRoom
from server import schema
from tests import databases
from tests.conftest import START
from tests.licence.region import Holders, found, open_room, settings_for

KINDS = ("sqlite", "postgresql")


@dataclass
class Region:
    room: LicenceRoom
    clock: FixedClock
    settings: Settings
    holders: Holders = field(default_factory=lambda: Holders({}))

    def person(self, code: str) -> UUID:
        """Somebody whose citizen number is proved."""
        person = self.room.ground.ids.uuid7()
        self.holders.numbers[person] = code
        return person

    def reopened(self) -> LicenceRoom:
        """The same region in another process, as far as memory goes."""
        return open_room(self.settings, self.clock, self.holders)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def template(kind: str) -> Path:
        if kind not in made:
            home = made[kind] = tmp_path_factory.mktemp(f"licence-{kind}")
            if kind == "postgresql":
                databases.execute(cluster.format(name="postgres"), "CREATE DATABASE licence_template")
            settings = settings_for(home, _url(kind, home, cluster, "licence_template"))
            db = open_database(settings)
            schema.upgrade(db)
            db.dispose()
            room = open_room(settings, FixedClock(START))
            found(room)
            room.ground.db.dispose()
        return made[kind]

    return template


def _url(kind: str, home: Path, cluster: str, name: str) -> str:
    return f"sqlite:///{home}/yinxin.db" if kind == "sqlite" else cluster.format(name=name)


@pytest.fixture(scope="session")
def make_region(
    templates: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory, cluster: str
) -> Iterator[Callable[[str], Region]]:
    made: list[Region] = []

    def make(kind: str) -> Region:
        template = templates(kind)
        home = tmp_path_factory.mktemp("region")
        shutil.copytree(template, home, dirs_exist_ok=True)
        name = f"licence_{len(made)}"
        if kind == "postgresql":
            databases.execute(
                cluster.format(name="postgres"), f"CREATE DATABASE {name} TEMPLATE licence_template STRATEGY FILE_COPY"
            )
        settings, clock, holders = settings_for(home, _url(kind, home, cluster, name)), FixedClock(START), Holders({})
        made.append(Region(open_room(settings, clock, holders), clock, settings, holders))
        return made[-1]

    yield make
    for region in made:
        region.room.ground.db.dispose()


@pytest.fixture(params=KINDS)
def region(request: pytest.FixtureRequest, make_region: Callable[[str], Region]) -> Region:
    return make_region(request.param)


@pytest.fixture
def one_region(make_region: Callable[[str], Region]) -> Region:
    """For what no database can change."""
    return make_region("sqlite")
