"""Ctrl-C between two files and never within one (中断): what has been told is told everywhere, whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interruption:
    """Raises `KeyboardInterrupt` at once, except inside `whole`, after which it does."""

    def __init__(self) -> None:
        self._within = self._came = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread hears signals
            return
        before = signal.signal(signal.SIGINT, lambda *_: self._come())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def whole(self) -> Iterator[None]:
        self._within = True
        try:
            yield
        finally:
            self._within = False
        if self._came:
            raise KeyboardInterrupt

    def _come(self) -> None:
        self._came = True
        if not self._within:
            raise KeyboardInterrupt
