"""One portable history: up, down and up again on both databases, and no difference to the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect

from foundation.database import Database, open_database
from foundation.errors import Unavailable
from foundation.settings import Settings
from server import schema
from tests import databases


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/empty.db"
    if request.param == "postgresql":
        base = request.getfixturevalue("cluster")
        databases.execute(base.format(name="postgres"), "DROP DATABASE IF EXISTS yx_empty")
        databases.execute(base.format(name="postgres"), "CREATE DATABASE yx_empty")
        url = base.format(name="yx_empty")
    db = open_database(Settings(home=tmp_path, database={"url": url}))
    yield db
    db.dispose()


def test_models_and_history_agree(empty: Database) -> None:
    schema.upgrade(empty)
    assert schema.differences(empty) == []
    assert schema.current(empty) == schema.head()


def test_down_and_up_again(empty: Database) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "base")
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(empty)
    assert schema.differences(empty) == []


def test_an_unmigrated_database_is_refused_with_what_to_do(empty: Database) -> None:
    with pytest.raises(Unavailable, match=r"database\.revision"):
        schema.require_current(empty)
