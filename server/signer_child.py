"""The signer as a child of the web process (随主进程启动的签名进程): started, watched, started again, never orphaned.

The child gets its settings as one line on standard input and lives as long as that pipe: when the parent is gone, by
whatever death, the kernel closes it. It tells on standard output that it listens, or why it cannot.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, SecretStr

from foundation.errors import Unavailable
from foundation.settings import Settings
from foundation.text import Text
from hsm.service.server import answers

log = structlog.get_logger("signer")
READY, REFUSED = "ready", "refused"
_LONGEST_PAUSE = 5.0


@contextlib.contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """A signer runs as long as the block; another process's signer on the same socket serves as well."""
    keeper = _Beside(settings)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


class _Beside:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="signer-child", daemon=True)

    def start(self) -> None:
        """Returns when the signer listens. One that says why it cannot start ends the parent with those words."""
        if not answers(self._settings.signer_socket):
            self._spawn()
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        child = self._child
        if child is not None and child.stdin is not None:
            child.stdin.close()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._thread.join(timeout=10)

    def _watch(self) -> None:
        """Start it again when it dies. Where another process's signer serves, wait until it does not."""
        pause = 0.1
        while not self._ending.is_set():
            child = self._child
            if child is not None:
                began = time.monotonic()
                code = child.wait()
                self._child = None
                if self._ending.is_set():
                    return
                log.warning("signer.died", code=code)
                pause = 0.1 if time.monotonic() - began > 60 else pause
            elif not answers(self._settings.signer_socket):
                try:
                    self._spawn()
                except Unavailable as error:
                    log.error("signer.not_started", code=error.code)  # noqa: TRY400 - its words say all
                    pause = min(2 * pause, _LONGEST_PAUSE)
            self._ending.wait(pause if self._child is None else 0)

    def _spawn(self) -> None:
        child = subprocess.Popen(
            [sys.executable, "-m", "server", "signer", "run", "--child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "YINXIN_KEYS__PASSPHRASE"},
        )
        if child.stdin is None or child.stdout is None:
            raise AssertionError("unreachable: both are pipes")
        try:
            child.stdin.write(handed_over(self._settings) + b"\n")
            child.stdin.flush()
            word, *rest = child.stdout.readline().decode().rstrip("\n").split("\t")
        except OSError:
            word, rest = "", []
        if word == READY:
            self._child = child
            return
        child.kill()
        child.wait()
        raise _refusal(rest)


def _refusal(rest: list[str]) -> Unavailable:
    if len(rest) == 3:
        return Unavailable(rest[0], Text(rest[1], rest[2]))
    return Unavailable(
        "hsm.signer_not_started",
        Text("签名进程未能启动，原因见上方日志。", "The signer did not start; the log above says why."),
    )


def handed_over(settings: Settings) -> bytes:
    """The settings in clear, for the child's standard input and nowhere else."""
    return json.dumps(_plain(settings), ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.resolve())
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    return value
