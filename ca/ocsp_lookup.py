"""Looking up stored answers (查找预签应答) by one prepared statement on a connection of its own.

Asked of the database every time, so a revocation committed anywhere counts for the next question everywhere. When the
database does not answer, nothing is found, and the app behind says what is wrong.
"""

from __future__ import annotations

import threading
from typing import Any

import structlog

from ca.ocsp_store import Stored
from foundation.clock import Clock
from foundation.database import Database

log = structlog.get_logger("ca")
_QUERY = "SELECT answer, made, until FROM ca_ocsp_answer WHERE authority = ? AND serial = ? AND form = ? AND until > ?"


class Lookup:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._query = _QUERY if db.dialect == "sqlite" else _QUERY.replace("?", "%s")
        self._own = threading.local()

    def seconds(self) -> int:
        return int(self._clock.now().timestamp())

    def find(self, authority: str, form: str, serial: str) -> Stored | None:
        try:
            row = self._execute((authority, serial, form, self.seconds()))
        except self._db.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            self._own.connection = None
            log.warning("ca.ocsp_lookup_failed", error=type(error).__name__)
            return None
        return None if row is None else Stored(bytes(row[0]), row[1], row[2])

    def _execute(self, values: tuple[str, str, str, int]) -> Any:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._db.reader()
        return connection.execute(self._query, values).fetchone()
