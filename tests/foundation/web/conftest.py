from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from foundation.audit.trail import Audit
from foundation.clock import FixedClock
from foundation.database import open_database
from foundation.ground import Ground
from foundation.ids import SystemIds
from foundation.jobs import JobQueue
from foundation.settings import Settings
from foundation.storage import open_storage
from hsm.room import unseal
from tests.foundation.web import sample


@pytest.fixture
def app(ground: Ground) -> Flask:
    return sample.make(ground)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


MakeGround = Callable[..., Ground]


@pytest.fixture
def lone(new_database: Callable[[str], str], tmp_path: Path, clock: FixedClock) -> MakeGround:
    """A ground on SQLite alone, for what does not touch the database's own ways; `web` overrides settings."""

    def make(**web: Any) -> Ground:
        settings = Settings(home=tmp_path, database={"url": new_database("sqlite")}, web={"rate_limits": False} | web)
        ids, db = SystemIds(clock), open_database(settings)
        vault = unseal(settings, db, clock, ids)
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

    return make


@pytest.fixture
def lone_app(lone: MakeGround) -> Flask:
    return sample.make(lone())


@pytest.fixture
def lone_client(lone_app: Flask) -> FlaskClient:
    return lone_app.test_client()
