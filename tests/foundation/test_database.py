"""What a database may do to us becomes `Unavailable`: rolled back, said plainly, never a stack trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from foundation.audit.models import AuditHead
from foundation.database import Database, open_database
from foundation.errors import Unavailable
from foundation.settings import Settings


def test_a_read_session_refuses_to_write(db: Database) -> None:
    with pytest.raises(RuntimeError, match="asked to write"), db.read() as session:  # noqa: PT012 - add and flush
        session.add(AuditHead(id=9, size=0))
        session.flush()


def test_an_exception_rolls_everything_back(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.begin() as session:  # noqa: PT012 - the change and the fault
        session.add(AuditHead(id=9, size=0))
        session.flush()
        _ = 1 / 0
    with db.read() as session:
        assert session.get(AuditHead, 9) is None


def test_a_busy_sqlite_is_unavailable(new_database: Callable[[str], str], tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database={"url": new_database("sqlite"), "busy_seconds": 0.2})
    db = open_database(settings)
    with db.begin() as first:
        first.execute(text("SELECT 1"))  # a writer holds the lock from its first statement
        with pytest.raises(Unavailable), db.begin() as second:
            second.execute(text("SELECT 1"))
    with db.begin() as session:
        session.add(AuditHead(id=9, size=0))
    db.dispose()


def test_of_two_in_a_deadlock_one_is_told_to_try_again(new_database: Callable[[str], str], tmp_path: Path) -> None:
    db = open_database(Settings(home=tmp_path, database={"url": new_database("postgresql")}))
    with db.begin() as session:
        session.add_all([AuditHead(id=8, size=0), AuditHead(id=9, size=0)])
    both, outcome = threading.Barrier(2, timeout=20), []

    def cross(first: int, second: int) -> None:
        try:
            with db.begin() as session:
                session.execute(text("UPDATE audit_head SET size = size + 1 WHERE id = :id"), {"id": first})
                both.wait()
                session.execute(text("UPDATE audit_head SET size = size + 1 WHERE id = :id"), {"id": second})
            outcome.append("done")
        except Unavailable:
            outcome.append("again")

    threads = [threading.Thread(target=cross, args=pair) for pair in ((8, 9), (9, 8))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["again", "done"]
    with db.read() as session:
        assert [session.get_one(AuditHead, one).size for one in (8, 9)] == [1, 1]
    db.dispose()
