"""What the audit tree says (审计树比对): each certificate, list and key has its events, and each event its object.

An event counts when its MAC fits and, once it has a place in the tree, when that leaf is in the tree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ca.recheck.report import Report
from ca.room import CaRoom
from foundation.audit.models import AuditNode, AuditRow
from foundation.audit.sequencer import leaf_of

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Event:
    action: str
    payload: dict[str, Any]


def events(room: CaRoom, report: Report, objects: Sequence[str], actions: Sequence[str]) -> dict[str, list[Event]]:
    """Sound events by object, oldest first. One that is forged or outside the tree is a fault and does not count."""
    found: dict[str, list[Event]] = {one: [] for one in objects}
    with room.ground.db.read() as session:
        query = select(AuditRow).where(AuditRow.object.in_(objects), AuditRow.action.in_(actions))
        rows = session.scalars(query.order_by(AuditRow.id)).all()
        leaves = _leaves(session, [row.seq for row in rows if row.seq is not None])
    for row in rows:
        if _is_sound(room, report, row, leaves):
            found[row.object].append(Event(row.action, json.loads(row.payload)))
    return found


def _leaves(session: Any, places: Iterable[int]) -> dict[int, bytes]:
    wanted, found = list(places), dict[int, bytes]()
    for at in range(0, len(wanted), AT_ONCE):
        query = select(AuditNode.position, AuditNode.hash).where(
            AuditNode.level == 0, AuditNode.position.in_(wanted[at : at + AT_ONCE])
        )
        found |= {row.position: row.hash for row in session.execute(query)}
    return found


def _is_sound(room: CaRoom, report: Report, row: AuditRow, leaves: dict[int, bytes]) -> bool:
    if not room.ground.audit.fits(row):
        report.add(
            "event_forged", row.object, f"审计记录 {row.id} 被改动或伪造", f"audit row {row.id} was edited or forged"
        )
        return False
    if row.seq is None:
        report.waiting += 1
    elif leaves.get(row.seq) != leaf_of(row):
        report.add(
            "event_outside_tree",
            row.object,
            f"审计记录 {row.id} 不在审计树中",
            f"audit row {row.id} is not in the audit tree",
        )
        return False
    return True


def of_version(found: list[Event], version: int) -> list[Event]:
    return [event for event in found if event.payload.get("version") == version]
