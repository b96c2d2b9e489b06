"""The process that reads foreign files (核验子进程). Started by `verify.sandbox.worker`, and by nobody else.

Loads everything, gives everything away (`confinement`), then judges one file after the other. It has the octets, the
trust store and two pipes; whatever else a judgement needs, it asks for.
"""

from __future__ import annotations

import codecs
import gc
import importlib
import os
import pickle
import pkgutil
import resource
import sys
import traceback
from dataclasses import dataclass, replace
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, BinaryIO

import asn1crypto
import pyhanko.pdf_utils.crypt
from cryptography.hazmat import backends, primitives

from foundation.apart import confinement
from hsm import libcrypto
from hsm.digests import Digest
from verify.context import Context
from verify.judge import judge
from verify.pdf import looking
from verify.sandbox import wire
from verify.sandbox.questions import AskedEyes, AskedStatus, AskedTransport
from verify.times.online import Asking
from verify.trust import TrustStore

_CODECS = (
    "utf-16-be",
    "utf-16-le",
    "utf-16",
    "utf-32-be",
    "utf-32-le",
    "utf-32",
    "gb18030",
    "gbk",
    "big5",
    "latin-1",
    "ascii",
    "cp437",
    "idna",
)
_LATE = (
    "pyhanko.pdf_utils.filters",
    "pyhanko.pdf_utils.xref",
    "pyhanko.pdf_utils.misc",
    "linecache",
    "tokenize",
    "_strptime",
    "stringprep",
    "locale",
    "pyhanko.pdf_utils.metadata.xmp_xml",
    "pyhanko.pdf_utils.rw_common",
    "dateutil.parser",
)
RESERVE = 8 * 1024 * 1024
TOO_LITTLE = b'{"ended":"memory"}'
"""Made before it is needed."""


@dataclass(frozen=True, slots=True)
class Start:
    memory: int
    processor: int
    library: str | None
    """Path of the libcrypto of the settings."""


@dataclass(frozen=True, slots=True)
class Job:
    """`context` comes without its sources and its trust store; `trust` is that store when it is another than last."""

    name: str | None
    context: Context
    trust: bytes | None
    has_content: bool
    asks_status: bool
    asks_seals: bool
    asks_online: bool


def main() -> None:
    down, up = os.fdopen(0, "rb", closefd=False), os.fdopen(1, "wb", closefd=False)
    start: Start = pickle.loads(wire.receive(down))  # noqa: S301 - by the parent
    _load(start)
    lacking = confinement.confine(start.memory, start.processor)
    missed = _Missed()
    sys.meta_path.insert(0, missed)
    wire.send_json(up, {"ready": True, "lacking": list(lacking), "peak": _used()[0]})
    gc.freeze()  # what is loaded stays; only what files leave behind needs looking through
    ask = _asker(down, up)
    trust = asking = TrustStore()
    try:
        while True:
            try:
                job: Job = pickle.loads(wire.receive(down))  # noqa: S301 - by the parent
            except wire.Ended:
                return  # the parent has no more work
            if job.trust is not None:
                trust = pickle.loads(job.trust)  # noqa: S301 - by the parent
                asking = replace(trust, online=Asking(AskedTransport(ask)))
            data = wire.receive(down)
            content = wire.receive(down) if job.has_content else None
            answer = _judged(job, asking if job.asks_online else trust, data, content, ask)
            if missed.names:
                answer = {"ended": "fault", "error": "NotLoaded", "at": missed.names.pop()}
            wire.send_json(up, answer)
            del job, data, content
    except MemoryError:
        wire.send(up, TOO_LITTLE)


def _load(start: Start) -> None:
    """What is loaded at first use must be loaded now: afterwards no file can be opened."""
    libcrypto.configure(start.library)
    for name in _CODECS:
        codecs.lookup(name)
    for digest in Digest:
        digest.of(b"")
    for package in (asn1crypto, pyhanko.pdf_utils.crypt, primitives, backends):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)


class _Missed(MetaPathFinder):
    """Notes modules that would be loaded too late: their absence must not pass for damage of the file."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        del path, target
        if not fullname.startswith("encodings."):  # whose names come from files, and may be any
            self.names.append(fullname)


def _used() -> tuple[int, float]:
    """Highest memory so far in octets, processor seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_maxrss * 1024, used.ru_utime + used.ru_stime


def _asker(down: BinaryIO, up: BinaryIO) -> Any:
    def ask(question: dict[str, Any]) -> Any:
        wire.send_json(up, question)
        return pickle.loads(wire.receive(down))  # noqa: S301 - by the parent

    return ask


def _judged(job: Job, trust: TrustStore, data: bytes, content: bytes | None, ask: Any) -> dict[str, Any]:
    """A report, or why there is none. `MemoryError` is the expected end of a bomb."""
    reserve: bytearray | None = bytearray(RESERVE)
    try:
        asked = AskedStatus(ask)
        context = replace(
            job.context,
            trust=trust,
            status=asked if job.asks_status else None,
            seals=asked if job.asks_seals else None,
        )
        looking.see_with(AskedEyes(ask, data))
        answer = {"report": wire.plain(judge(data, name=job.name, context=context, content=content))}
    except MemoryError:
        reserve = None
        return {"ended": "memory"}
    except wire.Ended:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours: the parent reports and logs it, this process stays
        return {"ended": "fault", "error": type(error).__name__, "at": _place(error)}
    del reserve
    peak, processor = _used()
    return {**answer, "peak": peak, "processor": processor}


def _place(error: Exception) -> str:
    """File and line in our own code, without anything of the file that was read."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "/verify/" in one.filename] or [
        *traceback.extract_tb(error.__traceback__)
    ]
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"
