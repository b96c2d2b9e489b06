"""One row at a glance: the same as a session reads, always of the present, and unavailable like everything else."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, func, select

from foundation.audit.models import AuditCheckpoint, AuditHead
from foundation.database import Database, open_database
from foundation.errors import Unavailable
from foundation.glances import Glance, glance, named
from foundation.settings import Settings

_HEAD = select(AuditHead.id, AuditHead.size).where(AuditHead.id == bindparam("of"))
_HEADS, _LARGEST = select(func.count()).select_from(AuditHead), select(func.max(AuditHead.size))


def test_it_reads_what_was_committed_a_moment_ago(db: Database) -> None:
    assert glance(db, _HEAD, of=9) is None
    for size in (1, 2):
        with db.begin() as session:
            session.merge(AuditHead(id=9, size=size))
        found = glance(db, _HEAD, of=9)
        assert (found.id, found.size) == (9, size)


def test_it_does_not_see_what_is_not_committed(db: Database) -> None:
    with db.begin() as session:
        session.add(AuditHead(id=9, size=1))
        session.flush()
        assert glance(db, _HEAD, of=9) is None


def test_types_are_those_a_session_gives(db: Database) -> None:
    at = datetime(2026, 11, 22, 2, 0, 3, 250_000, tzinfo=UTC)
    after = Glance(db, select(AuditCheckpoint.at, AuditCheckpoint.size).where(AuditCheckpoint.at >= bindparam("since")))
    with db.begin() as session:
        session.add(AuditCheckpoint(size=4, root=b"r" * 32, at=at, note="n"))
    with db.read() as session:
        assert session.execute(select(AuditCheckpoint.at, AuditCheckpoint.size)).one() == tuple(after.row(since=at))
    assert after.row(since=datetime(2027, 1, 1, tzinfo=UTC)) is None


def test_several_questions_in_one_see_one_state(db: Database) -> None:
    both = Glance(db, select(named(_HEADS, "heads"), named(_LARGEST, "largest")))
    before = both.row()
    with db.begin() as session:
        session.add(AuditHead(id=9, size=10**9))
    assert both.row() == (before.heads + 1, 10**9)


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    db = open_database(Settings(home=tmp_path, database={"url": f"sqlite:///{tmp_path}/none/there.db"}))
    with pytest.raises(Unavailable):
        glance(db, _HEAD, of=1)


def test_when_every_connection_is_taken_it_is_unavailable(new_database: Callable[[str], str], tmp_path: Path) -> None:
    few = {"url": new_database("sqlite"), "busy_seconds": 0.1, "pool_size": 1}
    db = open_database(Settings(home=tmp_path, database=few))
    with db.engine.connect(), pytest.raises(Unavailable):
        glance(db, _HEAD, of=1)
    assert glance(db, _HEAD, of=9) is None
    db.dispose()


def test_what_is_prepared_goes_with_its_database(new_database: Callable[[str], str], tmp_path: Path) -> None:
    db = open_database(Settings(home=tmp_path, database={"url": new_database("sqlite")}))
    glance(db, _HEAD, of=1)
    db.dispose()
    gone = weakref.ref(db)
    del db
    gc.collect()
    assert gone() is None
