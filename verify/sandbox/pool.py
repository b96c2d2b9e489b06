"""Reading processes, shared and reused (核验进程池): two at once, sixteen waiting, everybody else is told to come back.

`Sandbox.judge` always answers with a report. A process that was ended, by its file or by us, is replaced at once; the
service above never notices more than one report with a reason.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog

from foundation import metrics
from foundation.errors import Unavailable
from foundation.text import Text
from verify.context import Context
from verify.report import Finding, Report, Severity, Verdict
from verify.sandbox.limits import MEBI, USUAL, Limits
from verify.sandbox.stores import Stores
from verify.sandbox.wire import Ended
from verify.sandbox.worker import Stopped, Task, Worker
from verify.words import finding

log = structlog.get_logger("verify")
_ABRUPT_WAIT = 120.0
"""Longest wait for a turn; sixteen files of five seconds, two at once, take forty."""


class Sandbox:
    """A pool for one process of ours; see `shared`."""

    def __init__(self, limits: Limits = USUAL) -> None:
        self.limits = limits
        self._turn = threading.Condition()
        self._busy = self._waiting = 0
        self._idle: list[Worker] = []
        self._stores = Stores()
        self._closed = False
        self._owner = os.getpid()

    def start(self) -> None:
        """Processes that load while nobody waits for them yet."""
        with self._turn:
            while len(self._idle) + self._busy < self.limits.at_once:
                self._idle.append(Worker(self.limits))

    def judge(
        self,
        data: bytes,
        *,
        name: str | None,
        context: Context,
        content: bytes | None = None,
        seconds: float | None = None,
    ) -> Report:
        """As `verify.judge.judge`, in another process. Raises `Unavailable` when too many wait already."""
        seconds = seconds or self.limits.seconds
        if max(len(data), len(content or b"")) > context.most_octets:
            return _stopped(data, name, context, finding("file.too_large", context.most_octets // MEBI))
        with self._turn_taken():
            began = monotonic()
            try:
                report = self._judged(Task(data, name, content, context, seconds))
            except Stopped as stopped:
                if stopped.why == "start":
                    raise _no_reader() from stopped
                metrics.SANDBOX_ENDED.labels(stopped.why).inc()
                log.warning("verify.reading_ended", why=stopped.why, detail=stopped.detail, size=len(data))
                report = _stopped(data, name, context, _finding(stopped.why, seconds, self.limits.memory))
            metrics.SANDBOX_SECONDS.observe(monotonic() - began)
        return report

    def close(self) -> None:
        if os.getpid() != self._owner:
            return  # a fork of us: these are not its children
        with self._turn:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    @property
    def process_ids(self) -> list[int]:
        with self._turn:
            return [worker.process_id for worker in self._idle]

    @property
    def waiting(self) -> int:
        with self._turn:
            return self._waiting

    @contextmanager
    def _turn_taken(self) -> Iterator[None]:
        with self._turn:
            if self._busy >= self.limits.at_once:
                self._wait()
            self._busy += 1
            metrics.SANDBOX_BUSY.inc()
        try:
            yield
        finally:
            with self._turn:
                self._busy -= 1
                metrics.SANDBOX_BUSY.dec()
                self._turn.notify()

    def _wait(self) -> None:
        if self._waiting >= self.limits.waiting:
            metrics.SANDBOX_REFUSED.inc()
            raise _busy()
        self._waiting += 1
        metrics.SANDBOX_WAITING.inc()
        try:
            if not self._turn.wait_for(lambda: self._busy < self.limits.at_once, _ABRUPT_WAIT):
                raise _busy()
        finally:
            self._waiting -= 1
            metrics.SANDBOX_WAITING.dec()

    def _judged(self, task: Task) -> Report:
        try:
            return self._judged_by_one(task)
        except Stopped as stopped:
            if stopped.why != "start":
                raise
            return self._judged_by_one(task)  # it was ended before it saw the file: another has its turn, once

    def _judged_by_one(self, task: Task) -> Report:
        worker = self._take()
        try:
            return worker.judge(task, self._stores.of(task.context.trust))
        finally:
            self._give_back(worker)

    def _take(self) -> Worker:
        with self._turn:
            while self._idle:
                worker = self._idle.pop()
                if worker.usable:
                    return worker
                worker.end()
        try:
            return Worker(self.limits)
        except (OSError, Ended) as error:
            raise _no_reader() from error

    def _give_back(self, worker: Worker) -> None:
        """One that is used up is replaced before anybody needs it."""
        with self._turn:
            if worker.usable and not self._closed:
                self._idle.append(worker)
                return
        worker.end()
        if not self._closed:
            try:
                fresh = Worker(self.limits)
            except (OSError, Ended):
                return  # the next file tries again, and says so if it fails
            with self._turn:
                self._idle.append(fresh)


def _busy() -> Unavailable:
    return Unavailable(
        "verify.busy",
        Text("核验的人太多，请过一分钟再试。", "Too many files are being verified just now. Try again in a minute."),
    )


def _no_reader() -> Unavailable:
    return Unavailable(
        "verify.no_reader",
        Text("核验进程无法启动，请联系运维人员。", "No process to read files can be started. Tell the operator."),
    )


def _finding(why: str, most_seconds: float, most_memory: int) -> Finding:
    """What it means for the file: nobody could look into it, and that is no judgement of its seals."""
    seconds, memory = f"{most_seconds:g}", most_memory // MEBI
    zh, en = {
        "time": (
            f"读取文件超过 {seconds} 秒，已停止。文件结构异常或过于复杂",
            f"Reading it took longer than {seconds} seconds and was stopped. The file is abnormal, or too complicated",
        ),
        "memory": (
            f"读取文件所需内存超过 {memory} MB，已停止。文件结构异常或过于复杂",
            f"Reading it needs over {memory} MB of memory and was stopped. The file is abnormal, or too complicated",
        ),
        "gone": ("读取该文件的程序意外终止", "The program that read this file ended unexpectedly"),
        "fault": ("读取该文件时程序出错，已记录", "A fault of the program stopped the reading; it has been recorded"),
    }[why]
    code = "file.limits" if why in ("time", "memory") else "file.reader_ended"
    return Finding(code, Severity.UNKNOWN, Text(f"{zh}。", f"{en}."))


def _stopped(data: bytes, name: str | None, context: Context, found: Finding) -> Report:
    kind = "pdf" if data.startswith(b"%PDF-") else "ofd" if data.startswith(b"PK\x03\x04") else "unknown"
    return Report(
        name=name,
        kind=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        verdict=Verdict.CANNOT_TELL,
        intact=False,
        judged_at=context.moment.now,
        findings=(found,),
    )


_lock = threading.Lock()
_shared: tuple[int, Sandbox] | None = None


def shared() -> Sandbox:
    """The pool of this process. One that was forked has none of its parent's: pipes are not to be shared."""
    global _shared  # noqa: PLW0603 - processes cost memory, so all rooms of a process share them
    with _lock:
        if _shared is None or _shared[0] != os.getpid():
            _shared = os.getpid(), Sandbox()
            atexit.register(_shared[1].close)
        return _shared[1]
