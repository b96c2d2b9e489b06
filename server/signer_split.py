"""Splitting the key-encryption key (主密钥分割): shares first, proven and handed over, then the key file goes.

Until the last custodian has his share nothing is changed, so an interrupted ceremony leaves the old way in force.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from foundation.audit.trail import Audit
from foundation.clock import SystemClock
from foundation.database import open_database
from foundation.ids import SystemIds
from foundation.principal import SYSTEM
from foundation.settings import Settings
from hsm import kek as keks
from hsm import shares, vault


def split_key(
    settings: Settings, out: Path | None, *, keep_file: bool, confirm: Callable[[int, str], None] | None
) -> int:
    """How many shares there are. With `out` each goes into a file of its own, else `confirm` hands each over."""
    clock = SystemClock()
    ids, db = SystemIds(clock), open_database(settings)
    try:
        opened = vault.unseal(settings, db, clock, ids)
        key = keks.raw_key(settings, db, ids)
        made = shares.split(key)
        for number, share in enumerate(made, 1):
            if out is not None:
                _write(out, number, share)
            elif confirm is not None:
                confirm(number, share)
        audit = Audit(opened.mac, clock, ids)
        with db.begin() as session:
            keks.turn_to_shares(session, key, ids)
            payload = {"shares": shares.ALL, "threshold": shares.NEED}
            audit.record(session, SYSTEM, action="hsm.kek.split", object="kek:1", payload=payload)
    finally:
        db.dispose()
    if not keep_file and not settings.keys.passphrase:
        _forget(settings.kek_file)
    return len(made)


def _write(folder: Path, number: int, share: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / f"share-{number}.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(share + "\n")
        file.flush()
        os.fsync(file.fileno())


def _forget(path: Path) -> None:
    """Overwritten once and removed. Flash and snapshots may still hold the old blocks: docs/operations.md says so."""
    with path.open("r+b") as file:
        file.write(b"0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
