"""The evidence record of one file (证据记录导出), derived from its trees and their time stamps when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import NotFound
from foundation.text import Text
from hsm.digests import Digest
from seal.longlife.evidence.models import EvidenceDigest, EvidenceFile, EvidenceStamp, EvidenceTree
from seal.longlife.evidence.record import ArchiveStamp, Chain, EvidenceRecord, renewed_leaf
from seal.longlife.evidence.tree import Tree
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class Growth:
    """One chain of a line: its tree, and the stamps over it."""

    row: EvidenceTree
    tree: Tree
    stamps: tuple[EvidenceStamp, ...]

    @property
    def digest(self) -> Digest:
        return Digest(self.row.algorithm)


class NoRecord(NotFound):
    def __init__(self) -> None:
        super().__init__(
            "seal.no_evidence",
            Text(
                "这个文件还没有证据记录；用章次日生成。",
                "There is no evidence record of this file yet. It is made the day after sealing.",
            ),
        )


def record_of(room: SealRoom, sha256: str, line: Digest = Digest.SM3) -> bytes:
    """The record of the file with this SHA-256 (hexadecimal); raises `NoRecord`."""
    with room.ground.db.read() as session:
        file = session.scalar(select(EvidenceFile).where(EvidenceFile.sha256 == sha256))
        if file is None or file.batch_id is None:
            raise NoRecord
        growths = growths_of(session, file.batch_id, line)
        known = digests_of(session, file.id)
    chains = chains_for(growths, known)
    if not chains:
        raise NoRecord
    used = tuple(dict.fromkeys(growth.digest.oid for growth in growths))
    return EvidenceRecord(used, chains).encoded()


def growths_of(session: Session, batch: UUID, line: Digest) -> list[Growth]:
    """The chains of a line, oldest first; a tree that waits for its first stamp is not among them."""
    query = select(EvidenceTree).where(EvidenceTree.batch_id == batch, EvidenceTree.line == line.value)
    found = []
    for row in session.scalars(query.order_by(EvidenceTree.chain)):
        stamps = session.scalars(
            select(EvidenceStamp).where(EvidenceStamp.tree_id == row.id).order_by(EvidenceStamp.position)
        ).all()
        if not stamps:
            break
        digest = Digest(row.algorithm)
        leaves = [row.leaves[at : at + digest.size] for at in range(0, len(row.leaves), digest.size)]
        found.append(Growth(row, Tree(leaves, digest), tuple(stamps)))
    return found


def digests_of(session: Session, file: UUID) -> dict[Digest, bytes]:
    rows = session.scalars(select(EvidenceDigest).where(EvidenceDigest.file_id == file)).all()
    return {Digest(row.algorithm): row.value for row in rows if row.value is not None}


def chains_for(growths: Sequence[Growth], known: dict[Digest, bytes]) -> tuple[Chain, ...]:
    """The chains of one file. A file that was gone when its tree was renewed keeps those it had."""
    chains: tuple[Chain, ...] = ()
    for growth in growths:
        document = known.get(growth.digest)
        if document is None:
            break
        leaf = renewed_leaf(document, chains, growth.digest) if chains else document
        try:
            reduced = growth.tree.reduced(leaf)
        except KeyError:
            break
        first, *later = growth.stamps
        oid = growth.digest.oid
        stamps = (ArchiveStamp(first.token, oid, reduced), *(ArchiveStamp(one.token, oid) for one in later))
        chains = (*chains, Chain.of(stamps))
    return chains
