"""Signed checkpoints (检查点) in the C2SP tlog-checkpoint form, written outside the database with the leaf hashes.

The folder holds `leaves` (32 octets each, append-only) and `checkpoints` (signed notes, append-only). A checkpoint
smaller than the last one is never signed: that would bless a table rolled back to yesterday.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from foundation.audit.models import AuditCheckpoint, AuditRow
from foundation.audit.sequencer import current_root, head_size, leaf_of
from foundation.clock import Clock
from foundation.database import Database
from foundation.errors import Damaged
from foundation.secrets import CheckpointSigner
from foundation.text import Text

LEAVES, NOTES = "leaves", "checkpoints"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes
    note: str

    def body(self) -> bytes:
        return body(self.origin, self.size, self.root)


def body(origin: str, size: int, root: bytes) -> bytes:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def parse_note(note: str) -> Checkpoint:
    """The three lines of a checkpoint; the signature lines follow a blank one."""
    try:
        text, _ = note.split("\n\n", 1)
        origin, size, root = text.split("\n")
        return Checkpoint(origin, int(size), base64.b64decode(root, validate=True), note)
    except ValueError as error:
        raise Damaged("audit.note", Text("检查点文件格式损坏。", "A checkpoint note is malformed.")) from error


def signature_in(note: str, signer: CheckpointSigner) -> bytes | None:
    """The signature of `signer` in the note, matched by name and key id; None when it did not sign."""
    for line in note.split("\n\n", 1)[1].splitlines():
        dash, name, blob = [*line.split(" "), "", ""][:3]
        raw = base64.b64decode(blob)
        if dash == "\u2014" and name == signer.name and raw[:4] == signer.key_id:
            return raw[4:]
    return None


class Ledger:
    """The two append-only files of one checkpoint folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def leaf_count(self) -> int:
        path = self.folder / LEAVES
        return path.stat().st_size // 32 if path.exists() else 0

    def leaves(self) -> list[bytes]:
        path = self.folder / LEAVES
        data = path.read_bytes() if path.exists() else b""
        return [data[at : at + 32] for at in range(0, len(data) - len(data) % 32, 32)]

    def notes(self) -> list[Checkpoint]:
        path = self.folder / NOTES
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [parse_note(part) for part in text.split("\n\n\n") if part.strip()]

    def append(self, leaves: list[bytes], note: str) -> None:
        """Leaves first: a note must never speak of leaves that are not there."""
        self._write(LEAVES, b"".join(leaves), at=self.leaf_count() * 32)
        self._write(NOTES, note.encode() + b"\n\n")

    def _write(self, name: str, data: bytes, at: int | None = None) -> None:
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT, 0o640)
        try:
            if at is not None:
                os.ftruncate(handle, at)  # half a leaf from a crash is cut off
            os.lseek(handle, 0, os.SEEK_END)
            os.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)


def publish(db: Database, ledger: Ledger, signer: CheckpointSigner, clock: Clock) -> Checkpoint | None:
    """Sign and write out the present tree; None when nothing is new."""
    notes = ledger.notes()
    last = notes[-1].size if notes else 0
    with db.read() as session:
        size = head_size(session)
        if size == last:
            return None
        if size < last:
            raise Damaged(
                "audit.rolled_back",
                Text(
                    f"审计表只有 {size} 条，而检查点已记到 {last} 条：数据库被回退或截断，请先核查备份。",
                    f"The audit table holds {size} rows, a checkpoint covers {last}: it was rolled back or cut.",
                ),
            )
        root = current_root(session, size)
        fresh = session.scalars(
            select(AuditRow).where(AuditRow.seq >= ledger.leaf_count(), AuditRow.seq < size).order_by(AuditRow.seq)
        ).all()
        leaves = [leaf_of(row) for row in fresh]
    text = body(signer.name, size, root)
    signature = base64.b64encode(signer.key_id + signer.sign(text)).decode()
    note = f"{text.decode()}\n\u2014 {signer.name} {signature}\n"
    ledger.append(leaves, note)
    with db.begin() as session:
        session.merge(AuditCheckpoint(size=size, root=root, at=clock.now(), note=note))
    return Checkpoint(signer.name, size, root, note)
