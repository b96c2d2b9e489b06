"""Idempotency keys (幂等键): the same key and request get the same answer, whatever the network did in between.

The key is taken before the verb runs and keeps the answer afterwards. A request that died holding a key blocks it for
`TAKEOVER`; then another may take it over, which is safe because verbs are idempotent by the same key (prepare, record,
sign, compare, store). draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Conflict, Unavailable
from foundation.failpoints import reach
from foundation.text import Text
from foundation.web.models import WebIdempotency

if TYPE_CHECKING:
    from foundation.ground import Ground

log = structlog.get_logger("web.idempotency")

TAKEOVER = timedelta(seconds=15)
KEPT = timedelta(hours=48)
KEEP_BYTES = 256 * 1024
"""A larger answer is not stored twice: the verb, asked again with the same key, gives it from its own store."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer as it left."""

    status: int
    headers: dict[str, str]
    body: bytes
    replayed: bool = False
    pieces: Iterator[bytes] | None = None
    """Instead of a body, on routes that are not kept."""


class InProgress(Conflict):
    """Somebody holds the key right now."""

    retry_after = 1


def fingerprint(parts: list[object]) -> str:
    """SHA-256 of the request's meaning, independent of boundaries, spaces and the order of names."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


class Idempotency:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def run(self, *, caller: str, route: str, key: str, print_: str, work: Callable[[], Outcome]) -> Outcome:
        """`work` once for this caller, route and key; afterwards its answer."""
        slot = hashlib.sha256(f"{caller}\n{route}\n{key}".encode()).hexdigest()
        # Keyed, because the body may hold names and numbers: a plain hash of little variety is as good as the text.
        print_ = self._ground.mac.mac("web.idempotency", print_.encode()).hex()
        owner = self._ground.ids.uuid7()
        known = self._take(slot, owner, caller, route, print_)
        if known is not None:
            if known.body is None:
                again = work()
                return Outcome(again.status, again.headers, again.body, replayed=True)
            return self._kept(known, slot)
        reach("web.idempotency_taken")
        try:
            outcome = work()
        except BaseException:
            # Nothing was answered, so nothing is remembered: the caller corrects the request or tries again.
            self._release(slot, owner)
            raise
        reach("web.idempotency_worked")
        self._keep(slot, owner, outcome)
        return outcome

    def _take(self, slot: str, owner: UUID, caller: str, route: str, print_: str) -> WebIdempotency | None:
        """None: the key is ours. A row: it is answered already. Raises when it is another's."""
        now = self._ground.clock.now()
        fresh = WebIdempotency(
            slot=slot,
            caller=caller[:200],
            route=route[:120],
            fingerprint=print_,
            state="running",
            owner=owner,
            started_at=now,
        )
        try:
            with self._ground.db.begin() as session:
                session.add(fresh)
        except IntegrityError:
            pass  # the usual way to learn that the key was used before
        else:
            return None
        with self._ground.db.begin() as session:
            row = session.scalar(select(WebIdempotency).where(WebIdempotency.slot == slot).with_for_update())
            if row is None:
                raise _in_progress()  # released this moment
            if row.fingerprint != print_:
                raise _other_request()
            if row.state == "done":
                return row
            if now - row.started_at < TAKEOVER:
                raise _in_progress()
            row.owner, row.started_at = owner, now
            log.warning("idempotency.taken_over", route=route)
        return None

    def _keep(self, slot: str, owner: UUID, outcome: Outcome) -> None:
        body: str | None = None
        if len(outcome.body) <= KEEP_BYTES:
            text = base64.b64encode(outcome.body).decode()
            body = self._ground.cipher.encrypt("web_idempotency", "body", slot, text)
        values = {
            "state": "done",
            "status": outcome.status,
            "headers": json.dumps(outcome.headers, ensure_ascii=False),
            "body": body,
        }
        try:
            with self._ground.db.begin() as session:
                session.execute(
                    update(WebIdempotency)
                    .where(WebIdempotency.slot == slot, WebIdempotency.owner == owner)
                    .values(**values)
                )
        except Unavailable:
            # The work is done and on record; a retry takes the key over and the verb finds its own result.
            log.warning("idempotency.keep_failed", slot=slot)

    def _release(self, slot: str, owner: UUID) -> None:
        try:
            with self._ground.db.begin() as session:
                session.execute(
                    delete(WebIdempotency).where(WebIdempotency.slot == slot, WebIdempotency.owner == owner)
                )
        except Unavailable:
            log.warning("idempotency.release_failed", slot=slot)

    def _kept(self, row: WebIdempotency, slot: str) -> Outcome:
        text = self._ground.cipher.decrypt("web_idempotency", "body", slot, row.body or "")
        headers: dict[str, str] = json.loads(row.headers or "{}")
        return Outcome(row.status or 200, headers, base64.b64decode(text), replayed=True)


def purge(session: Session, now: datetime) -> int:
    """Forget old keys; a periodic job calls it."""
    statement = delete(WebIdempotency).where(WebIdempotency.started_at < now - KEPT)
    return len(session.scalars(statement.returning(WebIdempotency.slot)).all())


def _in_progress() -> InProgress:
    return InProgress(
        "idempotency.in_progress",
        Text(
            "使用同一个幂等键的请求正在处理，请稍后用同一个键重试，即可得到结果。",
            "A request with this key is being worked on. Repeat it with the same key in a moment to get its result.",
        ),
    )


def _other_request() -> Conflict:
    return Conflict(
        "idempotency.other_request",
        Text(
            "这个幂等键已用于内容不同的请求。新的请求请使用新的键。",
            "This key was already used for a different request. Use a new key for a new request.",
        ),
    )
