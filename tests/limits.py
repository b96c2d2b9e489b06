"""Bounds that hold on a busy machine: an alarm for what hangs, and a count of calls for what must stay cheap.

Never seconds: a test that fails because its machine was busy says nothing about the code.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 60
"""A thousand times what the slowest of them takes."""


class Hung(BaseException):
    """Not an `Exception`: a reader that catches those must not swallow it."""


@contextmanager
def no_hang(seconds: int = SECONDS) -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Hung(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def calls(work: Callable[[], object]) -> int:
    """How many Python functions are called on the way: the same number wherever it runs."""
    count = 0

    def see(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
