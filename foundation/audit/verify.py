"""Proving the trail (审计核验): reads the table and the folder outside it, and names what does not fit.

It trusts neither the stored subtrees nor the checkpoint table: leaves are recomputed from the rows and compared with
the leaf hashes that left the database, roots with the signed notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from foundation.audit.checkpoint import Checkpoint, Ledger, signature_in
from foundation.audit.models import AuditRow
from foundation.audit.sequencer import head_size, leaf_of
from foundation.audit.trail import Audit
from foundation.audit.tree import grow, root
from foundation.database import Database
from foundation.errors import Damaged, YinxinError
from foundation.secrets import CheckpointSigner
from foundation.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    seq: int | None
    row: str | None
    text: Text


@dataclass(frozen=True, slots=True)
class AuditReport:
    rows: int
    waiting: int
    checkpoints: int
    covered: int
    """Rows under the last good checkpoint."""
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def verify(db: Database, audit: Audit, ledger: Ledger, signer: CheckpointSigner) -> AuditReport:
    """Every row, every gap, every checkpoint. One pass over the table; memory is 32 octets a row."""
    faults: list[Fault] = []
    leaves: list[bytes | None] = []
    outside = ledger.leaves()
    waiting = 0
    with db.read() as session:
        for row in session.scalars(
            select(AuditRow).order_by(AuditRow.seq, AuditRow.id).execution_options(yield_per=2000)
        ):
            sound = audit.fits(row)
            if row.seq is None:
                waiting += 1
                if not sound:
                    faults.append(_edited(row))
                continue
            faults += _gap(len(leaves), row.seq)
            leaves += [None] * (row.seq - len(leaves))
            leaves.append(leaf_of(row))
            faults += _judge(row, outside, leaf=leaves[-1], sound=sound)
        had = max(len(outside), head_size(session))
    if len(leaves) < had:
        faults.append(_cut(len(leaves), had))
    notes = ledger.notes()
    faults += _check_notes(notes, leaves, signer)
    return AuditReport(len(leaves) + waiting, waiting, len(notes), notes[-1].size if notes else 0, tuple(faults))


def _judge(row: AuditRow, outside: list[bytes], *, leaf: bytes | None, sound: bool) -> Iterator[Fault]:
    """MAC first, then the leaf that left the database: together they tell edited, swapped and inserted apart."""
    seq = row.seq or 0
    if not sound:
        yield _edited(row)
    elif seq < len(outside) and outside[seq] != leaf:
        if leaf in outside:
            text = Text(
                f"第 {seq} 条与别处互换：它原在第 {outside.index(leaf)} 条。",
                f"Row {seq} was swapped: it belongs at {outside.index(leaf)}.",
            )
            yield Fault("swapped", seq, str(row.id), text)
        else:
            text = Text(
                f"第 {seq} 条与外部留存的摘要不符：被重写或插入。",
                f"Row {seq} differs from the leaf kept outside: rewritten or inserted.",
            )
            yield Fault("inserted", seq, str(row.id), text)


def _edited(row: AuditRow) -> Fault:
    where = f"{row.seq}" if row.seq is not None else "?"
    return Fault(
        "edited",
        row.seq,
        str(row.id),
        Text(
            f"第 {where} 条（{row.id}）内容被改动或伪造，校验码不符。",
            f"Row {where} ({row.id}) was edited or forged: its MAC does not fit.",
        ),
    )


def _gap(expected: int, seq: int) -> Iterator[Fault]:
    for missing in range(expected, seq):
        yield Fault("deleted", missing, None, Text(f"第 {missing} 条被删除。", f"Row {missing} was deleted."))


def _cut(have: int, had: int) -> Fault:
    text = Text(
        f"末尾被截断：现有 {have} 条，外部留存 {had} 条，缺第 {have} 至 {had - 1} 条。",
        f"The tail was cut: {have} rows here, {had} leaves outside; {have} to {had - 1} are missing.",
    )
    return Fault("truncated", have, None, text)


def _check_notes(notes: list[Checkpoint], leaves: list[bytes | None], signer: CheckpointSigner) -> Iterator[Fault]:
    nodes: dict[tuple[int, int], bytes] = {}

    def lookup(level: int, position: int) -> bytes:
        return nodes[level, position]

    size = 0
    for note in notes:
        try:
            _check_signature(note, signer)
        except YinxinError as error:
            yield Fault("checkpoint-signature", note.size, None, error.detail)
            continue
        if note.size < size:
            text = Text(
                f"检查点 {note.size} 小于前一个 {size}。", f"Checkpoint {note.size} is smaller than {size} before it."
            )
            yield Fault("checkpoint-order", note.size, None, text)
            continue
        fresh = leaves[size : note.size]
        known = [leaf for leaf in fresh if leaf is not None]
        if len(known) < note.size - size:
            return  # named as deleted or cut; no later root can be computed
        size, made = grow(size, known, lookup)
        nodes |= made
        if root(size, lookup) != note.root:
            text = Text(
                f"前 {note.size} 条与检查点 {note.size} 的根不符。",
                f"The first {note.size} rows do not give the root of checkpoint {note.size}.",
            )
            yield Fault("checkpoint-root", note.size, None, text)


def _check_signature(note: Checkpoint, signer: CheckpointSigner) -> None:
    signature = signature_in(note.note, signer)
    if signature is None:
        raise Damaged(
            "audit.unsigned",
            Text(
                f"检查点 {note.size} 没有本系统的签名。", f"Checkpoint {note.size} carries no signature of this system."
            ),
        )
    signer.verify(note.body(), signature)
