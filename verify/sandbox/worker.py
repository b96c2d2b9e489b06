"""One reading process, seen from above (核验进程): started, given files one by one, ended when it takes too long.

The process is never waited for without a clock: reading its pipe ends when the clock kills it. Whatever it says is
checked (`wire`), for a file may have taken it over.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from foundation.apart import confinement
from foundation.clock import FixedClock
from hsm import libcrypto
from verify.context import Context
from verify.report import Report
from verify.sandbox import wire
from verify.sandbox.child import Job, Start
from verify.sandbox.clocks import Clock
from verify.sandbox.limits import Limits
from verify.sandbox.questions import MOST_QUESTIONS, Answers, transport_of
from verify.sandbox.stores import Store
from verify.trust import TrustStore

START_SECONDS = 60.0
_PIPE = 256 * 1024
EMPTY = TrustStore()
_ROOT = Path(__file__).resolve().parents[2]
_CODE = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from verify.sandbox.child import main; main()"


class Stopped(Exception):  # noqa: N818 - an outcome
    """No report came. `why`: `time`, `memory`, `fault` (ours, the process lives), `gone` or `start`."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True)
class Task:
    data: bytes
    name: str | None
    content: bytes | None
    context: Context
    seconds: float


class Worker:
    """Not for two threads at once; the pool sees to that."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [*confinement.launcher(), sys.executable, "-I", "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        for pipe in (self._down, self._up):
            _widen(pipe)
        self._ready = False
        self._generation = -1
        self._files = 0
        self._worn = False
        self._base = 0
        self.lacking: tuple[str, ...] = ()
        start = Start(limits.memory, limits.processor, libcrypto.chosen())
        wire.send(self._down, pickle.dumps(start))

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it may take another file."""
        return not self._worn and self._files < self._limits.files and _lives(self._process)

    def judge(self, task: Task, store: Store) -> Report:
        """Raises `Stopped`. An error of a source (a database, say) passes through, and takes the process with it."""
        try:
            self._begin()
            clock = Clock(task.seconds, self._overdue)
            answers = Answers(task.context, task.data, clock.left)
            with clock:
                self._files += 1
                try:
                    self._hand_over(task, store)
                except wire.Ended:
                    message = wire.receive_json(self._up)  # it may have said why it takes no more
                else:
                    message = self._heard(answers, clock)
            return self._outcome(message)
        except wire.Ended as ended:
            why = "start" if not self._ready else "time" if clock.late else "gone"
            self.end()
            raise Stopped(why, str(ended)) from ended
        except Stopped:
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        self._worn = True
        _kill(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)

    def _overdue(self) -> None:
        _kill(self._process)

    def _begin(self) -> None:
        if self._ready:
            return
        with Clock(START_SECONDS, self._overdue):
            said = wire.receive_json(self._up)
        if said.get("ready") is not True:
            raise wire.Ended("start")
        self.lacking = tuple(map(str, said.get("lacking", ())))
        self._base = int(said.get("peak", 0))  # may be the parent's own, which the system carries over
        self._ready = True

    def _hand_over(self, task: Task, store: Store) -> None:
        context = task.context
        job = Job(
            name=task.name,
            context=replace(context, trust=EMPTY, clock=FixedClock(context.clock.now()), status=None, seals=None),
            trust=store.octets if store.generation != self._generation else None,
            has_content=task.content is not None,
            asks_status=context.status is not None,
            asks_seals=context.seals is not None,
            asks_online=transport_of(context) is not None,
        )
        wire.send(self._down, pickle.dumps(job))
        self._generation = store.generation
        wire.send(self._down, task.data)
        if task.content is not None:
            wire.send(self._down, task.content)

    def _heard(self, answers: Answers, clock: Clock) -> dict[str, Any]:
        for _ in range(MOST_QUESTIONS):
            message = wire.receive_json(self._up)
            if "ask" not in message:
                return message
            if answers.waits(message):
                with clock.standing():
                    answer = answers(message)
            else:
                answer = answers(message)
            wire.send(self._down, pickle.dumps(answer))
        raise wire.Ended("questions")

    def _outcome(self, message: dict[str, Any]) -> Report:
        match message:
            case {"report": report, "peak": int(peak), "processor": float(processor)}:
                self._worn = peak > max(self._limits.grown, self._base) or processor > self._limits.processor / 2
                return wire.report(report)
            case {"ended": "memory"}:
                self.end()
                raise Stopped("memory")
            case {"ended": "fault", "error": str(error), "at": str(at)}:
                raise Stopped("fault", f"{error[:80]} {at[:120]}")
        raise wire.Ended("answer")

    @property
    def _down(self) -> BinaryIO:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        return self._process.stdin  # type: ignore[return-value]

    @property
    def _up(self) -> BinaryIO:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout  # type: ignore[return-value]


def _widen(pipe: BinaryIO) -> None:
    """A usual file goes through in one piece, instead of two processes taking turns; what is refused is no harm."""
    with suppress(OSError):
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Without reaping it: as long as it is not reaped, its number is its own."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The whole session: the launcher of the namespaces, and the process within."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was still to be written has nobody to read it
