"""Evidence (证明材料): pictures and PDFs beside an application, sealed, and every look on record.

Each file has a key of its own, kept sealed in its row: the store never deletes, so taking a file back means forgetting
its key. The kind of a file is judged by its octets, never by its name or label (T37, facts: security 3).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.registration import access, content, machine
from ca.registration.errors import RegistrationUnknown
from ca.registration.models import CaRegistration, CaRegistrationEvidence
from ca.registration.policy import Evidence
from ca.registration.room import RegistrationRoom
from ca.registration.states import Step
from foundation.errors import Conflict, Damaged, FieldFault, InvalidInput, TooLarge, Unsupported
from foundation.ground import Ground
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import same
from hsm.errors import BadCiphertext
from hsm.sm4 import NONCE_OCTETS, Aead, lock, unlock

MOST_OCTETS = 5 * 1024 * 1024
MOST_FILES = 10
_TABLE = "ca_registration_evidence"
_MARKS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
MEDIA_TYPES = tuple(media_type for _, media_type in _MARKS)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file as lists show it."""

    id: UUID
    kind: Evidence
    media_type: str
    size: int
    added_at: datetime
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class File:
    media_type: str
    octets: bytes


def sniff(octets: bytes) -> str:
    """PDF, JPEG or PNG by the first octets, nothing else."""
    for mark, media_type in _MARKS:
        if octets.startswith(mark):
            return media_type
    raise Unsupported(
        "ca.registration.evidence_type",
        Text("材料只能是 PDF、JPEG 或 PNG 文件。", "Evidence must be a PDF, JPEG or PNG file."),
        faults=(FieldFault("file", Text("不是 PDF、JPEG 或 PNG。", "Not PDF, JPEG or PNG."), "file"),),
    )


def attach(
    room: RegistrationRoom, principal: Principal, registration_id: UUID, kind: Evidence, name: str, octets: bytes
) -> UUID:
    """Add a file. On an application that was reviewed this is a change, so the review is void."""
    if len(octets) > MOST_OCTETS:
        raise TooLarge(
            "ca.registration.evidence_size",
            Text("单个材料不能超过 5 MB，请压缩后上传。", "One file may have 5 MB at most. Make it smaller."),
        )
    media_type, own, ground = sniff(octets), access.own_index(room, principal), room.ground
    identifier = ground.ids.uuid7()
    with ground.db.read() as session:
        _check(session, access.load(session, principal, own, registration_id), principal, own)
    key, place = seal_file(ground, f"ca/registration/{registration_id}/{identifier}", octets, str(identifier))
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        _check(session, row, principal, own)
        if len(content.attached(session, row)) >= MOST_FILES:
            raise Conflict(
                "ca.registration.evidence_count",
                Text(f"一份申请最多 {MOST_FILES} 个材料。", f"An application takes {MOST_FILES} files at most."),
            )
        session.add(
            CaRegistrationEvidence(
                id=identifier,
                registration_id=row.id,
                kind=kind,
                name=ground.cipher.encrypt(_TABLE, "name", identifier, name[:200] or "file"),
                media_type=media_type,
                size=len(octets),
                mac=ground.mac.mac("ca.registration.evidence", octets),
                object_key=place,
                data_key=ground.cipher.encrypt(_TABLE, "data_key", identifier, key),
                added_by=principal.label,
                added_at=ground.clock.now(),
            )
        )
        machine.move(ground, session, row, principal, machine.way(row, Step.CHANGE), asker=True)
    return identifier


def remove(room: RegistrationRoom, principal: Principal, registration_id: UUID, evidence_id: UUID) -> None:
    """Take a file back: its key is forgotten, and with it the file."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id, lock=True)
        _check(session, row, principal, own)
        piece = _piece(session, row, evidence_id)
        piece.removed_at, piece.data_key = ground.clock.now(), None
        machine.move(ground, session, row, principal, machine.way(row, Step.CHANGE), asker=True)


def pieces(room: RegistrationRoom, principal: Principal, registration_id: UUID) -> list[Piece]:
    """Which files there are; their names are for the applicant's side and the reviewers only."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.read() as session:
        row = access.load(session, principal, own, registration_id)
        clear = access.reviews(principal) or access.asks(row, principal, own)
        return [
            Piece(
                one.id,
                Evidence(one.kind),
                one.media_type,
                one.size,
                one.added_at,
                ground.cipher.decrypt(_TABLE, "name", one.id, one.name) if clear else "",
            )
            for one in content.attached(session, row)
        ]


def look(room: RegistrationRoom, principal: Principal, registration_id: UUID, evidence_id: UUID) -> File:
    """The file itself, for the applicant's side and the reviewers. The look is on record before the file is shown."""
    own, ground = access.own_index(room, principal), room.ground
    with ground.db.begin() as session:
        row = access.load(session, principal, own, registration_id)
        if not (access.reviews(principal) or access.asks(row, principal, own)):
            raise RegistrationUnknown
        piece = _piece(session, row, evidence_id)
        ground.audit.record(
            session,
            principal,
            action="ca.registration.look",
            object=f"registration:{row.id}",
            payload={"evidence": str(piece.id)},
        )
    key = ground.cipher.decrypt(_TABLE, "data_key", piece.id, piece.data_key or "")
    octets = open_file(ground, piece.object_key, key, str(piece.id))
    if not same(ground.mac.mac("ca.registration.evidence", octets), piece.mac):
        raise _damaged()
    return File(piece.media_type, octets)


def _check(session: Session, row: CaRegistration, principal: Principal, own: str | None) -> None:
    access.check(session, row, principal, own, machine.way(row, Step.CHANGE))


def _piece(session: Session, row: CaRegistration, evidence_id: UUID) -> CaRegistrationEvidence:
    found = session.scalars(
        select(CaRegistrationEvidence).where(
            CaRegistrationEvidence.id == evidence_id,
            CaRegistrationEvidence.registration_id == row.id,
            CaRegistrationEvidence.removed_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise RegistrationUnknown
    return found


# --- sealed files, also used for bulk tables -------------------------------------------------------------------------


def seal_file(ground: Ground, place: str, octets: bytes, bound: str) -> tuple[str, str]:
    """Store `octets` under a fresh key; returns the key (to be sealed into the row) and the place."""
    key, nonce = ground.ids.random(Aead.SM4_GCM.key_octets), ground.ids.random(NONCE_OCTETS)
    ground.storage.put_new(place, nonce + lock(Aead.SM4_GCM, key, nonce, octets, bound.encode()))
    return base64.b64encode(key).decode(), place


def open_file(ground: Ground, place: str, key: str, bound: str) -> bytes:
    stored = ground.storage.open(place)
    try:
        nonce, sealed = stored[:NONCE_OCTETS], stored[NONCE_OCTETS:]
        return unlock(Aead.SM4_GCM, base64.b64decode(key), nonce, sealed, bound.encode())
    except (BadCiphertext, ValueError) as error:
        raise _damaged() from error


def _damaged() -> Damaged:
    return Damaged(
        "ca.registration.evidence_damaged",
        Text("材料文件未通过完整性校验，请重新上传。", "The file fails its integrity check. Upload it again."),
    )


def missing(kind: frozenset[Evidence]) -> InvalidInput:
    names = "、".join(sorted(kind))
    return InvalidInput(
        "ca.registration.evidence_missing",
        Text(f"请先上传证明材料（任一）：{names}。", f"Attach evidence first, any of: {', '.join(sorted(kind))}."),
    )
