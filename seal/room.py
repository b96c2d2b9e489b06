"""The seal room's services (印章服务), made once by the composition root."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from ca.room import CaRoom
from foundation.ground import Ground
from hsm.store import KeyStore
from seal.held import Held

MOST_HELD = 1024


class HeldSeals:
    """What is ready for stamping, by seal and version; never its state, which is read each time."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, esl_sha256: str) -> Held | None:
        with self._lock:
            found = self._held.get(esl_sha256)
            if found is not None:
                self._held.move_to_end(esl_sha256)
            return found

    def put(self, held: Held) -> None:
        with self._lock:
            self._held[held.esl_sha256] = held
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)


@dataclass(frozen=True)
class SealRoom:
    ground: Ground
    keys: KeyStore
    ca: CaRoom
    held: HeldSeals = field(default_factory=HeldSeals)
    locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))
    outer_locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))

    @classmethod
    def build(cls, ground: Ground, keys: KeyStore, ca: CaRoom) -> SealRoom:
        return cls(ground, keys, ca)

    def lock(self, name: str) -> threading.Lock:
        """One of a few locks, by name: one order is carried out once at a time in this process."""
        return self.locks[hash(name) % len(self.locks)]

    def outer_lock(self, name: str) -> threading.Lock:
        """Held around work that takes a `lock` of its own: two names may share one, and would wait for each other."""
        return self.outer_locks[hash(name) % len(self.outer_locks)]
