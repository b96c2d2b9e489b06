"""What happened to a certificate (证书历史): its rows of the audit trail, in words, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from ca.room import CaRoom
from foundation.audit.models import AuditRow

MOST = 100
ACTIONS: dict[str, Any] = {
    "ca.certificate.record": _("已登记待签内容"),
    "ca.certificate.issue": _("已签发"),
    "ca.certificate.revoke": _("已撤销"),
    "ca.certificate.hold": _("已冻结"),
    "ca.certificate.release": _("已解冻"),
    "ca.est.enrol": _("由设备自助申请（EST）"),
}


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    text: Any
    actor: str
    number: int | None
    """Its place in the audit tree; None until the next checkpoint."""


def history(room: CaRoom, certificate_id: UUID) -> list[Event]:
    with room.ground.db.read() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.object == f"certificate:{certificate_id}").order_by(AuditRow.id).limit(MOST)
        ).all()
    return [Event(row.at, ACTIONS.get(row.action, row.action), row.actor, row.seq) for row in rows]
