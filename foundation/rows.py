"""Rows by plain statements (直接读写表): for look-ups on the way of every stamp, where sessions cost more.

What comes back is the model's own class, detached as a closed session leaves it. Statements are made once and bound by
name, so that their compiled form is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Executable, Insert, Table, insert
from sqlalchemy.orm import Session, class_mapper, make_transient_to_detached

from foundation.database import Base

Model = TypeVar("Model", bound=Base)


class Plain(Generic[Model]):
    """One model's table: its columns for a statement, and its objects from what the statement answers."""

    def __init__(self, model: type[Model]) -> None:
        mapper = class_mapper(model)
        self._model = model
        self.table = cast("Table", mapper.local_table)  # every model here is one table
        self.columns = tuple(self.table.columns)
        self._names = tuple(mapper.get_property_by_column(column).key for column in self.columns)
        self._insert: Insert = insert(self.table)

    def one(self, session: Session, statement: Executable, values: dict[str, Any]) -> Model | None:
        """The only row of `statement`, which selects exactly `columns`."""
        found = session.connection().execute(statement, values).one_or_none()
        return self.of(found) if found is not None else None

    def of(self, values: Sequence[Any], start: int = 0) -> Model | None:
        """The object whose columns stand at `start`; None where an outer join found none."""
        own = values[start : start + len(self._names)]
        if all(value is None for value in own):
            return None
        made = self._model(**dict(zip(self._names, own, strict=True)))
        make_transient_to_detached(made)
        return made

    def add(self, session: Session, made: Model) -> None:
        """Insert at once, without a unit of work; columns nobody set get their defaults."""
        held = made.__dict__
        values = {
            column.name: held[name] for name, column in zip(self._names, self.columns, strict=True) if name in held
        }
        session.connection().execute(self._insert, values)
