"""The process that does one piece of work and ends (工作进程). Forked by `zygote`; nobody else starts it.

It has the octets, one file to write its answer into, and nothing else; what it says is checked by those who asked.
"""

from __future__ import annotations

import errno
import json
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from foundation.apart import confinement
from foundation.errors import YinxinError

Tell = Callable[[Any], None]
"""Gives one part of the answer, as JSON; what was told before a process ends is kept."""
Work = Callable[[Any, tuple[bytes, ...], Tell], None]
DONE, MEMORY, FAULT = 0, 3, 4
MOST_OPEN = 128
_RESERVE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Job:
    """`sizes`: of the question and the documents, as they lie one behind the other."""

    place: str
    sizes: tuple[int, ...]
    seconds: float
    processor: int
    memory: int
    answer: int


def run(work: Work, job: Job, octets: int, answer: int) -> NoReturn:
    """Never comes back: above lies the zygote, which must not go on twice."""
    code = FAULT
    reserve: bytearray | None = bytearray(_RESERVE)
    try:
        os.dup2(answer, 1)
        question, documents = _read(octets, job.sizes)
        os.dup2(2, 0)
        os.closerange(3, MOST_OPEN)
        confinement.confine(job.memory, job.processor, job.answer)
        code = _done(work, question, documents)
    except MemoryError:
        reserve = None
        code = MEMORY
    except BaseException as error:  # noqa: BLE001 - told to the parent, which logs it
        code = _fault(error)
    finally:
        del reserve
        os._exit(code)


def _done(work: Work, question: Any, documents: tuple[bytes, ...]) -> int:
    try:
        work(question, documents, lambda part: _write("told", part))
    except YinxinError as refusal:
        text = refusal.detail
        _write("refused", {"kind": refusal.kind, "code": refusal.code, "zh": text.zh, "en": text.en})
    except OSError as error:
        if error.errno != errno.EFBIG:  # the answer grew past its limit
            raise
        return MEMORY
    return DONE


def _read(octets: int, sizes: tuple[int, ...]) -> tuple[Any, tuple[bytes, ...]]:
    parts, at = [], 0
    for size in sizes:
        parts.append(os.pread(octets, size, at))
        at += size
    return json.loads(parts[0]), tuple(parts[1:])


def _write(kind: str, value: Any) -> None:
    left = memoryview(json.dumps([kind, value]).encode("ascii") + b"\n")
    while left:
        left = left[os.write(1, left) :]


def _fault(error: BaseException) -> int:
    """File and line, without anything of the file that was read."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    try:
        _write("fault", f"{type(error).__name__} {Path(last.filename).name}:{last.lineno} {last.name}"[:200])
    except (OSError, MemoryError):
        return FAULT  # the code alone says enough
    return FAULT
