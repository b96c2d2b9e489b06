"""What a file that has taken a process over would try (恶意进程). Loaded by the zygote, as any other work."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foundation.apart.child import Tell
from foundation.errors import InvalidInput
from foundation.text import Text


def echo(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    tell([question, [one.hex() for one in documents]])


def attacks(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """Everything at once; `question` names a file that is there."""
    del documents
    for name, attempt in _attempts(question).items():
        tell([name, _tried(attempt)])
    devices = ("user", os.geteuid()), ("open", [number for number in range(200) if _is_open(number)])
    for name, value in devices:
        tell([name, value])
    tell(["processor", resource.getrlimit(resource.RLIMIT_CPU)[1]])


def kills(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    tell(_tried(lambda: os.kill(os.getppid(), signal.SIGKILL)))


def _attempts(secret: str) -> dict[str, Callable[[], object]]:
    return {
        "socket": socket.socket,
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "pair": socket.socketpair,
        "file": Path(secret).read_bytes,
        "folder": lambda: list(Path("/").iterdir()),
        "write": lambda: Path("/x").write_bytes(b""),
        "pipe": os.pipe,
        "memory file": lambda: os.memfd_create("x"),
        "fork": os.fork,
        "run": lambda: subprocess.run(["/bin/true"], check=False),
        "memory": lambda: bytearray(600 * 1024 * 1024),
        "more files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)),
        "trace": _trace,
    }


_library = ctypes.CDLL(None, use_errno=True)
_ATTACH = 16


def _trace() -> None:
    if _library.ptrace(_ATTACH, os.getppid(), None, None) != 0:
        raise OSError(ctypes.get_errno(), "refused")


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "worked"


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def loops(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    tell("begun")
    while True:
        pass


def sleeps(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    tell("begun")
    signal.pause()


def swells(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    tell("begun")
    kept = []
    while True:
        kept.append(bytearray(1024 * 1024))


def aborts(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    tell("begun")
    os.abort()


def fails(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents, tell
    raise AssertionError("secret of the file")


def refuses(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents, tell
    raise InvalidInput("test.refused", Text("不行\ud800", "no"))


def babbles(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """Lines of every wrong shape behind a right one."""
    del documents
    tell({"found": "x"})
    os.write(1, str(question).encode())


def floods(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents
    while True:
        tell("x" * 1024 * 1024)


def silent(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents, tell


def leaves(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    del question, documents, tell
    sys.exit(0)
