"""Opening the key store (解封): by the settings, by a passphrase, or by shares that different people bring.

Progress is kept in memory only, and each share is remembered with the account it came from, for the journal.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.settings import Settings
from hsm import kek as keks
from hsm.kek import Kek
from hsm.shares import NEED, Collected


@dataclass(slots=True)
class Unsealing:
    settings: Settings
    db: Database
    clock: Clock
    ids: Ids
    _collected: Collected = field(default_factory=Collected)
    _givers: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def configured(self) -> Kek:
        return keks.open_kek(self.settings, self.db, self.clock, self.ids)

    def passphrase(self, passphrase: str) -> Kek:
        return keks.from_passphrase(passphrase, self.db, self.ids)

    def share(self, words: str, uid: int) -> tuple[Kek, str] | None:
        """The key and who gave its shares, once enough are there."""
        with self._lock:
            key = self._collected.add(words)
            self._givers.append(uid)
            if key is None:
                return None
            givers = ",".join(map(str, self._givers))
            self._givers.clear()
        return keks.prove(key, self.db, self.ids), givers

    @property
    def method(self) -> str:
        return keks.method_of(self.db)

    @property
    def progress(self) -> tuple[int, int]:
        return len(self._collected.shares), NEED
