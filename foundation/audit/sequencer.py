"""The sequencer (定序): gives committed rows their order and grows the tree.

It reads committed rows only, so nothing is lost between commit and sequence; the head row's lock keeps it single.
A row whose MAC fails is still sequenced: leaving it out would hide it, and `yinxin audit verify` names it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.audit.models import AuditHead, AuditNode, AuditRow
from foundation.audit.trail import row_message
from foundation.audit.tree import grow, leaf_hash, root
from foundation.database import Database

BATCH = 1000


def leaf_of(row: AuditRow) -> bytes:
    return leaf_hash(row_message(row) + row.mac)


def head_size(session: Session, *, lock: bool = False) -> int:
    query = select(AuditHead).where(AuditHead.id == 1)
    head = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if head is None:
        if lock:
            session.add(AuditHead(id=1, size=0))
            session.flush()
        return 0
    return head.size


def subtree(session: Session, level: int, position: int) -> bytes:
    node = session.get(AuditNode, (level, position))
    if node is None:
        raise LookupError(f"audit subtree {level}/{position}")
    return node.hash


def sequence(db: Database, *, batch: int = BATCH) -> int:
    """Order one batch of committed rows. Returns how many; call again until 0."""
    with db.begin() as session:
        size = head_size(session, lock=True)
        waiting = session.scalars(
            select(AuditRow).where(AuditRow.seq.is_(None)).order_by(AuditRow.id).limit(batch)
        ).all()
        if not waiting:
            return 0
        for offset, row in enumerate(waiting):
            row.seq = size + offset
        grown, made = grow(size, (leaf_of(row) for row in waiting), lambda lv, ps: subtree(session, lv, ps))
        session.add_all(
            AuditNode(level=level, position=position, hash=value) for (level, position), value in made.items()
        )
        session.get_one(AuditHead, 1).size = grown
        return len(waiting)


def sequence_all(db: Database) -> int:
    total = 0
    while done := sequence(db):
        total += done
    return total


def current_root(session: Session, size: int) -> bytes:
    return root(size, lambda level, position: subtree(session, level, position))
