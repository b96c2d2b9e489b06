"""Judged issuers, remembered (签发者核验缓存): the part of a path above the leaf is the same for every file.

A key that cannot go wrong: it lives in one immutable trust store; it is the octets of the whole chain up to the anchor
with the rules of the question; and it holds only while no time it was compared with has been passed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from ca.reading import Certificate
from verify.moments import Moment

Path = tuple[Certificate, ...]
"""Leaf first, anchor last."""

_V = TypeVar("_V")
MOST_KEYS = 1024
MOST_WINDOWS = 8

_Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Routes:
    """The ways from one issuer up to the anchors. `cut`: there are more than we look at; `unsigned`: the first
    certificate on the way whose signature does not hold.
    """

    paths: tuple[Path, ...]
    cut: bool
    unsigned: Certificate | None


@dataclass(frozen=True, slots=True)
class _Window(Generic[_V]):
    """`value` holds while "now" and the proved time keep their places among `times`; a time itself is its own place."""

    times: tuple[datetime, ...]
    now: _Cell
    proved: _Cell | None
    value: _V

    def holds(self, moment: Moment) -> bool:
        proved = None if moment.proved is None else _cell(self.times, moment.proved)
        return self.now == _cell(self.times, moment.now) and self.proved == proved


def _cell(times: tuple[datetime, ...], at: datetime) -> _Cell:
    return bisect_left(times, at), bisect_right(times, at)


class Memory(Generic[_V]):
    """Bounded; forgets everything when full. Safe between threads: each step is one operation on a dict."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, tuple[_Window[_V], ...]] = {}

    def recall(self, key: Hashable, moment: Moment) -> _V | None:
        for window in self._windows.get(key, ()):
            if window.holds(moment):
                return window.value
        return None

    def remember(self, key: Hashable, moment: Moment, times: Iterable[datetime], value: _V) -> None:
        if len(self._windows) >= MOST_KEYS:
            self._windows.clear()
        ordered = tuple(sorted(set(times)))
        proved = None if moment.proved is None else _cell(ordered, moment.proved)
        window = _Window(ordered, _cell(ordered, moment.now), proved, value)
        self._windows[key] = (window, *self._windows.get(key, ()))[:MOST_WINDOWS]
