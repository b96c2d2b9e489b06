"""The database (数据库): one portable schema, SQLite embedded and PostgreSQL in production.

`begin()` is the only way to write and `read()` the only way to read; a `read()` session refuses to flush, so a page
cannot write by accident. Tables of every room hang on `Base`; `server/migrations` holds the one history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, DateTime, MetaData, create_engine, event
from sqlalchemy.engine import URL, Dialect, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from foundation.errors import Unavailable
from foundation.settings import Settings
from foundation.text import Text


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out; SQLite keeps no zone, so it is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own spelling


class _ReadSession(Session):
    """Cannot flush: readers are not writers (facts/style habit 14)."""

    def flush(self, objects: Any = None) -> None:
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a read session was asked to write")
        super().flush(objects)


class Connects(Protocol):
    """What plain statements (`foundation.rows`, the audit trail) need: a session has it, and `_Plain` has only it."""

    def connection(self) -> Connection: ...


class _Plain:
    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def connection(self) -> Connection:
        return self._connection


class Database:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite writers say BEGIN IMMEDIATE; readers must not, or they would queue behind each other.
        self._reader = engine.execution_options(yinxin_read=True)

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One write transaction: commits at the end, rolls back on any exception."""
        with translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent read; never writes."""
        with translated(), _ReadSession(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def begin_plain(self) -> Iterator[Connects]:
        """As `begin`, without a session's unit of work: for the few statements on the way of every stamp."""
        with translated(), self.engine.begin() as connection:
            yield _Plain(connection)

    @contextmanager
    def read_plain(self) -> Iterator[Connects]:
        """As `read`, in the same way."""
        with translated(), self._reader.connect() as connection:
            yield _Plain(connection)

    def reader(self) -> Any:
        """A DBAPI connection outside the pool that cannot write, each statement a transaction.

        For look-ups so frequent that a session would cost more than they do. The caller keeps one per thread.
        """
        engine = self.engine
        arguments, options = engine.dialect.create_connect_args(engine.url)
        connection: Any = engine.dialect.connect(*arguments, **options)
        if self.dialect == "sqlite":
            connection.isolation_level = None
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.read_only, connection.autocommit, connection.prepare_threshold = True, True, 0
        return connection

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Busy, full, unreachable or deadlocked is `Unavailable`: it was rolled back, so the caller may retry."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable(
            "database.unavailable",
            Text(
                "数据库暂时无法访问，本次操作没有生效，请稍后重试。",
                "The database cannot be reached. Nothing was changed; try again shortly.",
            ),
        ) from error


def open_database(settings: Settings) -> Database:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return Database(_sqlite(url, settings))
    return Database(
        create_engine(
            url,
            pool_size=settings.database.pool_size,
            max_overflow=0,
            pool_timeout=settings.database.busy_seconds,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    )


def _sqlite(url: URL, settings: Settings) -> Engine:
    engine = create_engine(
        url,
        pool_size=settings.database.pool_size,
        max_overflow=0,
        pool_timeout=settings.database.busy_seconds,
        connect_args={"timeout": settings.database.busy_seconds},
        hide_parameters=True,  # an error text must not print somebody
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, record: ConnectionPoolEntry) -> None:
        del record
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged commit survives power loss
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        begin = "BEGIN" if connection.get_execution_options().get("yinxin_read", False) else "BEGIN IMMEDIATE"
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute(begin)  # a statement of the engine's own would cost ten times as much
        except sqlite3.OperationalError as error:
            raise OperationalError(begin, None, error) from error  # as the engine would put it

    return engine
