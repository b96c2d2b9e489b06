"""Alembic environment: one portable history for SQLite and PostgreSQL (facts/stack 6)."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from foundation.database import UtcDateTime
from server.migrations_rules import compare_type
from server.tables import METADATA


def _render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our UTC type is a plain timestamp to a migration: history must not import the code it outlives."""
    del autogen
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    connection: sa.Connection = context.config.attributes["connection"]
    if connection.dialect.name == "postgresql":
        # A migration runs beside the old version: it waits briefly for a lock rather than stopping everyone.
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.exec_driver_sql("SET statement_timeout = '60s'")
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=compare_type,
        render_item=_render_item,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
