"""Seals of others (外来印章): read within bounds, judged over their original octets, kept with the verdict.

A foreign seal is evidence, never a tool: nothing here can stamp with it, for its key is not ours. The shape of the
structure decides its generation (facts: standards 2.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ca.reading import read_certificate
from foundation.der import DerError
from foundation.errors import Damaged
from foundation.principal import Principal
from foundation.text import Text
from hsm.digests import sha256
from seal.exchange.errors import ForeignUnknown, NotASeal, OwnSeal, TooManyForeign
from seal.exchange.judging import Verdict
from seal.exchange.models import ForeignSealRow
from seal.exchange.room import ExchangeRoom
from seal.models import SealRow
from seal.ses import Seal, read_seal

MOST_OCTETS = 2 * 1024 * 1024
MOST_KEPT = 2_000
"""Of one department."""
_TABLE, _COLUMN = "seal_foreign", "facts"


@dataclass(frozen=True, slots=True)
class ForeignSeal:
    id: UUID
    sha256: str
    standard: str
    code: str
    name: str
    maker: str
    valid_from: datetime
    valid_until: datetime
    verdict: Verdict
    judged_at: datetime


def import_seal(room: ExchangeRoom, principal: Principal, data: bytes) -> ForeignSeal:
    """Keep the SESeal in `data` for the caller's department; the same file again answers the same record."""
    department = _department(principal)
    seal = _read(data)
    name = sha256(data).hex()
    known = _known(room, department, name)
    if known is not None:
        return _foreign(room, known)
    if _is_ours(room, name):
        raise OwnSeal
    verdict = room.judge(data)
    room.seal.ground.storage.put_new(_key(name), data)  # the file first: a row must never point at nothing
    try:
        row = _record(room, principal, department, seal, name, verdict)
    except IntegrityError:
        first = _known(room, department, name)  # another process was first
        if first is None:
            raise
        row = first
    return _foreign(room, row)


def foreign_seals(room: ExchangeRoom, principal: Principal) -> list[ForeignSeal]:
    """What the caller's department handed in, newest first."""
    query = (
        select(ForeignSealRow)
        .where(ForeignSealRow.department == _department(principal))
        .order_by(ForeignSealRow.judged_at.desc(), ForeignSealRow.id)
    )
    with room.seal.ground.db.read() as session:
        rows = session.scalars(query.limit(MOST_KEPT)).all()
    return [_foreign(room, row) for row in rows]


def foreign_seal(room: ExchangeRoom, principal: Principal, foreign_id: UUID) -> ForeignSeal:
    return _foreign(room, _row(room, principal, foreign_id))


def foreign_file(room: ExchangeRoom, principal: Principal, foreign_id: UUID) -> bytes:
    """The original octets, compared with their hash."""
    row = _row(room, principal, foreign_id)
    data = room.seal.ground.storage.open(_key(row.sha256))
    if sha256(data).hex() != row.sha256:
        raise Damaged(
            "seal.file_damaged",
            Text(
                "外来印章的文件与登记的摘要不符，请从备份恢复。",
                "The file of this foreign seal does not match its recorded digest. Restore it from a backup.",
            ),
        )
    return data


def _department(principal: Principal) -> str:
    if principal.department is None:
        raise ForeignUnknown
    return principal.department


def _read(data: bytes) -> Seal:
    if len(data) > MOST_OCTETS:
        raise NotASeal(f"> {MOST_OCTETS // 1024 // 1024} MiB")
    try:
        seal = read_seal(data)
        read_certificate(seal.maker_certificate)
    except DerError as error:
        raise NotASeal(error.detail.en) from error
    return seal


def _is_ours(room: ExchangeRoom, name: str) -> bool:
    with room.seal.ground.db.read() as session:
        return session.scalar(select(func.count()).where(SealRow.esl_sha256 == name)) != 0


def _known(room: ExchangeRoom, department: str, name: str) -> ForeignSealRow | None:
    query = select(ForeignSealRow).where(ForeignSealRow.department == department, ForeignSealRow.sha256 == name)
    with room.seal.ground.db.read() as session:
        return session.scalars(query).one_or_none()


def _row(room: ExchangeRoom, principal: Principal, foreign_id: UUID) -> ForeignSealRow:
    with room.seal.ground.db.read() as session:
        row = session.get(ForeignSealRow, foreign_id)
    if row is None or row.department != principal.department:
        raise ForeignUnknown
    return row


def _record(
    room: ExchangeRoom, principal: Principal, department: str, seal: Seal, name: str, verdict: Verdict
) -> ForeignSealRow:
    ground = room.seal.ground
    identifier = ground.ids.uuid7()
    facts = {
        "code": seal.es_id,
        "name": seal.name,
        "maker": read_certificate(seal.maker_certificate).subject.common_name or "",
    }
    row = ForeignSealRow(
        id=identifier,
        department=department,
        sha256=name,
        size=len(seal.raw),
        standard=seal.standard.value,
        facts=ground.cipher.encrypt(_TABLE, _COLUMN, identifier, json.dumps(facts, ensure_ascii=False)),
        valid_from=seal.valid_from,
        valid_until=seal.valid_until,
        verdict=verdict.verdict,
        findings=json.dumps(verdict.findings),
        judged_at=ground.clock.now(),
        imported_by=principal.label,
    )
    with ground.db.begin() as session:
        if (session.scalar(select(func.count()).where(ForeignSealRow.department == department)) or 0) >= MOST_KEPT:
            raise TooManyForeign(MOST_KEPT)
        session.add(row)
        ground.audit.record(
            session,
            principal,
            action="seal.foreign.import",
            object=f"seal-foreign:{identifier}",
            payload={"sha256": name, "standard": row.standard, "verdict": row.verdict},
        )
    return row


def _foreign(room: ExchangeRoom, row: ForeignSealRow) -> ForeignSeal:
    facts = json.loads(room.seal.ground.cipher.decrypt(_TABLE, _COLUMN, row.id, row.facts))
    return ForeignSeal(
        id=row.id,
        sha256=row.sha256,
        standard=row.standard,
        code=facts["code"],
        name=facts["name"],
        maker=facts["maker"],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        verdict=Verdict(row.verdict, tuple(json.loads(row.findings))),
        judged_at=row.judged_at,
    )


def _key(name: str) -> str:
    return f"seals/foreign/{name}.esl"
