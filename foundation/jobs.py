"""Jobs (后台任务): a lease table that lives in the same database and the same transaction as the work it follows.

A job is written in the business transaction, so it exists exactly when the change does. A worker takes a lease; if it
dies, the lease runs out and another takes over, so handlers must be idempotent by their key.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Integer, String, Text, UniqueConstraint, Uuid, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.clock import Clock
from foundation.database import Base, Database
from foundation.errors import YinxinError
from foundation.ids import Ids

Handler = Callable[[dict[str, Any]], None]
log = structlog.get_logger("jobs")

ATTEMPTS = 20
"""After this many failures a job is parked as `failed` and shown on the admin page."""


class Job(Base):
    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), index=True, doc="waiting, running, done, failed")
    run_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Claimed:
    id: UUID
    kind: str
    payload: dict[str, Any]
    attempts: int


class JobQueue:
    def __init__(self, clock: Clock, ids: Ids, lease_seconds: int = 60) -> None:
        self._clock = clock
        self._ids = ids
        self._lease = timedelta(seconds=lease_seconds)

    def enqueue(
        self, session: Session, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime | None = None
    ) -> None:
        """Write the job into `session`; a job of the same kind and key that is not done yet is left as it is."""
        values = {
            "payload": json.dumps(payload, sort_keys=True),
            "state": "waiting",
            "attempts": 0,
            "error": None,
            "lease_until": None,
            "run_at": run_at or self._clock.now(),
        }
        existing = session.scalars(select(Job).where(Job.kind == kind, Job.key == key)).one_or_none()
        if existing is None:
            try:
                with session.begin_nested():
                    session.add(Job(id=self._ids.uuid7(), kind=kind, key=key, **values))
            except IntegrityError:
                return  # written by another transaction this moment
        elif existing.state not in ("waiting", "running"):
            for name, value in values.items():
                setattr(existing, name, value)

    def enqueue_many(self, session: Session, kind: str, jobs: Mapping[str, Mapping[str, Any]]) -> None:
        """As `enqueue`, for payloads by key: those not known yet in one statement.

        The caller holds what keeps two from laying out the same keys at once, or is content to try again.
        """
        known = set(session.scalars(select(Job.key).where(Job.kind == kind, Job.key.in_(jobs))))
        now = self._clock.now()
        fresh = [
            {
                "id": self._ids.uuid7(),
                "kind": kind,
                "key": key,
                "payload": json.dumps(payload, sort_keys=True),
                "state": "waiting",
                "attempts": 0,
                "run_at": now,
            }
            for key, payload in jobs.items()
            if key not in known
        ]
        if fresh:
            session.connection().execute(insert(Job), fresh)
        for key in jobs.keys() & known:
            self.enqueue(session, kind, key, jobs[key])

    def withdraw(self, session: Session, kind: str, prefix: str) -> None:
        """Waiting jobs whose key begins so have nothing left to do; who runs one finds that out by itself."""
        mine = (Job.kind == kind, Job.key.startswith(prefix, autoescape=True), Job.state == "waiting")
        session.connection().execute(update(Job).where(*mine).values(state="done"))

    def claim(self, db: Database) -> Claimed | None:
        """Take the oldest due job, or one whose worker died."""
        now = self._clock.now()
        due = or_(
            (Job.state == "waiting") & (Job.run_at <= now),
            (Job.state == "running") & (Job.lease_until < now),
        )
        with db.begin() as session:
            # Two statements, not UPDATE … WHERE id IN (SELECT … LIMIT 1): PostgreSQL may run that subquery again
            # and take two. The row lock (BEGIN IMMEDIATE on SQLite) keeps the pair atomic.
            job = session.scalars(
                select(Job).where(due).order_by(Job.run_at).limit(1).with_for_update(skip_locked=True)
            ).one_or_none()
            if job is None:
                return None
            job.state, job.lease_until, job.attempts = "running", now + self._lease, job.attempts + 1
            return Claimed(job.id, job.kind, json.loads(job.payload), job.attempts)

    def finish(self, db: Database, job: Claimed) -> None:
        with db.begin() as session:
            session.execute(update(Job).where(Job.id == job.id).values(state="done", lease_until=None, error=None))

    def fail(self, db: Database, job: Claimed, error: Exception) -> None:
        """Back off 2, 4, 8 … seconds up to an hour, then park."""
        parked = job.attempts >= ATTEMPTS
        wait = timedelta(seconds=min(2**job.attempts, 3600))
        text = error.code if isinstance(error, YinxinError) else type(error).__name__  # texts may name people
        with db.begin() as session:
            session.execute(
                update(Job)
                .where(Job.id == job.id)
                .values(
                    state="failed" if parked else "waiting",
                    run_at=self._clock.now() + wait,
                    lease_until=None,
                    error=text[:500],
                )
            )


class Worker:
    """Runs jobs and periodic work in threads, in the embedded process or in `yinxin worker`."""

    def __init__(
        self, db: Database, queue: JobQueue, handlers: Mapping[str, Handler], *, poll_seconds: float = 1.0
    ) -> None:
        self._db = db
        self._queue = queue
        self._handlers = handlers
        self._poll = poll_seconds
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def run_one(self) -> bool:
        job = self._queue.claim(self._db)
        if job is None:
            return False
        try:
            self._handlers[job.kind](job.payload)
        except Exception as error:  # the frame's place for jobs: recorded, retried, never lost
            log.warning(
                "job.failed",
                kind=job.kind,
                job=str(job.id),
                attempts=job.attempts,
                error=type(error).__name__,
                exc_info=True,
            )
            self._queue.fail(self._db, job, error)
        else:
            self._queue.finish(self._db, job)
        return True

    def drain(self) -> int:
        """Run until nothing is due; tests and `yinxin demo` use it."""
        count = 0
        while self.run_one():
            count += 1
        return count

    def start(self, threads: int, periodic: Mapping[str, tuple[float, Callable[[], object]]]) -> None:
        for number in range(threads):
            self._spawn(f"job-{number}", self._loop)
        for name, (seconds, work) in periodic.items():
            self._spawn(f"every-{name}", partial(self._every, name, seconds, work))

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.run_one()
            except YinxinError as error:  # the database is away: wait for it
                log.warning("worker.waiting", error=error.code)
                busy = False
            if not busy:
                self._stop.wait(self._poll)

    def _every(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        while not self._stop.wait(seconds):
            try:
                work()
            except Exception as error:
                log.exception("periodic.failed", name=name, error=type(error).__name__)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
