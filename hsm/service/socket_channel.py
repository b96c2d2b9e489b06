"""The way to the signer over its socket (套接字通道): pooled connections, back-off, time-outs, a clear 503.

A request whose connection broke is sent again when the operation says that it may: signing an intent twice is what
recovery does anyway, and the signer refuses other content under a spent intent.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, TypeVar

from hsm.service import coding, wire
from hsm.service.errors import BadMessage, SignerAway
from hsm.service.operations import Declared, Table
from hsm.service.server import greet
from hsm.service.wire import Hello

A = TypeVar("A")
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5
_FAIL_FAST_SECONDS = 1.0
"""After a vain wait the next callers try once and do not wait as well."""


class SocketChannel:
    """Safe between threads; each request has a connection for itself while it lasts."""

    def __init__(self, path: Path, ours: Hello, table: Table, *, wait: float, timeout: float) -> None:
        self._path = path
        self._ours = ours
        self._table = table
        self._wait = wait
        self._timeout = timeout
        self._idle: list[socket.socket] = []
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._away_until = 0.0

    def ask(self, request: object, answer: type[A]) -> A:
        operation = self._table.of(request)
        body = coding.encode(request)
        began = time.monotonic()
        patience = 0.0 if began < self._away_until else self._wait
        pause = _FIRST_WAIT
        while True:
            try:
                return self._ask_once(operation, body, answer)
            except _Broken as error:
                if error.sent and not operation.repeatable:
                    raise SignerAway(error.why) from error
                if time.monotonic() + pause - began > patience:
                    self._away_until = time.monotonic() + _FAIL_FAST_SECONDS
                    raise SignerAway(error.why) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def _ask_once(self, operation: Declared[Any, Any], body: bytes, answer: type[A]) -> A:
        link = self._take()
        sent = False
        try:
            link.settimeout(operation.seconds or self._timeout)
            wire.send(link, wire.named(operation.name), body)
            sent = True
            found = wire.receive_answer(link, answer)
        except TimeoutError as error:
            link.close()
            raise SignerAway("no answer in time") from error
        except (OSError, BadMessage) as error:
            link.close()
            raise _Broken(type(error).__name__, sent=sent) from error
        except BaseException:
            self._give_back(link)  # an answer came: it was a refusal
            raise
        self._give_back(link)
        return found

    def _take(self) -> socket.socket:
        with self._lock:
            if self._pid != os.getpid():  # after a fork the connections are the parent's
                self._idle, self._pid = [], os.getpid()
            while self._idle:
                link = self._idle.pop()
                if _still_open(link):
                    return link
                link.close()
        return self._connect()

    def _connect(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(self._timeout)
        try:
            link.connect(str(self._path))
            greet(link, self._ours)
        except (OSError, BadMessage) as error:
            link.close()
            raise _Broken(type(error).__name__, sent=False) from error
        except BaseException:
            link.close()
            raise
        return link

    def _give_back(self, link: socket.socket) -> None:
        with self._lock:
            if self._pid == os.getpid() and len(self._idle) < 32:
                self._idle.append(link)
                return
        link.close()


class _Broken(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


def _still_open(link: socket.socket) -> bool:
    """A signer that died has closed its end; better to know before a request that cannot be repeated."""
    link.settimeout(0)
    try:
        return link.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
