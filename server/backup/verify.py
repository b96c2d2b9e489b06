"""Is a backup whole (备份核验)? Not only that it opens: that no key, no list and no audit row is missing in it.

Backups that reported success without the CA key, the list and the audit trail are what this is for (facts: pki 7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ca.crl_names import ListName
from ca.crl_store import kept
from ca.models import CaAuthority, CaCertificate, CaCrl
from foundation.audit.checkpoint import LEAVES, NOTES, parse_note
from foundation.audit.models import AuditHead, AuditRow
from foundation.audit.sequencer import leaf_of
from foundation.database import Base
from hsm.keys import State
from hsm.models import HsmKek, HsmKey, HsmSecret
from hsm.sealed_to import Opens
from hsm.service.segments import read_all
from licence.models import LicenceVersionRow
from server.backup import rows
from server.backup.manifest import BackupDamaged, Manifest
from server.backup.reading import Unpacked, unpacked


@dataclass(frozen=True, slots=True)
class Checked:
    manifest: Manifest
    keys: int
    lists: int
    audit_rows: int
    journal_records: int


def verify(file: Path, secret: Opens) -> Checked:
    """Raises `BackupDamaged` that names what is missing."""
    with unpacked(file, secret, near=file.resolve().parent) as found:
        return check(found)


def check(found: Unpacked) -> Checked:
    _tables(found)
    keys = _keys(found)
    _certificates(found)
    lists = _lists(found)
    _licences(found)
    audited = _audit(found)
    return Checked(found.manifest, keys, lists, audited, _journal(found))


def table_rows(found: Unpacked, model: type[Base]) -> list[dict[str, Any]]:
    """All rows of a table as they were; only asked of those that fit into memory, or read one by one below."""
    return list(rows.decoded(model.__table__, found.lines(model.__tablename__)))  # type: ignore[arg-type]


def _tables(found: Unpacked) -> None:
    wanted = {table.name for table in rows.tables()}
    if missing := sorted(wanted - found.manifest.rows.keys()):
        raise BackupDamaged(f"缺少数据表 {missing[0]}", f"the table {missing[0]} is missing")
    for name, count in found.manifest.rows.items():
        if sum(1 for _ in found.lines(name)) - 1 != count:
            raise BackupDamaged(f"数据表 {name} 行数不符", f"the table {name} has another number of rows")


def _keys(found: Unpacked) -> int:
    """Every key has its wrapped private half unless destroyed; data keys and the reference to the KEK are there."""
    keys = table_rows(found, HsmKey)
    for row in keys:
        if bool(row["wrapped"]) is (row["state"] == State.DESTROYED):
            where = f"{row['name']}#{row['version']}"
            raise BackupDamaged(f"密钥 {where} 没有私钥", f"the key {where} has no private half")
    if keys and (not table_rows(found, HsmKek) or not table_rows(found, HsmSecret) or found.manifest.kek is None):
        raise BackupDamaged("缺少主密钥参照或数据密钥", "the reference to the KEK, or the data keys, are missing")
    names = {row["name"] for row in keys}
    for authority in table_rows(found, CaAuthority):
        if authority["key_name"] and authority["key_name"] not in names:
            raise BackupDamaged(
                f"缺少 CA 密钥 {authority['key_name']}", f"the CA key {authority['key_name']} is missing"
            )
    return len(keys)


def _certificates(found: Unpacked) -> None:
    known = {row["id"] for row in rows.decoded(CaCertificate.__table__, found.lines("ca_certificate"))}  # type: ignore[arg-type]
    for authority in table_rows(found, CaAuthority):
        if authority["certificate_id"] not in known:
            raise BackupDamaged(
                f"缺少 {authority['slug']} 的证书", f"the certificate of {authority['slug']} is missing"
            )


def _lists(found: Unpacked) -> int:
    """The newest full list of every CA, octet for octet."""
    newest: dict[str, tuple[int, str]] = {}
    for row in table_rows(found, CaCrl):
        scope, number, digest = row["authority"], row["number"], row["sha256"]  # the column of `CaCrl.scope`
        if "/" not in scope and digest and number > newest.get(scope, (0, ""))[0]:
            newest[scope] = number, digest
    for scope, (number, digest) in newest.items():
        path = found.folder / "objects" / kept(ListName(scope), number)
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != digest:
            raise BackupDamaged(f"缺少撤销列表 {scope} {number}", f"the list {scope} {number} is missing or altered")
    return len(newest)


def _licences(found: Unpacked) -> None:
    for row in rows.decoded(LicenceVersionRow.__table__, found.lines("licence_version")):  # type: ignore[arg-type]
        for key in (row["pdf_key"], row["ofd_key"]):
            if key and not (found.folder / "objects" / key).is_file():
                raise BackupDamaged(f"缺少证照文件 {key}", f"the licence file {key} is missing")


def _audit(found: Unpacked) -> int:
    """No gap, and row by row the leaves that left the database; notes speak of no row that is not there."""
    leaves: dict[int, bytes] = {}
    total = 0
    for values in rows.decoded(AuditRow.__table__, found.lines("audit_row")):  # type: ignore[arg-type]
        row = AuditRow(**values)
        total += 1
        if row.seq is not None:
            leaves[row.seq] = leaf_of(row)
    size = next((row["size"] for row in table_rows(found, AuditHead)), 0)
    if leaves.keys() != set(range(size)):
        raise BackupDamaged("审计记录有缺口", "rows of the audit trail are missing")
    outside = (found.folder / "ledger" / LEAVES).read_bytes()
    for number in range(len(outside) // 32):
        if leaves.get(number) != outside[number * 32 : number * 32 + 32]:
            raise BackupDamaged(
                f"审计记录第 {number} 条不符", f"audit row {number} is not the one that was sealed outside"
            )
    notes = (found.folder / "ledger" / NOTES).read_text("utf-8")
    if any(parse_note(note).size > size for note in notes.split("\n\n\n") if note.strip()):
        raise BackupDamaged("检查点超出审计记录", "a checkpoint speaks of rows that are not there")
    return total


def _journal(found: Unpacked) -> int:
    records, head = 0, ""
    if any(True for _ in found.names("journal/")):
        for record in read_all(found.folder / "journal"):
            records, head = record.seq, record.hash
    if (records, head) != (found.manifest.journal_records, found.manifest.journal_head):
        raise BackupDamaged("签名日志不完整", "the signer's journal is not whole")
    return records
