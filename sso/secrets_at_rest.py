"""One-time secrets (一次性凭据): made from 256 random bits, handed out once, kept as SHA-256.

A plain hash is enough because the secret has full entropy; what has less (SMS codes) is kept as a keyed MAC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from foundation.database import Base
from sso.jose import b64url


def fingerprint(secret: str) -> str:
    return b64url(hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest())


def put_once(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert unless the key is there, in one statement; says whether this call inserted it."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    first = next(iter(table.__table__.primary_key.columns))  # type: ignore[attr-defined]
    return session.execute(statement.returning(first)).first() is not None
