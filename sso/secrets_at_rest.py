"""One-time secrets (一次性凭据): made from 256 random bits, handed out once, kept as SHA-256.

A plain hash is enough because the secret has full entropy; what has less (SMS codes) is kept as a keyed MAC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from foundation import base64url
from foundation.database import Base
from sso.records import table


def fingerprint(secret: str) -> str:
    return base64url.encode(hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest())


@cache
def _insert_once(model: type[Base], dialect: str) -> ReturningInsert[Any]:
    target = table(model)
    key = next(iter(target.primary_key.columns))
    if dialect == "postgresql":
        return postgresql.insert(target).on_conflict_do_nothing().returning(key)
    return sqlite.insert(target).on_conflict_do_nothing().returning(key)


def put_once(session: Session, model: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert unless the key is there, in one statement; says whether this call inserted it."""
    connection = session.connection()
    return connection.execute(_insert_once(model, connection.dialect.name), values).first() is not None
