"""The licence room's services (电子证照服务), made once by the composition root."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from uuid import UUID

from ca.room import CaRoom
from foundation.ground import Ground
from hsm.store import KeyStore
from licence.holders import HolderNumbers, NoHolders
from seal.room import SealRoom
from verify.codes import CodeKey


class Turnstiles:
    """One caller at a time for one intent in this process; other processes are kept apart by the rows themselves."""

    def __init__(self, width: int = 64) -> None:
        self._locks = tuple(threading.Lock() for _ in range(width))

    def of(self, intent: UUID) -> threading.Lock:
        return self._locks[intent.int % len(self._locks)]


@dataclass(frozen=True)
class LicenceRoom:
    ground: Ground
    keys: KeyStore
    ca: CaRoom
    seal: SealRoom
    holders: HolderNumbers = field(default_factory=NoHolders)
    turnstiles: Turnstiles = field(default_factory=Turnstiles)
    code_keys: dict[int, CodeKey] = field(default_factory=dict)
    """Certified code keys by key version; see `code.establish`."""
