"""Bringing a database to the schema this version needs, and refusing any other (数据库版本)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from foundation.database import Database
from foundation.errors import Unavailable
from foundation.text import Text

FOLDER = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def head() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or "empty"


def current(db: Database) -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(db: Database, to: str = "head") -> None:
    """Run the migrations that are missing; each in a transaction of its own."""
    config = _config()
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.commit()


def downgrade(db: Database, to: str) -> None:
    config = _config()
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)
        connection.commit()


def require_current(db: Database) -> None:
    """Refuse to start on a database of another version: guessing would write rows nobody can read later."""
    have, want = current(db), head()
    if have != want:
        raise Unavailable(
            "database.revision",
            Text(
                f"数据库版本为 {have}，本程序需要 {want}。请先备份，再执行 yinxin db upgrade。",
                f"The database is at {have}, this program needs {want}. Back up, then run: yinxin db upgrade",
            ),
        )


def differences(db: Database) -> list[str]:
    """What the models have and the migrated database has not, or the other way round; empty when they agree."""
    from server.migrations_rules import compare_type
    from server.tables import METADATA

    with db.engine.connect() as connection:
        migration = MigrationContext.configure(connection, opts={"compare_type": compare_type})
        return [repr(change) for change in compare_metadata(migration, METADATA)]
