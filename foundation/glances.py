"""A glance (速查): one row of one prepared statement, where a session would cost ten times what the question does.

For questions put with every file that is verified or sealed. Always asked of the database, so what was committed
anywhere counts for the next glance; what is remembered is the statement and never its answer. A statement sees one
state of the database, so what must fit together is asked in one.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeEngine

from foundation.database import Database, translated

_Convert = Callable[[Any], Any] | None
_Statement = Select[*tuple[Any, ...]]


class Glance:
    """Columns must have names that differ; parameters are those of the statement's `bindparam`."""

    def __init__(self, db: Database, statement: _Statement) -> None:
        self._engine = db.engine
        dialect = db.engine.dialect
        self._fault: type[Exception] = dialect.loaded_dbapi.OperationalError
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._given = compiled.construct_params
        self._order: tuple[str, ...] | None = tuple(compiled.positiontup) if compiled.positional else None
        self._bound = {
            name: convert for name, one in compiled.binds.items() if (convert := _binder(one.type, dialect)) is not None
        }
        columns = list(statement.selected_columns)
        self._shape: Any = namedtuple("_Shape", [str(one.key) for one in columns])  # type: ignore[misc]  # noqa: PYI024 - known only here
        self._types = [column.type for column in columns]
        self._read: list[_Convert] | None = None
        """Known with the first answer: PostgreSQL's numbers are read by the kind the driver names."""

    def row(self, **values: Any) -> Any:
        """The first row with its columns as attributes, or None. Raises `Unavailable` as every reading does."""
        given = self._given(values)
        for name, convert in self._bound.items():
            given[name] = convert(given[name])
        asked = given if self._order is None else tuple(given[name] for name in self._order)
        with translated():
            found = self._first(asked)
        if found is None:
            return None
        return self._shape._make(
            value if convert is None else convert(value) for convert, value in zip(self._read or (), found, strict=True)
        )

    def _first(self, asked: Any) -> Any:
        try:
            with closing(self._engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute(self._sql, asked)
                if self._read is None:
                    told = cursor.description or ()
                    pairs = zip(self._types, told, strict=True)
                    self._read = [_reader(kind, self._engine.dialect, one[1]) for kind, one in pairs]
                return cursor.fetchone()
        except self._fault as error:
            raise OperationalError(self._sql, None, error) from error  # as the engine itself would put it


_known: WeakKeyDictionary[Database, dict[_Statement, Glance]] = WeakKeyDictionary()


def glance(db: Database, statement: _Statement, **values: Any) -> Any:
    """The same with a statement that stands in a module, prepared at its first use."""
    prepared = _known.setdefault(db, {})
    found = prepared.get(statement)
    if found is None:
        found = prepared[statement] = Glance(db, statement)
    return found.row(**values)


def named(one: _Statement, name: str) -> ColumnElement[Any]:
    """A statement with one answer, as a column of a larger one."""
    return one.scalar_subquery().label(name)


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> _Convert:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect, code: object) -> _Convert:
    return kind.dialect_impl(dialect).result_processor(dialect, code)
