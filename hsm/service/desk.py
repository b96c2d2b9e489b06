"""The desk (签名台): takes requests, whatever way they came, while it is open; sealed, it only listens to operators."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from foundation.text import Text
from hsm.errors import AwaitsOperator, Sealed
from hsm.kek import Kek
from hsm.service.errors import StrangerRefused
from hsm.service.journal import Journal
from hsm.service.operations import Caller, DeskOperation, Opened, Operation, Role, Table
from hsm.service.records import EVENT, Entry
from hsm.service.unsealing import Unsealing

SEALED_BY_OPERATOR = Text(
    "密钥库已由操作员加封，恢复请执行 yinxin signer unseal。",
    "An operator sealed the key store. To open it again: yinxin signer unseal",
)


@dataclass(slots=True)
class Desk:
    table: Table
    journal: Journal
    unsealing: Unsealing
    opener: Callable[[Kek], Opened]
    """From the right key-encryption key to everything that works with it."""
    environment: str
    started_at: datetime
    lacking: tuple[str, ...] = ()
    wipe: Callable[[], None] | None = None
    """Ends this process image after the answer to a sealing request; None where a desk lives in somebody's process."""
    _opened: Opened | None = None
    _reason: Text = field(default_factory=lambda: Text("密钥库尚未解封。", "The key store is not open yet."))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open_configured(self) -> None:
        """With key file or configured passphrase. When people must come, stay sealed and say for whom we wait."""
        if self._mark.exists():  # sealed by an operator: no restart, of process or host, undoes that
            self.stay_sealed()
            return
        try:
            self.open_with(self.unsealing.configured(), how="settings")
        except AwaitsOperator as error:
            self._reason = error.detail

    def open_with(self, kek: Kek, *, how: str) -> None:
        with self._lock:
            if self._opened is None:
                self._opened = self.opener(kek)
        self._mark.unlink(missing_ok=True)
        self.journal.write(Entry(EVENT, "unseal", facts={"how": how}))

    def stay_sealed(self) -> None:
        """Until somebody opens it, also after a restart."""
        self._mark.touch(mode=0o600)
        self._reason = SEALED_BY_OPERATOR

    @property
    def _mark(self) -> Path:
        return self.journal.folder / "sealed"

    @property
    def opened(self) -> Opened:
        found = self._opened
        if found is None:
            raise Sealed("sealed", self._reason)
        return found

    @property
    def sealed_because(self) -> Text | None:
        return None if self._opened is not None else self._reason

    def ask(self, caller: Caller, request: object) -> object:
        operation = self.table.of(request)
        if operation.role is not Role.ANY and operation.role not in caller.roles:
            raise StrangerRefused(caller.uid, operation.name)
        if isinstance(operation, DeskOperation):
            return operation.at_desk(self, caller, request)
        if not isinstance(operation, Operation):
            raise TypeError(operation.name)
        opened = self.opened
        operation.check(opened, caller, request)
        try:
            return operation.handle(opened, caller, request)
        finally:
            if operation.changes_keys:
                opened.signers.clear()


def own_caller(roles: frozenset[Role]) -> Caller:
    return Caller(os.geteuid(), os.getpid(), roles)
