"""Trust stores on their way to the reading processes (信任库分发): packed once for each store, however many files."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from verify.trust import TrustStore

_KEPT = 4
"""Stores of one process: its region's, the one before, and those of a few others in tests."""


@dataclass(frozen=True, slots=True)
class Store:
    generation: int
    octets: bytes


class Stores:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, tuple[TrustStore, Store]] = OrderedDict()
        self._next = 0

    def of(self, trust: TrustStore) -> Store:
        """A store is immutable; the same object is the same generation, kept alive so that its id stays its own."""
        with self._lock:
            known = self._known.get(id(trust))
            if known is None:
                # without what was worked out from it, and without the one part that reaches out
                known = trust, Store(self._next, pickle.dumps(replace(trust, online=None)))
                self._next += 1
                self._known[id(trust)] = known
                if len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(id(trust))
            return known[1]
