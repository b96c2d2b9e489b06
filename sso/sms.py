"""Sending SMS (短信): a port, and the sample region's sender that shows messages on a local page instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import NotFound
from foundation.ground import Ground
from foundation.text import Text
from sso.models import SmsOutbox

SHOWN = 20


class SmsSender(Protocol):
    def send(self, session: Session, phone: str, text: str) -> None:
        """Hand the message over, or raise `Unavailable`. `session` is the transaction that made the code: a gateway
        that cannot take part enqueues a job in it, so nothing is sent for a code that was rolled back.
        """
        ...


@dataclass(frozen=True)
class Message:
    at: datetime
    text: str


class OutboxSender:
    """Keeps messages in a table for `/outbox`. Sample region only."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def send(self, session: Session, phone: str, text: str) -> None:
        row_id = self._ground.ids.uuid7()
        message = self._ground.cipher.encrypt("sms_outbox", "message", row_id, f"{phone} {text}")
        session.add(SmsOutbox(id=row_id, at=self._ground.clock.now(), message=message))


def outbox(ground: Ground) -> list[Message]:
    """The newest messages; only the sample region has an outbox to show."""
    if ground.settings.environment != "sample":
        raise NotFound("sso.no_outbox", Text("没有这个页面。", "There is no such page."))
    with ground.db.read() as session:
        rows = session.scalars(select(SmsOutbox).order_by(SmsOutbox.id.desc()).limit(SHOWN)).all()
    return [Message(row.at, ground.cipher.decrypt("sms_outbox", "message", row.id, row.message)) for row in rows]
