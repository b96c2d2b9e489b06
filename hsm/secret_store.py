"""Data keys (数据密钥): 32 octets each, wrapped under the key-encryption key, with versions.

Versions made at start (the very first, or one after the cipher setting changed) come before the audit trail can run,
because the trail's own MAC key is one of them. A rotation is recorded in it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from foundation.audit.trail import Audit
from foundation.clock import Clock
from foundation.database import Database
from foundation.ids import Ids
from foundation.principal import Principal
from hsm.errors import KeyMissing
from hsm.kek import Kek
from hsm.models import HsmSecret

_OCTETS = 32


@dataclass(frozen=True, slots=True)
class Secret:
    version: int
    algorithm: str
    key: bytes

    def __repr__(self) -> str:
        return f"Secret({self.version}, {self.algorithm})"


class SecretStore:
    def __init__(self, db: Database, clock: Clock, ids: Ids, kek: Kek) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._kek = kek
        self._known: dict[str, Mapping[int, Secret]] = {}
        self._lock = threading.Lock()

    def ensure(self, name: str, algorithm: str) -> Secret:
        """The newest version; the first one, or one of a newly chosen algorithm, is made here."""
        newest = self._newest(name)
        if newest is None or newest.algorithm != algorithm:
            try:
                self._add(name, (newest.version if newest else 0) + 1, algorithm)
            except IntegrityError:  # another process was first; what it made is as good
                self._forget(name)
            newest = self._newest(name)
        if newest is None:
            raise KeyMissing(name)
        return newest

    def current(self, name: str) -> Secret:
        newest = self._newest(name)
        if newest is None:
            raise KeyMissing(name)
        return newest

    def version(self, name: str, version: int) -> Secret:
        """A version by number; another process may have made it since we looked."""
        found = self._versions(name).get(version)
        if found is None:
            self._forget(name)
            found = self._versions(name).get(version)
        if found is None:
            raise KeyMissing(f"{name}#{version}")
        return found

    def versions(self, name: str) -> list[Secret]:
        """All there are, oldest first, read again: another process may have made one."""
        self._forget(name)
        known = self._versions(name)
        return [known[number] for number in sorted(known)]

    def rotate(self, name: str, principal: Principal, audit: Audit) -> Secret:
        """The next version for everything written from now on; the old ones still open what they closed."""
        old = self.current(name)
        self._add(name, old.version + 1, old.algorithm, principal, audit)
        return self.current(name)

    def _newest(self, name: str) -> Secret | None:
        versions = self._versions(name)
        return versions[max(versions)] if versions else None

    def _versions(self, name: str) -> Mapping[int, Secret]:
        known = self._known.get(name)
        if known is None:
            with self._db.read() as session:
                rows = session.scalars(select(HsmSecret).where(HsmSecret.name == name)).all()
            known = {row.version: self._opened(row) for row in rows}
            with self._lock:
                self._known[name] = known
        return known

    def _forget(self, name: str) -> None:
        with self._lock:
            self._known.pop(name, None)

    def _opened(self, row: HsmSecret) -> Secret:
        key = self._kek.unwrap(row.wrapped, _place(row.name, row.version, row.algorithm))
        return Secret(row.version, row.algorithm, key)

    def _add(
        self, name: str, version: int, algorithm: str, principal: Principal | None = None, audit: Audit | None = None
    ) -> None:
        row = HsmSecret(
            name=name,
            version=version,
            algorithm=algorithm,
            wrapped=self._kek.wrap(self._ids.random(_OCTETS), _place(name, version, algorithm)),
            created_at=self._clock.now(),
        )
        with self._db.begin() as session:
            session.add(row)
            if audit is not None and principal is not None:
                audit.record(
                    session,
                    principal,
                    action="hsm.secret.rotate",
                    object=f"secret:{name}",
                    payload={"version": version},
                )
        self._forget(name)


def _place(name: str, version: int, algorithm: str) -> str:
    return f"hsm_secret|{name}|{version}|{algorithm}"
