"""The zygote, seen from above (孵化进程句柄): started, given jobs, ended. Several threads may ask at once."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from foundation.apart import confinement
from foundation.apart.limits import Limits

START_SECONDS = 60.0
"""Also for loading what a work needs, on a busy machine."""
_ROOT = Path(__file__).resolve().parents[2]
_CODE = (
    "import sys; sys.path.insert(0, {root!r}); from foundation.apart import zygote; zygote.main({number}, {closing!r})"
)
_CLOSING = "hsm.process:close_to_others"
"""By name, as every work: this floor knows of none above, and only `hsm` speaks to the system's libraries."""
_KINDS = ("told", "refused", "fault")


class Gone(Exception):  # noqa: N818 - an event of the process, not of the caller
    """The zygote is no more, or does not answer."""


class Started:
    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        code = _CODE.format(root=str(_ROOT), number=theirs.fileno(), closing=_CLOSING)
        with theirs:
            self._process = subprocess.Popen(
                [*confinement.launcher(), sys.executable, "-I", "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._channel = ours

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def load(self, place: str) -> None:
        with suppress(OSError):  # the question that needs it will start another
            self._channel.send(json.dumps({"load": place}).encode("ascii"))

    def ask(
        self, place: str, question: Any, documents: Sequence[bytes], limits: Limits
    ) -> tuple[dict[str, Any], list[list[Any]]]:
        """How it ended, and what was told until then; raises `Gone`."""
        asked = json.dumps(question).encode("ascii")
        octets = os.memfd_create("octets")
        answer = os.memfd_create("answer")
        reading, reply = os.pipe2(os.O_CLOEXEC)
        try:
            for part in (asked, *documents):
                _write(octets, part)
            job = {
                "place": place,
                "sizes": [len(asked), *map(len, documents)],
                "seconds": limits.seconds,
                "processor": limits.processor,
                "memory": limits.memory,
                "answer": limits.answer,
            }
            self._hand_over(json.dumps(job).encode("ascii"), [octets, answer, reply])
            os.close(reply)
            reply = -1
            return self._outcome(reading, limits), _lines(answer, limits.answer)
        finally:
            for number in (octets, answer, reading, reply):
                if number >= 0:
                    os.close(number)

    def leave(self) -> None:
        """Our copy of the socket must not keep it waiting when its owner ends."""
        self._channel.close()

    def end(self) -> None:
        self._channel.close()
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _hand_over(self, packet: bytes, files: list[int]) -> None:
        try:
            socket.send_fds(self._channel, [packet], files)
        except OSError as error:
            if isinstance(error, ConnectionError):
                self.end()  # it was killed; for a moment more the system calls it alive, and it would be asked again
            raise Gone from error

    def _outcome(self, reading: int, limits: Limits) -> dict[str, Any]:
        waiting = select.poll()
        waiting.register(reading, select.POLLIN)
        said = os.read(reading, 4096) if waiting.poll((START_SECONDS + limits.seconds) * 1000) else b""
        if not said:
            self.end()
            raise Gone
        outcome: dict[str, Any] = json.loads(said)  # by the zygote, which reads no foreign octet
        return outcome


def _write(number: int, octets: bytes) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(number, left) :]


def _lines(answer: int, most: int) -> list[list[Any]]:
    """Whole lines of the right shape, up to the first that is not: a file may have taken that process over."""
    octets = os.pread(answer, min(os.fstat(answer).st_size, most), 0)
    found: list[list[Any]] = []
    for line in octets.split(b"\n")[:-1]:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            break
        if not isinstance(said, list) or len(said) != 2 or said[0] not in _KINDS:
            break
        found.append(said)
    return found
