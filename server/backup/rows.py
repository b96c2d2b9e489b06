"""Rows in a portable form (可移植的数据行): one JSON array a line, the same from SQLite and PostgreSQL.

So a backup of either restores into either. All tables are read in one snapshot. What is over in minutes is left out:
sessions and tokens ended since the backup must not come back to life, people log in again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, func, insert, select, update

from foundation.database import Database
from server.tables import METADATA

LEFT_OUT = frozenset(
    {
        "acme_nonce",
        "login_attempt",
        "oidc_code",
        "oidc_interaction",
        "oidc_token",
        "sms_outbox",
        "web_counter",
        "web_session",
    }
)
_AT_ONCE = 500


def tables() -> list[Table]:
    """Parents before children."""
    return [table for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


@contextmanager
def snapshot(db: Database) -> Iterator[Connection]:
    """One moment for all tables, while others go on writing."""
    engine = db.engine.execution_options(yinxin_read=True)
    if db.dialect != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """First the names of the columns, then the rows in the order of their key."""
    columns = list(table.columns)
    yield _line([column.name for column in columns])
    query = select(*columns).order_by(*table.primary_key.columns)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield _line([_written(value) for value in row])


def empty(db: Database) -> bool:
    """Nothing that a restore would mix with. The migrated schema itself holds no rows."""
    with db.engine.connect() as connection:
        return all(connection.scalar(select(func.count()).select_from(table)) == 0 for table in METADATA.sorted_tables)


def put(connection: Connection, table: Table, source: Iterable[bytes]) -> int:
    """Insert the rows; references of a table to itself are set when all its rows are there."""
    rows = decoded(table, source)
    own = [fk.parent for fk in table.foreign_keys if fk.column.table is table]
    later: list[dict[str, Any]] = []
    count, part = 0, []
    for row in rows:
        if any(row[column.key] is not None for column in own):
            later.append(dict(row))
            row.update({column.key: None for column in own})
        part.append(row)
        if len(part) == _AT_ONCE:
            connection.execute(insert(table), part)
            count, part = count + len(part), []
    if part:
        connection.execute(insert(table), part)
    for row in later:
        key = [column == row[column.key] for column in table.primary_key.columns]
        connection.execute(update(table).where(*key).values({column.key: row[column.key] for column in own}))
    return count + len(part)


def decoded(table: Table, source: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Rows by column key. A column this program does not have is a fault, one it has more gets its default."""
    found = iter(source)
    names: list[str] = json.loads(next(found))
    keys = [table.columns[name].key if name in table.columns else _gone(table, name) for name in names]
    for line in found:
        yield dict(zip(keys, map(_read, json.loads(line)), strict=True))


def _gone(table: Table, name: str) -> str:
    raise ValueError(f"{table.name} has no column {name}")


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _written(value: Any) -> Any:
    match value:
        case bytes() | memoryview():
            return {"b": base64.b64encode(bytes(value)).decode()}
        case datetime():
            return {"t": value.astimezone(UTC).isoformat()}
        case date():
            return {"d": value.isoformat()}
        case UUID():
            return {"u": str(value)}
        case dict() | list():
            return {"j": value}
        case _:
            return value


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    match kind:
        case "b":
            return base64.b64decode(inner)
        case "t":
            return datetime.fromisoformat(inner)
        case "d":
            return date.fromisoformat(inner)
        case "u":
            return UUID(inner)
        case "j":
            return inner
    raise ValueError(f"unknown value {kind}")
