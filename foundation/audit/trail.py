"""Writing the trail (审计记录): one row beside every change, inside its transaction.

If the row cannot be written the change does not happen: they share the transaction.
"""

from __future__ import annotations

import hmac
import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from foundation.audit.models import AuditRow
from foundation.clock import Clock
from foundation.database import Connects
from foundation.ids import Ids
from foundation.principal import Principal
from foundation.secrets import Mac

Payload = Mapping[str, str | int | bool | Sequence[str] | Sequence[int] | None]


def canonical(payload: Payload) -> str:
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def row_message(row: AuditRow) -> bytes:
    """The MACed content: every column but `mac` and `seq`, each with its length, so no two rows read alike."""
    return _message(row.id, row.node, row.nseq, row.at, row.actor, row.action, row.object, row.payload)


def _message(identifier: UUID, node: str, nseq: int, at: datetime, *texts: str) -> bytes:
    parts = (identifier.hex, node, str(nseq), moment(at), *texts)
    return b"".join(len(p).to_bytes(4, "big") + p for p in (part.encode() for part in parts))


def moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says; who and when are the same for all of a call."""

    action: str
    object: str
    payload: Payload


_WRITE = insert(AuditRow)


class Audit:
    def __init__(self, mac: Mac, clock: Clock, ids: Ids) -> None:
        self._mac = mac
        self._clock = clock
        self._ids = ids
        self._node = ids.token(12)
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def record(self, session: Connects, principal: Principal, *, action: str, object: str, payload: Payload) -> None:  # noqa: A002
        """Add one row to `session`. `payload` must hold no personal data: ids, codes, digests, counts, reasons."""
        self.record_many(session, principal, (Entry(action, object, payload),))

    def record_many(self, session: Connects, principal: Principal, entries: Sequence[Entry]) -> None:
        """As `record`, for all of `entries` in one statement, at once."""
        session.connection().execute(_WRITE, [self._values(principal, entry) for entry in entries])

    def _values(self, principal: Principal, entry: Entry) -> dict[str, Any]:
        with self._lock:
            nseq = next(self._count)
        identifier, at, payload = self._ids.uuid7(), self._clock.now(), canonical(entry.payload)
        message = _message(identifier, self._node, nseq, at, principal.label, entry.action, entry.object, payload)
        return {
            "id": identifier,
            "node": self._node,
            "nseq": nseq,
            "at": at,
            "actor": principal.label,
            "action": entry.action,
            "object": entry.object,
            "payload": payload,
            "mac": self._mac.mac("audit", message),
        }

    def fits(self, row: AuditRow) -> bool:
        """Whether the MAC fits the content; `verify` turns a no into a named fault."""
        return hmac.compare_digest(self._mac.mac("audit", row_message(row)), row.mac)
