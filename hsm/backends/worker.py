"""The threads that own a device's sessions (设备会话线程): one call at a time each, tried again, given up in time.

SoftHSM crashed in 10 of 10 runs with sessions in several threads (facts/security 4.3), and GM/T 0018 promises nothing
about them, so whoever wants something of a device queues here. Before a fork every call under way is finished; the
child starts threads and sessions of its own.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from foundation.errors import YinxinError
from hsm.backends.errors import DeviceUnavailable

S = TypeVar("S")
T = TypeVar("T")
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_FORK_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a device's error means."""

    error: YinxinError
    again: bool
    """A new session may cure it. Never for a refused PIN: the third wrong one locks the token."""


class Link(Protocol[S]):
    """How a driver opens, closes and explains. `open` and `close` run in the threads that use the session."""

    def open(self) -> S: ...

    def close(self, session: S) -> None:
        """Raises nothing: it is also called for what is already broken."""
        ...

    def forked(self) -> None:
        """In the child: forget what the parent opened, without closing it for the parent."""
        ...

    def judge(self, error: Exception) -> Verdict | None:
        """None for an error that is not the device's."""
        ...


class Gate:
    """Held while a call is inside the library. Two workers over one PKCS#11 module share one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Task:
    job: Callable[[Any], Any]
    outcome: Future[Any]


class Worker(Generic[S]):
    def __init__(
        self,
        link: Link[S],
        device: str,
        *,
        timeout: float,
        tries: int,
        gates: Sequence[Gate] = (),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """As many threads as gates."""
        self._link = link
        self._device = device
        self._timeout = timeout
        self._tries = tries
        self._pause = pause
        self.gates = list(gates) or [Gate()]
        self._begin()
        _live.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def call(self, job: Callable[[S], T]) -> T:
        """The job's result, made in a thread that has a session. The job may be run again with another session."""
        task = _Task(job, Future())
        with self._lock:
            if not self._threads:
                self._threads = [threading.Thread(target=self._run, args=(gate,), daemon=True) for gate in self.gates]
                for thread in self._threads:
                    thread.start()
            self._queue.put(task)
        try:
            result: T = task.outcome.result(self._timeout)
        except TimeoutError:
            task.outcome.cancel()  # still waiting: then it is never begun
            raise DeviceUnavailable(self._device, f"no answer within {self._timeout:g} s") from None
        return result

    def close(self) -> None:
        """End threads and sessions; the next call begins anew. A thread stuck in the device is left behind."""
        with self._lock:
            threads, queue = self._threads, self._queue
            self._threads, self._queue = [], SimpleQueue()
        for _ in threads:
            queue.put(None)
        for thread in threads:
            thread.join(_FORK_PATIENCE)

    def forked(self) -> None:
        self._begin()
        self._link.forked()

    def _run(self, gate: Gate) -> None:
        queue, session = self._queue, None
        while (task := queue.get()) is not None:
            if task.outcome.set_running_or_notify_cancel():
                with gate.lock:
                    session = self._answer(task, session)
            del task  # or the last job's data lives until the next one comes
        if session is not None:
            with gate.lock:
                self._link.close(session)

    def _answer(self, task: _Task, session: S | None) -> S | None:
        """Do it, if need be with a new session, and tell the caller; the session to go on with."""
        for left in reversed(range(self._tries)):
            try:
                if session is None:
                    session = self._link.open()
                task.outcome.set_result(task.job(session))
            except Exception as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
                verdict = self._link.judge(error)
                if verdict is None:
                    task.outcome.set_exception(error)
                    return session
                if session is not None and verdict.again:
                    self._link.close(session)
                    session = None
                if not verdict.again or left == 0:
                    task.outcome.set_exception(_told(verdict.error, error))
                    return session
                self._pause(min(_FIRST_PAUSE * 2 ** (self._tries - 1 - left), _LONGEST_PAUSE))
            else:
                return session
        return session


def _told(error: YinxinError, cause: Exception) -> YinxinError:
    if error is not cause:
        error.__cause__ = cause
    return error


_live: weakref.WeakSet[Worker[Any]] = weakref.WeakSet()
_stopped: list[threading.Lock] = []


def _before_fork() -> None:
    """A library copied in the middle of a call is a broken library. A stuck device may not stop us for ever."""
    gates = {gate for worker in list(_live) for gate in worker.gates}
    _stopped.extend(gate.lock for gate in gates if gate.lock.acquire(timeout=_FORK_PATIENCE))


def _after_in_parent() -> None:
    while _stopped:
        _stopped.pop().release()


def _after_in_child() -> None:
    _stopped.clear()
    for worker in list(_live):
        for gate in worker.gates:
            gate.lock = threading.Lock()
        worker.forked()


def _at_exit() -> None:
    for worker in list(_live):
        worker.close()


os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
atexit.register(_at_exit)
