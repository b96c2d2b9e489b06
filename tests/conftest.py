"""Fixtures for every room: a ground on SQLite and on PostgreSQL, with a clock that moves only when told."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import Database, open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.room import Vault, unseal
from server import schema
from tests import databases

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"
START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: looking through it for garbage again and again took a sixth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        gc.enable()


@pytest.fixture(scope="session")
def vectors() -> Path:
    return VECTORS


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """URL of the private PostgreSQL cluster with `{name}` where the database name goes."""
    with databases.private_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def _templates() -> dict[str, Any]:
    return {}


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path, _templates: dict[str, Any]) -> Callable[[str], str]:
    """Make an empty, migrated database of a kind (`sqlite`, `postgresql`); returns its URL."""
    counter = [0]

    def make(kind: str) -> str:
        counter[0] += 1
        return (
            _sqlite(request, tmp_path, _templates, counter[0]) if kind == "sqlite" else _postgresql(request, _templates)
        )

    return make


def _schema(url: str, home: Path) -> None:
    """By migrating, as an installation does; `tests/server/test_schema.py` holds models and history together."""
    db = open_database(Settings(home=home, database={"url": url}))
    schema.upgrade(db)
    db.dispose()


def _sqlite(request: pytest.FixtureRequest, tmp_path: Path, templates: dict[str, Any], number: int) -> str:
    if "sqlite" not in templates:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("template")
        _schema(f"sqlite:///{folder}/t.db", folder)
        templates["sqlite"] = folder / "t.db"
    target = tmp_path / f"yinxin{number}.db"
    shutil.copyfile(templates["sqlite"], target)
    return f"sqlite:///{target}"


def _postgresql(request: pytest.FixtureRequest, templates: dict[str, Any]) -> str:
    base = request.getfixturevalue("cluster")
    admin = base.format(name="postgres")
    if "postgresql" not in templates:
        databases.execute(admin, "CREATE DATABASE yx_template")
        _schema(base.format(name="yx_template"), request.getfixturevalue("tmp_path_factory").mktemp("pg"))
        templates["postgresql"] = 0
    templates["postgresql"] += 1
    name = f"yx_{templates['postgresql']}"
    databases.execute(admin, f"CREATE DATABASE {name} TEMPLATE yx_template STRATEGY FILE_COPY")
    return str(base.format(name=name))


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, new_database: Callable[[str], str], tmp_path: Path) -> Settings:
    """Settings of an embedded region in a temporary home, on each database in turn."""
    return Settings(
        home=tmp_path,
        database={"url": new_database(request.param)},
        web={"rate_limits": False},
        verify={"read_seconds": 60},  # machines that run tests are busy
    )


@pytest.fixture
def db(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.dispose()


@pytest.fixture
def vault(settings: Settings, db: Database, clock: FixedClock) -> Vault:
    """The real key room, unsealed with a key file of this test's home."""
    return unseal(settings, db, clock, SystemIds(clock))


@pytest.fixture
def ground(settings: Settings, db: Database, clock: FixedClock, vault: Vault) -> Ground:
    ids = SystemIds(clock)
    return Ground(
        settings=settings,
        db=db,
        clock=clock,
        ids=ids,
        storage=open_storage(settings),
        audit=Audit(vault.mac, clock, ids),
        cipher=vault.cipher,
        mac=vault.mac,
        jobs=JobQueue(clock, ids),
    )


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running sample region (`tests.region.Region`), once per test process."""
    from tests.region import running_region  # the whole house; tests of one room need not import it

    with running_region(tmp_path_factory.mktemp("region") / "home") as started:
        yield started
