"""Two look-ups by prepared statements on a connection of its own (快速查找): a stored answer, and a status.

Asked of the database every time, so a revocation committed anywhere counts for the next question everywhere. One
statement each, so no certificate is caught between two states.
"""

from __future__ import annotations

import threading
from typing import Any

import structlog

from ca.models import CaRevocation
from ca.ocsp_store import Stored
from ca.reading.crl import Reason
from ca.reading.ocsp import CertStatus
from ca.room import CaRoom
from ca.status import Status, statuses
from foundation.clock import Clock
from foundation.database import Database

log = structlog.get_logger("ca")
_ANSWER = "SELECT answer, made, until FROM ca_ocsp_answer WHERE authority = ? AND serial = ? AND form = ? AND until > ?"
_STATUS = (
    "SELECT r.revoked_at, r.reason FROM ca_certificate c "
    "LEFT JOIN ca_revocation r ON r.authority = c.authority AND r.serial = c.serial "
    "WHERE c.authority = ? AND c.serial = ?"
)
_GOOD, _UNKNOWN = Status(CertStatus.GOOD), Status(CertStatus.UNKNOWN)


class Lookup:
    """One per process; a connection per thread."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._own = threading.local()
        marked = db.dialect == "sqlite"
        self._answer, self._status = (one if marked else one.replace("?", "%s") for one in (_ANSWER, _STATUS))
        kind = CaRevocation.__table__.c.revoked_at.type.dialect_impl(db.engine.dialect)
        self._moment = kind.result_processor(db.engine.dialect, None)

    def seconds(self) -> int:
        return int(self._clock.now().timestamp())

    def find(self, authority: str, form: str, serial: str) -> Stored | None:
        """When the database does not answer, nothing is found, and the long way says what is wrong."""
        row = self._row(self._answer, (authority, serial, form, self.seconds()))
        return None if not row else Stored(bytes(row[0]), row[1], row[2])

    def status(self, room: CaRoom, authority: str, serial: int) -> Status:
        row = self._row(self._status, (authority, f"{serial:x}"))
        if row is False:
            return statuses(room, authority, [serial])[serial]
        if row is None:
            return _UNKNOWN
        if row[1] is None:
            return _GOOD
        return Status(CertStatus.REVOKED, self._moment(row[0]) if self._moment else row[0], Reason(row[1]))

    def _row(self, query: str, values: tuple[str | int, ...]) -> Any:
        """A row, None when there is none, False when the database could not be asked."""
        connection = getattr(self._own, "connection", None)
        try:
            if connection is None:
                connection = self._own.connection = self._db.reader()
            return connection.execute(query, values).fetchone()
        except self._db.engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            self._own.connection = None
            log.warning("ca.ocsp_lookup_failed", error=type(error).__name__)
            return False


def lookup(room: CaRoom) -> Lookup:
    known = room.kept.get("ocsp-lookup")
    if not isinstance(known, Lookup):
        known = room.kept["ocsp-lookup"] = Lookup(room.ground.db, room.ground.clock)
    return known
