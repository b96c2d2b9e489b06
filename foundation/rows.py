"""Rows by plain statements (直接读写表): for look-ups on the way of every stamp, where sessions cost more.

What comes back is the model's own class, detached as a closed session leaves it. Statements are made once and bound by
name, so that their compiled form is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Executable, Insert, Select, Table, insert
from sqlalchemy.orm import class_mapper, make_transient_to_detached

from foundation.database import Base, Connects, Database
from foundation.glances import glance

Model = TypeVar("Model", bound=Base)


class Plain(Generic[Model]):
    """One model's table: its columns for a statement, and its objects from what the statement answers."""

    def __init__(self, model: type[Model]) -> None:
        mapper = class_mapper(model)
        self._new = mapper.class_manager.new_instance
        self.table = cast("Table", mapper.local_table)  # every model here is one table
        self.columns = tuple(self.table.columns)
        self._names = tuple(mapper.get_property_by_column(column).key for column in self.columns)
        self._known = frozenset(self._names)
        self._key = next(place for place, column in enumerate(self.columns) if column.primary_key)
        self._insert: Insert = insert(self.table)

    def one(self, session: Connects, statement: Executable, values: dict[str, Any]) -> Model | None:
        """The only row of `statement`, which selects exactly `columns`."""
        found = session.connection().execute(statement, values).one_or_none()
        return self.of(found) if found is not None else None

    def seen(self, db: Database, statement: Select[Any], **values: Any) -> Model | None:
        """The row of `statement`, which selects exactly `columns`, at a glance."""
        found = glance(db, statement, **values)
        return self.of(found) if found is not None else None

    def of(self, values: Sequence[Any], start: int = 0) -> Model | None:
        """The object whose columns stand at `start`; None where an outer join found none."""
        if values[start + self._key] is None:
            return None
        return self.made(**dict(zip(self._names, values[start : start + len(self._names)], strict=True)))

    def made(self, **values: Any) -> Model:
        """The object of these values, as if it had been read: `add` inserts it, a session would not.

        The class's own making watches every attribute and takes ten times as long.
        """
        if not values.keys() <= self._known:
            raise TypeError(f"no columns of {self.table.name}: {sorted(values.keys() - self._known)}")
        made = self._new()
        made.__dict__.update(values)
        make_transient_to_detached(made)
        return made

    def add(self, session: Connects, made: Model) -> None:
        """Insert at once, without a unit of work; columns nobody set get their defaults."""
        session.connection().execute(self._insert, self._values(made))

    def add_all(self, session: Connects, made: Sequence[Model]) -> None:
        """`add` for each, in one statement; all of them have the same columns set."""
        if made:
            session.connection().execute(self._insert, [self._values(one) for one in made])

    def _values(self, made: Model) -> dict[str, Any]:
        held = made.__dict__
        return {column.name: held[name] for name, column in zip(self._names, self.columns, strict=True) if name in held}
