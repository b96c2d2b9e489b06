"""`kill -9` of signer and web process at random moments, then the journal against the database (also run by bench).

This process loads the code once, opens nothing, and forks the two: they die hundreds of times, and most of a start is
loading code. Each fork opens its own database, journal and socket, as a fresh process does.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from foundation.settings import Settings
from hsm.service.server import answers
from server import signer_process
from server.reconcile import Report, reconcile
from tests.server.signer import kill_child

_SECONDS = 60
_CHOICES = (("signer",), ("signer",), ("web",), ("signer", "web"), ("web", "signer"))


@dataclass
class Killing:
    """One region whose signer runs as its own process beside one working web process."""

    settings: Settings
    seed: int
    killed: dict[str, int] = field(default_factory=lambda: {"signer": 0, "web": 0})
    steps: int = 0
    """Certificates the web processes asked for, as far as they lived to say so."""
    refused: int = 0
    _running: dict[str, int] = field(default_factory=dict)
    _told: int = -1

    def run(self, rounds: int) -> Report:
        """`rounds` deaths or more; then both start once more, recover, and the journal is compared.

        Moments are counted in work done, with a few milliseconds by chance: a busy machine dies at the same places.
        """
        dice = random.Random(self.seed)  # noqa: S311 - moments of death, no secret
        try:
            for number in range(rounds):
                self._start(number)
                for _ in range(dice.randrange(3)):
                    self._count(os.read(self._told, 1))
                time.sleep(dice.uniform(0.0, 0.08))
                for name in dice.choice(_CHOICES):
                    self._kill(name)
            self._kill("web")
            self._start_signer()
            self._wait(self._fork("last", self._finish))
        finally:
            for name in list(self._running):
                self._kill(name)
        return reconcile(self.settings)

    def _finish(self) -> None:
        """After a moment: PostgreSQL may still be committing for a client that died while it asked."""
        time.sleep(0.5)
        with kill_child.opened(self.settings) as (hsm, room):
            kill_child.start(room)
            kill_child.checkpoint(hsm)

    def _start(self, number: int) -> None:
        self._start_signer()
        if "web" in self._running:
            return
        reading, writing = os.pipe()
        self._running["web"] = self._fork("web", lambda: self._web(writing, number))
        os.close(writing)
        self._told = reading
        if os.read(reading, 1) != b"w":
            raise RuntimeError("the web process did not start: " + self._log.read_text(encoding="utf-8")[-3000:])

    def _web(self, writing: int, number: int) -> None:
        with kill_child.opened(self.settings) as (hsm, room):
            kill_child.work(hsm, room, f"{self.seed}-{number}", lambda mark: os.write(writing, mark))

    def _start_signer(self) -> None:
        if "signer" in self._running:
            return
        run = signer_process.run
        self._running["signer"] = self._fork("signer", lambda: run(self.settings, child=False, sealed=False))
        deadline = time.monotonic() + _SECONDS
        while not answers(self.settings.signer_socket):
            if time.monotonic() > deadline:
                raise RuntimeError("the signer did not start: " + self._log.read_text(encoding="utf-8")[-3000:])
            time.sleep(0.01)

    def _fork(self, name: str, work: Callable[[], object]) -> int:
        pid = os.fork()
        if pid:
            return pid
        with self._log.open("ab", buffering=0) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            code = 1
            try:
                work()
                code = 0
            except BaseException:  # noqa: BLE001 - a child that fails must not run the parent's code
                os.write(2, f"{name}: {traceback.format_exc()}".encode())
            finally:
                sys.stdout.flush()
                os._exit(code)

    @property
    def _log(self) -> Path:
        return self.settings.home / "killing.log"

    def _kill(self, name: str) -> None:
        pid = self._running.pop(name, None)
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.killed[name] += 1
        if name == "web":
            marks = b"".join(iter(lambda: os.read(self._told, 65536), b""))
            os.close(self._told)
            self._count(marks)

    def _count(self, marks: bytes) -> None:
        self.steps += marks.count(b".")
        self.refused += marks.count(b"!")

    def _wait(self, pid: int) -> None:
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            raise RuntimeError("recovery failed: " + self._log.read_text(encoding="utf-8")[-3000:])


def main(home: str, url: str, socket: str, rounds: str, seed: str) -> None:
    signer = {"mode": "socket", "socket": socket, "wait_seconds": 0.2}
    settings = Settings(home=Path(home), database={"url": url}, signer=signer)
    killing = Killing(settings, int(seed))
    report = killing.run(int(rounds))
    told = {"killed": killing.killed, "steps": killing.steps, "refused": killing.refused}
    sys.stdout.write(json.dumps({**told, **report.as_dict()}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
