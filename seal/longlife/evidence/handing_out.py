"""Handing out evidence records (证据记录下载): to whoever may have the sealed file, and on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from foundation.errors import NotFound
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text
from hsm.digests import Digest, sha256
from seal.longlife.evidence.exporting import record_of
from seal.longlife.evidence.models import EvidenceFile
from seal.models import SealOrder
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class Handed:
    """`file_sha256` says which form of the file the record is about."""

    record: bytes = field(repr=False)
    file_sha256: str


def for_order(
    room: SealRoom, principal: Principal, order_id: UUID, line: Digest, file_sha256: str | None = None
) -> Handed:
    """Of an order of the caller's department: the given form of its file, or the newest that has a record."""
    principal.require(Permission.SEAL_READ)
    with room.ground.db.read() as session:
        order = session.get(SealOrder, order_id)
        if order is None or (principal.kind is not Kind.SYSTEM and order.department != principal.department):
            raise NotFound("seal.order_unknown", Text("没有这个用章编号。", "There is no such order."))
        query = select(EvidenceFile.sha256).where(
            EvidenceFile.owner == order_id,
            EvidenceFile.batch_id.is_not(None),
            *(() if file_sha256 is None else (EvidenceFile.sha256 == file_sha256,)),
        )
        name = session.scalar(query.order_by(EvidenceFile.id.desc()).limit(1))
    handed = Handed(record_of(room, name or "", line), name or "")
    with room.ground.db.begin() as session:
        room.ground.audit.record(
            session,
            principal,
            action="seal.evidence.export",
            object=f"seal-order:{order_id}",
            payload={"line": line.value, "file_sha256": handed.file_sha256},
        )
    return handed


def for_file(room: SealRoom, data: bytes, line: Digest) -> Handed:
    """Of a file that whoever asks has in hand: he who may read it may have the proof of its age."""
    name = sha256(data).hex()
    return Handed(record_of(room, name, line), name)
