"""Exporting the trail (审计导出): ordered rows with their MACs, one JSON line each, to be kept on another host.

Read back, a row counts only when its MAC fits: a file that lay elsewhere is not believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from foundation.audit.models import AuditRow
from foundation.audit.trail import Audit, moment
from foundation.database import Database
from foundation.errors import Damaged
from foundation.text import Text

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class ExportedRow:
    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    payload: str


def export(db: Database, out: Path, since: int = 0) -> int:
    """Append rows from number `since` on; returns the number to go on from."""
    following = since
    query = select(AuditRow).where(AuditRow.seq >= since).order_by(AuditRow.seq)
    with db.read() as session, out.open("a", encoding="utf-8") as file:
        for row in session.scalars(query.execution_options(yield_per=_AT_ONCE)):
            members = {
                "id": str(row.id),
                "node": row.node,
                "nseq": row.nseq,
                "at": moment(row.at),
                "actor": row.actor,
                "action": row.action,
                "object": row.object,
                "payload": row.payload,
                "mac": row.mac.hex(),
                "seq": row.seq,
            }
            file.write(json.dumps(members, ensure_ascii=False) + "\n")
            following = (row.seq or 0) + 1
    return following


def read_export(path: Path, audit: Audit) -> Iterator[ExportedRow]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = _row(json.loads(line))
                fits = audit.fits(row)
            except (ValueError, KeyError, TypeError) as error:
                raise _altered(number) from error
            if not fits:
                raise _altered(number)
            yield ExportedRow(row.seq or 0, row.at, row.actor, row.action, row.object, row.payload)


def _row(members: dict[str, str]) -> AuditRow:
    return AuditRow(
        id=UUID(members["id"]),
        node=members["node"],
        nseq=members["nseq"],
        at=datetime.fromisoformat(members["at"]),
        actor=members["actor"],
        action=members["action"],
        object=members["object"],
        payload=members["payload"],
        mac=bytes.fromhex(members["mac"]),
        seq=members["seq"],
    )


def _altered(line: int) -> Damaged:
    return Damaged(
        "audit.export",
        Text(
            f"审计导出文件第 {line} 行被改动或不是本系统的。",
            f"Line {line} of the exported trail was altered or is of another installation.",
        ),
    )
