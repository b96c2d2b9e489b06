"""How models and database are compared (迁移比对规则), for `alembic` and for the test that they agree."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from foundation.database import UtcDateTime


def compare_type(
    migration: Any, inspected_column: Any, metadata_column: Any, inspected_type: Any, metadata_type: Any
) -> bool | None:
    """Our UTC type is a timestamp to every database; everything else is Alembic's to judge."""
    del migration, inspected_column, metadata_column
    if isinstance(metadata_type, UtcDateTime):
        return not isinstance(inspected_type, sa.DateTime)
    return None
