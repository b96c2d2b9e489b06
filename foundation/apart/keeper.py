"""Asking for work apart (委托隔离进程): three at once, sixteen waiting, everybody else is told to come back.

    told = ask("seal.pdf.painter:work", {"page": 1, "dpi": 96}, [document])

A fresh process does each piece, copied from one that is started at the first question (`zygote`), in a few
milliseconds. Nothing it says is believed beyond its shape: whoever asks checks the parts.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from foundation import metrics
from foundation.apart import confinement
from foundation.apart.limits import USUAL, Limits, Why
from foundation.apart.started import Gone, Started
from foundation.errors import Unavailable
from foundation.text import Text

log = structlog.get_logger("apart")
AT_ONCE, WAITING, WAIT_SECONDS = 3, 16, 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason our own reader gave in that process; words and code are bounded, and shown as text only."""

    kind: str
    """Which family of errors, `YinxinError.kind`."""
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Told:
    """`parts`: what was told, in order; also the beginning of it, where `why` says what ended the work."""

    parts: tuple[Any, ...]
    why: Why | None = None
    refusal: Refusal | None = None

    @property
    def whole(self) -> bool:
        return self.why is None and self.refusal is None


class Keeper:
    """One for each process of ours; see `ask`."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._lock = threading.Lock()
        self._started: Started | None = None

    def ask(self, place: str, question: Any, documents: Sequence[bytes], limits: Limits) -> Told:
        """Raises `Unavailable` when too many wait already, or no process can be started."""
        with self._turn():
            try:
                outcome, lines = self._running().ask(place, question, documents, limits)
            except Gone:
                outcome, lines = self._again(place, question, documents, limits)
        told = _told(lines, Why(outcome["why"]) if outcome.get("why") else None)
        if told.why is not None:
            metrics.APART_ENDED.labels(place.partition(":")[0], told.why).inc()
            detail = next((str(line[1])[:200] for line in lines if line[0] == "fault"), outcome.get("detail", ""))
            log.warning("apart.ended", work=place, why=told.why, detail=detail, size=sum(map(len, documents)))
        return told

    def load(self, *places: str) -> None:
        for place in places:
            self._running().load(place)

    @property
    def process_id(self) -> int | None:
        with self._lock:
            return self._started.process_id if self._started is not None else None

    def close(self) -> None:
        with self._lock:
            if self._started is not None:
                self._started.end()
                self._started = None

    def leave(self) -> None:
        """In a copy of our process: the zygote stays with the one that started it."""
        if self._started is not None:
            self._started.leave()

    def _running(self) -> Started:
        with self._lock:
            if self._started is None or not self._started.lives:
                if self._started is not None:
                    self._started.end()
                try:
                    self._started = Started()
                    log.info("apart.started", namespaces=bool(confinement.launcher()))
                except OSError as error:
                    raise _none() from error
            return self._started

    def _again(self, place: str, question: Any, documents: Sequence[bytes], limits: Limits) -> tuple[Any, Any]:
        """The process all are copied from was ended by somebody: work has no effects, so once more."""
        try:
            return self._running().ask(place, question, documents, limits)
        except Gone as gone:
            raise _none() from gone

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._room.acquire(timeout=WAIT_SECONDS):
                raise _busy()
            try:
                yield
            finally:
                self._room.release()
        finally:
            self._places.release()


def _told(lines: list[list[Any]], why: Why | None) -> Told:
    parts = tuple(value for kind, value in lines if kind == "told")
    refused = next((value for kind, value in lines if kind == "refused" and isinstance(value, dict)), None)
    if refused is None or why is not None:
        return Told(parts, why)
    kind, code, zh, en = (_plain(refused.get(name, "")) for name in ("kind", "code", "zh", "en"))
    return Told(parts, None, Refusal(kind, code, Text(zh, en)))


def _plain(text: Any) -> str:
    return str(text)[:600].encode("utf-8", "replace").decode()


def _busy() -> Unavailable:
    return Unavailable(
        "apart.busy",
        Text(
            "同时打开的文件太多，请过一分钟再试。", "Too many files are being opened just now. Try again in a minute."
        ),
    )


def _none() -> Unavailable:
    return Unavailable(
        "apart.none",
        Text("读取文件的进程无法启动，请联系运维人员。", "No process to open files can be started. Tell the operator."),
    )


_keeper = Keeper()


def ask(place: str, question: Any, documents: Sequence[bytes] = (), limits: Limits = USUAL) -> Told:
    """Run `place` (`module:function`, a `child.Work`) over `documents` in a process of its own."""
    return _keeper.ask(place, question, documents, limits)


def load(*places: str) -> None:
    """Start and load while nobody waits for it yet; where that fails, the first question says so."""
    with suppress(Unavailable):
        _keeper.load(*places)


def shared() -> Keeper:
    return _keeper


def _afresh() -> None:
    """A forked process shares neither socket nor locks with its parent."""
    global _keeper
    before, _keeper = _keeper, Keeper()
    before.leave()


os.register_at_fork(after_in_child=_afresh)
atexit.register(lambda: _keeper.close())  # noqa: PLW0108 - the keeper of that moment
