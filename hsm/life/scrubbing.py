"""Removing a private half (销毁私钥): overwritten, then emptied, then the freed pages are cleaned.

What no program can reach stays out of it: older backups, and PostgreSQL's archived write-ahead log. docs/keys.md says
so, because destroying a key means destroying its backups too.
"""

from __future__ import annotations

from sqlalchemy import text, update

from foundation.ground import Ground
from foundation.ids import Ids
from hsm.keys import State
from hsm.models import HsmKey


def overwrite(row: HsmKey, ids: Ids) -> None:
    """Same length, so the database writes it where the old value stood if it can."""
    row.wrapped = ids.random(len(row.wrapped))


def scrub(ground: Ground, name: str, version: int) -> None:
    """Empty the column, and let no freed page keep the old value. Fine to repeat."""
    with ground.db.begin() as session:
        session.execute(
            update(HsmKey)
            .where(HsmKey.name == name, HsmKey.version == version, HsmKey.state == State.DESTROYED)
            .values(wrapped=b"")
        )
    # SQLite: secure_delete has zeroed the page; the log that still held it is folded in and cut.
    # PostgreSQL: old row versions go with a vacuum of this small table.
    statement = "PRAGMA wal_checkpoint(TRUNCATE)" if ground.db.dialect == "sqlite" else "VACUUM (FREEZE) hsm_key"
    with ground.db.engine.connect() as connection:
        if ground.db.dialect == "sqlite":
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.cursor().execute(statement).close()
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))
