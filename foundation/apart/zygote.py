"""The process that is copied for every piece of work (孵化进程): started once, with everything loaded.

Reads no foreign octet itself. Every job is a packet with three files: what to read, what to write, and where to say how
it ended. The copy is confined before it looks at anything, and ended when its time is over.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
from dataclasses import dataclass
from time import monotonic
from typing import Any

from foundation.apart import child
from foundation.apart.child import Job, Work
from foundation.apart.limits import Why

MOST_PACKET = 4096
FILES = 3


@dataclass(frozen=True, slots=True)
class _Running:
    process: int
    until: float
    reply: int
    late: list[bool]


def main(channel: int, closing: str) -> None:
    """`channel`: the number of our end of the socket; its other end closing is the end of us.

    `closing`: the function that keeps the copies, which may have the same account, from looking into us.
    """
    module, _, name = closing.partition(":")
    getattr(importlib.import_module(module), name)()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_NOFILE, (child.MOST_OPEN, child.MOST_OPEN))  # a copy closes all of them
    with socket.socket(fileno=channel) as ours:
        _Zygote(ours).run()


class _Zygote:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._works: dict[str, Work] = {}
        self._running: dict[int, _Running] = {}

    def run(self) -> None:
        """Until nobody is left to ask."""
        asked = True
        while asked:
            for number, _ in self._poll.poll(self._patience()):
                if number == self._channel.fileno():
                    asked = self._take()
                else:
                    self._ended(number)
            self._stop_late()
        for one in self._running.values():
            os.kill(one.process, signal.SIGKILL)

    def _patience(self) -> float | None:
        """Milliseconds until the first is late."""
        due = [one.until for one in self._running.values() if not one.late]
        return max(0.0, min(due) - monotonic()) * 1000 + 1 if due else None

    def _take(self) -> bool:
        packet, files, _, _ = socket.recv_fds(self._channel, MOST_PACKET, FILES)
        if not packet:
            return False
        asked = json.loads(packet)
        if "load" in asked:
            self._work(asked["load"])
            return True
        octets, answer, reply = files
        try:
            work = self._work(asked["place"])
            self._begin(work, Job(**{**asked, "sizes": tuple(asked["sizes"])}), octets, answer, reply)
        except (ImportError, AttributeError, OSError) as error:
            _say(reply, Why.FAULT, {"detail": f"{type(error).__name__} {asked['place']}"})
            os.close(reply)
        os.close(octets)
        os.close(answer)
        return True

    def _work(self, place: str) -> Work:
        """Loaded once, for every copy to come."""
        if place not in self._works:
            module, _, name = place.partition(":")
            loaded = importlib.import_module(module)
            if hasattr(loaded, "warm"):
                loaded.warm()  # afterwards no file can be opened
            self._works[place] = getattr(loaded, name)
            gc.collect()
            gc.freeze()
        return self._works[place]

    def _begin(self, work: Work, job: Job, octets: int, answer: int, reply: int) -> None:
        process = os.fork()
        if process == 0:
            child.run(work, job, octets, answer)
        number = os.pidfd_open(process)
        self._running[number] = _Running(process, monotonic() + job.seconds, reply, [])
        self._poll.register(number, select.POLLIN)

    def _stop_late(self) -> None:
        now = monotonic()
        for one in self._running.values():
            if one.until <= now and not one.late:
                one.late.append(True)
                os.kill(one.process, signal.SIGKILL)

    def _ended(self, number: int) -> None:
        one = self._running.pop(number)
        self._poll.unregister(number)
        os.close(number)
        _, status, used = os.wait4(one.process, 0)
        why = Why.TIME if one.late else _why(os.waitstatus_to_exitcode(status))
        _say(one.reply, why, {"peak": used.ru_maxrss * 1024, "processor": used.ru_utime + used.ru_stime})
        os.close(one.reply)


def _why(code: int) -> Why | None:
    if code in (-signal.SIGKILL, -signal.SIGXCPU):
        return Why.TIME  # the limit of processor time kills like this
    known = {child.DONE: None, child.MEMORY: Why.MEMORY, child.FAULT: Why.FAULT}
    return known.get(code, Why.GONE)


def _say(reply: int, why: Why | None, more: dict[str, Any]) -> None:
    try:
        os.write(reply, json.dumps({"why": why, **more}).encode("ascii"))
    except BrokenPipeError:
        return  # whoever asked is gone
