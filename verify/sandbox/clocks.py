"""The time of a reading process (核验计时): one watching thread for all, for a thread each cost as much as a question.

A clock that runs out kills its process; it stands still while we wait for others on the process's behalf.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Self

import structlog

log = structlog.get_logger("verify")
_LINGER = 5.0
"""How long the thread still looks by itself after the last clock; within it nobody need wake it."""


class Clock:
    """`over` is called once, from the watching thread, unless the clock is left before."""

    def __init__(self, seconds: float, over: Callable[[], None]) -> None:
        self._left, self._since = seconds, monotonic()
        self._over = over
        self.late = False

    def left(self) -> float:
        return self._left - (monotonic() - self._since)

    def run_out(self) -> None:
        self.late = True
        self._over()

    def __enter__(self) -> Self:
        self._since = monotonic()
        _watch().add(self, self._since + self._left)
        return self

    def __exit__(self, *what: object) -> None:
        self._left = self.left()
        _watch().remove(self)

    @contextmanager
    def standing(self) -> Iterator[None]:
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


class _Watch:
    def __init__(self) -> None:
        self.process = os.getpid()
        self._changed = threading.Condition()
        self._running: dict[Clock, float] = {}
        self._wakes = 0.0
        threading.Thread(target=self._look, name="verify-clocks", daemon=True).start()

    def add(self, clock: Clock, due: float) -> None:
        with self._changed:
            self._running[clock] = due
            if due < self._wakes:
                self._changed.notify()

    def remove(self, clock: Clock) -> None:
        with self._changed:
            self._running.pop(clock, None)

    def _look(self) -> None:
        while True:
            for clock in self._run_out():
                try:
                    clock.run_out()
                except Exception:
                    log.exception("verify.clock_failed")  # the others must still be watched

    def _run_out(self) -> list[Clock]:
        """Those that are late, taken off; when there is none, after a while."""
        with self._changed:
            late = self._late()
            if late:
                return late
            idle = not self._running
            self._wakes = min(self._running.values(), default=monotonic() + _LINGER)
            if not self._changed.wait(self._wakes - monotonic()) and idle and not self._running:
                self._wakes = float("inf")
                self._changed.wait()
            self._wakes = 0.0
            return self._late()

    def _late(self) -> list[Clock]:
        now = monotonic()
        late = [clock for clock, due in self._running.items() if due <= now]
        for clock in late:
            del self._running[clock]
        return late


_lock = threading.Lock()
_current: _Watch | None = None


def _watch() -> _Watch:
    """Of this process: a thread does not come along into a copy."""
    global _current  # noqa: PLW0603 - one thread for all clocks of a process
    found = _current
    if found is None or found.process != os.getpid():
        with _lock:
            if _current is None or _current.process != os.getpid():
                _current = _Watch()
            found = _current
    return found
