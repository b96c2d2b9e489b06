"""What was made for a seal file (制成信息): validity and certificates, for everybody who may see the file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from foundation.principal import Principal
from seal.management import access
from seal.management.models import SealFile
from seal.models import SealRow
from seal.room import SealRoom


@dataclass(frozen=True, slots=True)
class Made:
    valid_from: datetime | None
    valid_until: datetime | None
    certificates: tuple[bytes, ...]
    """DER, SM2 first."""
    esl_sha256: str | None
    ses_version: int


def made(room: SealRoom, principal: Principal, file_ids: Collection[UUID]) -> dict[UUID, Made]:
    """By file; one that was never made is not in it."""
    query = (
        select(SealFile.id, SealRow)
        .join(SealRow, SealRow.code == SealFile.code)
        .where(SealFile.id.in_(list(file_ids)), access.scope(principal))
    )
    with room.ground.db.read() as session:
        return {file_id: _of(row) for file_id, row in session.execute(query)}


def _of(row: SealRow) -> Made:
    held = (row.sm2_certificate, row.rsa_certificate, row.p256_certificate)
    certificates = tuple(one for one in held if one is not None)
    return Made(row.valid_from, row.valid_until, certificates, row.esl_sha256, row.ses_version or 4)
