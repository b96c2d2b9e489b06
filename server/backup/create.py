"""Making a backup (创建备份): ledger, database, files, journal, settings, in this order, into one sealed file.

The order matters: the ledger before the database, so it never speaks of rows the backup lacks; files and journal after
it, so nothing a row speaks of is missing. The key-encryption key is never inside.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO, BinaryIO, cast

from sqlalchemy import Connection, func, select

from foundation.audit.checkpoint import LEAVES, NOTES
from foundation.audit.models import AuditRow
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import Conflict, YinxinError
from foundation.failpoints import reach
from foundation.ids import Ids
from foundation.settings import Settings
from foundation.storage import Storage
from foundation.text import Text
from hsm.models import HsmKek, HsmKey
from hsm.sealed_file import Sealer
from hsm.sealed_to import Recipient, Remembering
from hsm.service.segments import read_all, segments
from server import schema
from server.backup import rows
from server.backup.manifest import KekNeeded, Manifest, Member
from server.backup.verify import Checked, verify

KIND = "service"
_IN_MEMORY = 8 << 20


@dataclass(frozen=True)
class Source:
    """What is backed up. No key is needed: private halves stay wrapped."""

    settings: Settings
    db: Database
    storage: Storage
    clock: Clock
    ids: Ids


@dataclass
class _Packer:
    tar: tarfile.TarFile
    members: list[Member] = field(default_factory=list)

    def add(self, name: str, parts: Iterable[bytes]) -> int:
        """One member; how many lines it had. Large ones wait in a file nobody else may read."""
        digest, size, count = sha256(), 0, 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
            for part in parts:
                spool.write(part)
                digest.update(part)
                size, count = size + len(part), count + 1
            spool.seek(0)
            info = tarfile.TarInfo(name)
            info.size = size
            self.tar.addfile(info, cast("IO[bytes]", spool))
        self.members.append(Member(name=name, size=size, sha256=digest.hexdigest()))
        return count


def create(source: Source, out: Path, recipient: Recipient) -> Checked:
    """Write the backup, read it back, and have it under its name only when it is whole."""
    if out.exists():
        raise Conflict("backup.exists", Text(f"{out} 已存在，不覆盖。", f"{out} exists and is not replaced."))
    draft, remembering = out.with_name(out.name + ".part"), Remembering(recipient)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(source, file, remembering)
            file.flush()
            os.fsync(file.fileno())
        reach("backup.written")
        checked = verify(draft, remembering)
        draft.replace(out)
    except (YinxinError, OSError):
        draft.unlink(missing_ok=True)  # half a backup is none
        raise
    return checked


def _write(source: Source, file: BinaryIO, recipient: Recipient) -> None:
    kek = _kek(source)
    head = {"created_at": source.clock.now().isoformat(), "kek": kek.model_dump() if kek else None}
    sealer = Sealer(file, KIND, recipient, source.ids, head)
    with tarfile.open(fileobj=cast("IO[bytes]", sealer), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        packer = _Packer(tar)
        leaves = _ledger(source, packer)
        with rows.snapshot(source.db) as connection:
            counts = {table.name: _table(connection, packer, table.name) for table in rows.tables()}
            keys = _keys(connection)
            audited = connection.scalar(select(func.count()).select_from(AuditRow)) or 0
        for name in source.storage.list(""):
            if not name.startswith("probe/"):
                packer.add(f"objects/{name}", [source.storage.open(name)])
        records, chain = _journal(source, packer)
        packer.add("settings.json", [_settings(source.settings)])
        manifest = Manifest(
            program=version("yinxin"),
            revision=schema.current(source.db) or "",
            dialect=source.db.dialect,
            created_at=source.clock.now(),
            members=packer.members,
            rows=counts,
            left_out=sorted(rows.LEFT_OUT),
            kek=kek,
            keys=keys,
            ledger_leaves=leaves,
            audit_rows=audited,
            journal_records=records,
            journal_head=chain,
        )
        octets = manifest.model_dump_json().encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(octets)
        tar.addfile(info, io.BytesIO(octets))
    sealer.close()


def _table(connection: Connection, packer: _Packer, name: str) -> int:
    table = next(one for one in rows.tables() if one.name == name)
    return packer.add(f"tables/{name}.jsonl", rows.lines(connection, table)) - 1


def _keys(connection: Connection) -> dict[str, int]:
    query = select(func.coalesce(HsmKey.backend, "software"), func.count()).group_by(HsmKey.backend)
    return {str(backend): int(count) for backend, count in connection.execute(query)}


def _kek(source: Source) -> KekNeeded | None:
    with source.db.read() as session:
        row = session.get(HsmKek, 1)
    if row is None:
        return None
    where = str(source.settings.kek_file) if row.method == "file" else row.method
    return KekNeeded(method=row.method, fingerprint=sha256(row.check_value).hexdigest(), where=where)


def _ledger(source: Source, packer: _Packer) -> int:
    """Notes first: they never speak of leaves that are written later than themselves."""
    folder, found = source.settings.checkpoint_dir, {}
    for name in (NOTES, LEAVES):
        path = folder / name
        found[name] = path.read_bytes() if path.exists() else b""
    leaves = found[LEAVES][: len(found[LEAVES]) // 32 * 32]
    packer.add(f"ledger/{NOTES}", [found[NOTES]])
    packer.add(f"ledger/{LEAVES}", [leaves])
    return len(leaves) // 32


def _journal(source: Source, packer: _Packer) -> tuple[int, str]:
    """The signer may be writing: each file is taken to its last whole line, and the chain is checked."""
    folder, records, head = source.settings.journal_dir, 0, ""
    if not folder.is_dir():
        return 0, ""
    with tempfile.TemporaryDirectory() as copy:
        for path in segments(folder):
            octets = path.read_bytes()
            whole = octets[: octets.rfind(b"\n") + 1]
            (Path(copy) / path.name).write_bytes(whole)
            packer.add(f"journal/{path.name}", [whole])
        for record in read_all(Path(copy)):
            records, head = record.seq, record.hash
    return records, head


def _settings(settings: Settings) -> bytes:
    """As `yinxin settings show` prints them: secrets are stars."""
    return json.dumps(settings.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
