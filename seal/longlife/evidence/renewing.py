"""Renewing evidence records (证据记录续期), RFC 4998 5.2.

Of the time stamp: another over the last one, before its authority's certificate ends or where its signature weakens;
one token for all files of a tree. Of the hash tree: where the digest weakens, every file is read again and a new tree
is built over file and record together. Both judge the old record first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from foundation.errors import YinxinError
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from hsm.digests import Digest
from seal.longlife.evidence import planting
from seal.longlife.evidence.digesting import digests
from seal.longlife.evidence.exporting import Growth, chains_for, digests_of, growths_of
from seal.longlife.evidence.models import EvidenceDigest, EvidenceFile, EvidenceStamp, EvidenceTree
from seal.longlife.evidence.record import EvidenceRecord, renewed_leaf
from seal.room import SealRoom

log = structlog.get_logger("seal")
BEFORE = timedelta(days=90)
MOST = 200
_ORDER = (Digest.SM3, Digest.SHA512, Digest.SHA384, Digest.SHA256)


class RecordCheck(Protocol):
    """Judges a record about a file with these digests before it is stamped anew; raises `ChainBroken`."""

    def __call__(self, record: bytes, known: dict[Digest, bytes]) -> None: ...


def renew(room: SealRoom, check: RecordCheck, *, most: int = MOST) -> int:
    """One round; how many trees got a stamp, or a tree behind them."""
    done = 0
    for tree in _due(room, most):
        try:
            done += _one(room, tree, check)
        except YinxinError as error:
            log.warning("seal.evidence_not_renewed", batch=str(tree.batch_id), line=tree.line, error=error.code)
    return done


def _due(room: SealRoom, most: int) -> list[EvidenceTree]:
    """Newest trees of their line whose newest stamp ends soon, or where something they rest on is called weak."""
    weak = room.ground.settings.seal.evidence_weak
    stamp, later_stamp, later_tree = EvidenceStamp, aliased(EvidenceStamp), aliased(EvidenceTree)
    newer = select(later_stamp.id).where(
        and_(later_stamp.tree_id == stamp.tree_id, later_stamp.position > stamp.position)
    )
    behind = select(later_tree.id).where(
        later_tree.batch_id == EvidenceTree.batch_id,
        later_tree.line == EvidenceTree.line,
        later_tree.chain > EvidenceTree.chain,
    )
    due = or_(
        stamp.ends_at <= room.ground.clock.now() + BEFORE, stamp.suite.in_(weak), EvidenceTree.algorithm.in_(weak)
    )
    query = (
        select(EvidenceTree)
        .join(stamp, stamp.tree_id == EvidenceTree.id)
        .where(due, ~newer.exists(), ~behind.exists())
        .order_by(EvidenceTree.created_at, EvidenceTree.id)
    )
    with room.ground.db.read() as session:
        return list(session.scalars(query.limit(most)))


def _one(room: SealRoom, tree: EvidenceTree, check: RecordCheck) -> bool:
    weak = room.ground.settings.seal.evidence_weak
    with room.ground.db.read() as session:
        growths = growths_of(session, tree.batch_id, Digest(tree.line))
    _judge(room, tree, growths, check)
    if tree.algorithm in weak:
        return _new_tree(room, tree, growths)
    last = growths[-1].stamps[-1]
    if last.suite in weak and planting.suite_for(room, Digest(tree.algorithm)).value == last.suite:
        return False  # there is no other authority to turn to
    return planting.put_stamp(room, tree, last.position + 1, Digest(tree.algorithm).of(last.token))


def _judge(room: SealRoom, tree: EvidenceTree, growths: list[Growth], check: RecordCheck) -> None:
    """The stamps are the same for all files; the record of any one that still has them all shows whether they hold."""
    for files in _files(room, tree.batch_id):
        for file in files:
            with room.ground.db.read() as session:
                known = digests_of(session, file.id)
            chains = chains_for(growths, known)
            if len(chains) == len(growths):
                used = tuple(dict.fromkeys(growth.digest.oid for growth in growths))
                check(EvidenceRecord(used, chains).encoded(), known)
                return


def _files(room: SealRoom, batch: UUID, some: int = 500) -> Iterator[list[EvidenceFile]]:
    after: UUID | None = None
    while True:
        query = select(EvidenceFile).where(
            EvidenceFile.batch_id == batch, *(() if after is None else (EvidenceFile.id > after,))
        )
        with room.ground.db.read() as session:
            found = list(session.scalars(query.order_by(EvidenceFile.id).limit(some)))
        if not found:
            return
        yield found
        after = found[-1].id


# --- a new hash tree -------------------------------------------------------------------------------------------------


def _new_tree(room: SealRoom, tree: EvidenceTree, growths: list[Growth]) -> bool:
    """Killed on the way, the next run reads only the files that have no digest yet."""
    weak = room.ground.settings.seal.evidence_weak
    digest = next((one for one in _ORDER if one.value not in weak), None)
    if digest is None:
        return False
    leaves: list[bytes] = []
    for files in _files(room, tree.batch_id):
        for file in files:
            document = _digested(room, file, digest)
            with room.ground.db.read() as session:
                known = digests_of(session, file.id)
            chains = chains_for(growths, known)
            if document is not None and len(chains) == len(growths):
                leaves.append(renewed_leaf(document, chains, digest))
    if not leaves:
        return False
    line = Digest(tree.line)
    try:
        with room.ground.db.begin() as session:
            session.add(planting.grown(room, tree.batch_id, line, tree.chain + 1, digest, leaves))
            session.flush()
            room.ground.audit.record(
                session,
                SYSTEM,
                action="seal.evidence.replant",
                object=f"seal-evidence:{tree.batch_id}",
                payload={"line": tree.line, "chain": tree.chain + 1, "algorithm": digest.value, "files": len(leaves)},
            )
    except IntegrityError:
        return False
    reach("evidence.replanted")
    return planting.stamp_all(room) > 0


def _digested(room: SealRoom, file: EvidenceFile, digest: Digest) -> bytes | None:
    """From the file as it is now, which must still be the one that was taken in."""
    with room.ground.db.read() as session:
        row = session.scalar(
            select(EvidenceDigest).where(EvidenceDigest.file_id == file.id, EvidenceDigest.algorithm == digest.value)
        )
    if row is not None:
        return row.value
    found = digests(room.ground.storage, file.storage_key, {Digest.SHA256, digest})
    sound = found is not None and found[Digest.SHA256].hex() == file.sha256
    if not sound:
        log.error("seal.evidence_altered", order=str(file.owner), sha256=file.sha256)
    value = found[digest] if found is not None and sound else None
    made = EvidenceDigest(id=room.ground.ids.uuid7(), file_id=file.id, algorithm=digest.value, value=value)
    try:
        with room.ground.db.begin() as session:
            session.add(made)
            session.flush()
            if not sound:
                room.ground.audit.record(
                    session,
                    SYSTEM,
                    action="seal.evidence.altered",
                    object=f"seal-order:{file.owner}",
                    payload={"sha256": file.sha256},
                )
    except IntegrityError:
        return value  # another worker read the same file at the same time
    reach("evidence.digested")
    return value
