"""Restoring (恢复): into an empty installation, checked before and after, with what the world outside still knows.

Files, journal and ledger come first and the database last, in one transaction: a restore that broke off is begun again
with the same command. Where journal or ledger outside are longer than in the backup, they are the truth about what was
lost: the journal is kept, the ledger is set aside and its loss is written into the trail it breaks.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from foundation.audit.checkpoint import LEAVES, NOTES
from foundation.database import Database
from foundation.errors import Conflict, Unavailable
from foundation.text import Text
from hsm.sealed_to import Opens
from hsm.service.journal import Journal
from hsm.service.records import EVENT, RESTORE, Entry
from hsm.service.segments import segments
from server import schema
from server.backup import rows
from server.backup.create import Source
from server.backup.manifest import BackupDamaged, Manifest
from server.backup.reading import Unpacked, unpacked
from server.backup.verify import Checked, check


@dataclass(frozen=True, slots=True)
class Restored:
    checked: Checked
    lost_audit_rows: int
    """Rows the ledger outside had and the backup has not."""
    set_aside: Path | None
    """Where the longer ledger went."""

    @property
    def manifest(self) -> Manifest:
        return self.checked.manifest


def restore(source: Source, file: Path, secret: Opens) -> Restored:
    with unpacked(file, secret, near=file.resolve().parent) as found:
        checked = check(found)
        _check_target(source.db, found.manifest)
        for name, path in found.names("objects/"):
            source.storage.put_new(name, path.read_bytes())
        _journal(source, found, file)
        aside, lost = _ledger(source, found)
        _database(source.db, found)
        _prove(source.db, found)
    return Restored(checked, lost, aside)


def _check_target(db: Database, manifest: Manifest) -> None:
    if manifest.revision != schema.head():
        raise Unavailable(
            "backup.revision",
            Text(
                f"备份来自数据库版本 {manifest.revision}（程序 {manifest.program}），本程序是 {schema.head()}。"
                f"请先用该版本恢复，再升级。",
                f"The backup is of revision {manifest.revision} (program {manifest.program}); this program has"
                f" {schema.head()}. Restore with that version, then upgrade.",
            ),
        )
    schema.upgrade(db)
    if not rows.empty(db):
        raise Conflict(
            "backup.not_empty",
            Text(
                "目标数据库不是空的，恢复不会覆盖任何数据。请使用新的空数据库。",
                "The database is not empty, and a restore replaces nothing. Use a new, empty one.",
            ),
        )


def _journal(source: Source, found: Unpacked, file: Path) -> None:
    """One that is there must begin with what the backup has: then it is the same signer's, and it knows more.

    The restore is written into it, for from here on the signer signs checkpoints smaller than the last one.
    """
    folder = source.settings.journal_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, path in found.names("journal/"):
        target, octets = folder / name, path.read_bytes()
        if not target.exists():
            target.write_bytes(octets)
            target.chmod(0o600)
        elif not target.read_bytes().startswith(octets):
            raise _other("签名日志", "signing journal", folder)
    if not segments(folder):
        return  # keys were used without a signer so far
    journal = Journal(folder, source.clock)
    journal.open({"environment": source.settings.environment, "region": source.settings.region.code})
    try:
        facts: dict[str, str | int] = {"backup": digest_of(file), "audit_rows": found.manifest.audit_rows}
        journal.write(Entry(EVENT, RESTORE, facts=facts))
    finally:
        journal.close()


def digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return file_digest(source, "sha256").hexdigest()


def _ledger(source: Source, found: Unpacked) -> tuple[Path | None, int]:
    folder = source.settings.checkpoint_dir
    folder.mkdir(parents=True, exist_ok=True)
    own = {name: (found.folder / "ledger" / name).read_bytes() for name in (LEAVES, NOTES)}
    there = {name: (folder / name).read_bytes() if (folder / name).exists() else b"" for name in own}
    if any(not there[name].startswith(own[name]) for name in own if there[name]):
        raise _other("检查点", "checkpoint", folder)
    aside, lost = None, max(0, (len(there[LEAVES]) - len(own[LEAVES])) // 32)
    if there != own and any(there.values()):
        aside = folder / f"before-restore-{source.clock.now():%Y%m%dT%H%M%SZ}"
        aside.mkdir()
        for name in own:
            if (folder / name).exists():
                shutil.move(folder / name, aside / name)
    for name, octets in own.items():
        (folder / name).write_bytes(octets)
    return aside, lost


def _database(db: Database, found: Unpacked) -> None:
    with db.engine.begin() as connection:
        for table in rows.tables():
            rows.put(connection, table, found.lines(table.name))


def _prove(db: Database, found: Unpacked) -> None:
    """Written out again, every table must give the very same octets."""
    said = {member.name: member.sha256 for member in found.manifest.members}
    with rows.snapshot(db) as connection:
        for table in rows.tables():
            digest = sha256()
            for line in rows.lines(connection, table):
                digest.update(line)
            if digest.hexdigest() != said[f"tables/{table.name}.jsonl"]:
                raise BackupDamaged(
                    f"恢复后的数据表 {table.name} 与备份不同", f"the restored table {table.name} differs"
                )


def _other(zh: str, en: str, folder: Path) -> Conflict:
    return Conflict(
        "backup.other_installation",
        Text(
            f"{folder} 中的{zh}不是同一套系统的，请核对路径。",
            f"The {en} in {folder} is of another installation. Check the path.",
        ),
    )
