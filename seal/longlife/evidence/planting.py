"""Trees over the files of a day (归档建树), and the first time stamp over each.

The tree is committed before its root is signed (prepare, record, sign, store): killed in between, the next run stamps
the tree that stands there. Of two workers the first one's rows count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca import timestamps
from ca.reading import read_token
from ca.suites import Suite
from foundation.errors import Damaged
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from foundation.text import Text
from hsm.digests import Digest
from seal.longlife.evidence.collecting import day_of, lines
from seal.longlife.evidence.models import EvidenceBatch, EvidenceDigest, EvidenceFile, EvidenceStamp, EvidenceTree
from seal.longlife.evidence.tree import Tree
from seal.longlife.evidence.vouching import lists, with_lists
from seal.room import SealRoom

MOST_FILES = 16_384
"""Of one tree: so many digests are half a megabyte, and a record is derived from them in milliseconds."""
MOST_TREES = 200


class _First(Exception):  # noqa: N818 - never leaves this module
    """Another worker was."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    day: date
    files: tuple[UUID, ...]


def plant(room: SealRoom) -> int:
    """Batches made of the days that are over."""
    made = 0
    for waiting in _waiting(room):
        made += _batch(room, waiting)
        reach("evidence.planted")
    return made


def _waiting(room: SealRoom) -> list[_Waiting]:
    today = day_of(room.ground.clock.now())
    loose = (EvidenceFile.batch_id.is_(None), EvidenceFile.altered.is_(False))
    with room.ground.db.read() as session:
        days = session.scalars(select(EvidenceFile.day).where(*loose, EvidenceFile.day < today).distinct()).all()
        return [
            _Waiting(
                day,
                tuple(
                    session.scalars(
                        select(EvidenceFile.id)
                        .where(*loose, EvidenceFile.day == day)
                        .order_by(EvidenceFile.id)
                        .limit(MOST_FILES)
                    )
                ),
            )
            for day in sorted(days)
        ]


def _batch(room: SealRoom, waiting: _Waiting) -> bool:
    ground = room.ground
    try:
        with ground.db.begin() as session:
            known = select(func.max(EvidenceBatch.part)).where(EvidenceBatch.day == waiting.day)
            part = (session.scalar(known) or 0) + 1
            batch = EvidenceBatch(
                id=ground.ids.uuid7(), day=waiting.day, part=part, files=len(waiting.files),
                created_at=ground.clock.now(),
            )  # fmt: skip
            session.add(batch)
            session.flush()
            _claim(session, waiting.files, batch.id)
            for line in lines(room):
                session.add(grown(room, batch.id, line, 0, line, _leaves(session, batch.id, line)))
            ground.audit.record(
                session,
                SYSTEM,
                action="seal.evidence.plant",
                object=f"seal-evidence:{batch.id}",
                payload={"day": waiting.day.isoformat(), "part": part, "files": len(waiting.files)},
            )
    except (IntegrityError, _First):
        return False
    return True


def _claim(session: Session, files: tuple[UUID, ...], batch: UUID) -> None:
    for at in range(0, len(files), 500):
        some = files[at : at + 500]
        claimed = session.execute(
            update(EvidenceFile)
            .where(EvidenceFile.id.in_(some), EvidenceFile.batch_id.is_(None))
            .values(batch_id=batch)
            .returning(EvidenceFile.id)
        ).all()
        if len(claimed) != len(some):
            raise _First


def _leaves(session: Session, batch: UUID, digest: Digest) -> list[bytes]:
    query = (
        select(EvidenceDigest.value)
        .join(EvidenceFile, EvidenceFile.id == EvidenceDigest.file_id)
        .where(EvidenceFile.batch_id == batch, EvidenceDigest.algorithm == digest.value)
    )
    return [value for value in session.scalars(query) if value is not None]


def grown(room: SealRoom, batch: UUID, line: Digest, chain: int, digest: Digest, leaves: list[bytes]) -> EvidenceTree:
    tree = Tree(leaves, digest)
    return EvidenceTree(
        id=room.ground.ids.uuid7(), batch_id=batch, line=line.value, chain=chain, algorithm=digest.value,
        leaves=b"".join(tree.leaves), root=tree.root, created_at=room.ground.clock.now(),
    )  # fmt: skip


# --- time stamps -----------------------------------------------------------------------------------------------------


def stamp_all(room: SealRoom, *, most: int = MOST_TREES) -> int:
    """The first time stamp over every tree that has none."""
    stamped = select(EvidenceStamp.id).where(EvidenceStamp.tree_id == EvidenceTree.id)
    query = select(EvidenceTree).where(~stamped.exists()).order_by(EvidenceTree.created_at, EvidenceTree.id)
    with room.ground.db.read() as session:
        waiting = session.scalars(query.limit(most)).all()
    return sum(put_stamp(room, tree, 0, tree.root) for tree in waiting)


def suite_for(room: SealRoom, digest: Digest) -> Suite:
    """Whose authority stamps it: SM2 for SM3, RSA for the others, the other one where the setting calls one weak."""
    weak = room.ground.settings.seal.evidence_weak
    first, second = (Suite.SM2, Suite.RSA) if digest is Digest.SM3 else (Suite.RSA, Suite.SM2)
    return second if first.value in weak else first


def put_stamp(room: SealRoom, tree: EvidenceTree, position: int, imprint: bytes) -> bool:
    """False when another worker was first, whose stamp then counts."""
    digest = Digest(tree.algorithm)
    suite = suite_for(room, digest)
    token = with_lists(timestamps.token(room.ca, suite, digest, imprint), lists(room.ca))
    read = read_token(token)
    authority = read.signer_certificate()
    if authority is None or read.info.imprint != imprint or read.info.digest is not digest:
        raise Damaged(
            "seal.evidence_other_stamp",
            Text("时间戳内容与请求不符，未采用。", "The time stamp is not about what was asked, and was not used."),
        )
    reach("evidence.signed")
    row = EvidenceStamp(
        id=room.ground.ids.uuid7(), tree_id=tree.id, position=position, suite=suite.value, token=token,
        time=read.info.time, ends_at=authority.not_after,
    )  # fmt: skip
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            session.flush()
            room.ground.audit.record(
                session,
                SYSTEM,
                action="seal.evidence.stamp" if not position else "seal.evidence.renew",
                object=f"seal-evidence:{tree.batch_id}",
                payload={"line": tree.line, "chain": tree.chain, "position": position, "suite": suite.value},
            )
    except IntegrityError:
        return False
    reach("evidence.stamped")
    return True
