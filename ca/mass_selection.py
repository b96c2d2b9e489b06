"""Choosing the certificates of a mass revocation (选定批量撤销范围): by serials, by key, or by profile, CA and time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, insert, literal, select
from sqlalchemy.orm import Session

from ca.errors import MassRevocationUnknown
from ca.models import CaCertificate, State
from ca.profiles import ROOT
from ca.reading.crl import Reason
from ca.revocation_models import CaMassItem, CaMassRevocation, MassState
from ca.revocations import check_invalidity, check_reason
from ca.room import CaRoom
from ca.search import scope
from foundation.errors import FieldFault, InvalidInput
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text

MOST_SERIALS = 100_000
_AT_ONCE = 500
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Selection:
    """All that is given must hold. Serials go with their CA."""

    authority: str | None = None
    serials: tuple[int, ...] = ()
    key_hash: str | None = None
    """SHA-256 of the SubjectPublicKeyInfo, in hexadecimal."""
    profile: str | None = None
    issued_from: datetime | None = None
    issued_before: datetime | None = None

    def as_json(self) -> str:
        """For the record: what was asked for, a long list of serials as its length."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        told["serials"] = len(self.serials)
        return json.dumps(told, default=str, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Progress:
    id: UUID
    state: str
    requested_by: str
    approved_by: str | None
    selection: str
    reason: Reason
    total: int
    position: int
    revoked: int
    standing: int
    refused: int
    created_at: datetime
    finished_at: datetime | None


def prepare(
    room: CaRoom, principal: Principal, selection: Selection, reason: Reason, invalidity: datetime | None = None
) -> Progress:
    """Freeze the set, tell how many it holds, and wait for approval."""
    principal.require(Permission.CA_REVOKE)
    now = room.ground.clock.now().replace(microsecond=0)
    check_reason(reason)
    check_invalidity(invalidity, now)
    _check(selection)
    job = CaMassRevocation(
        id=room.ground.ids.uuid7(),
        requested_by=principal.label,
        selection=selection.as_json(),
        reason=int(reason),
        invalidity=invalidity,
        state=MassState.PREPARED,
        total=0,
        position=0,
        revoked=0,
        standing=0,
        refused=0,
        created_at=now,
    )
    with room.ground.db.begin() as session:
        session.add(job)
        session.flush()
        job.total = _freeze(session, principal, job.id, selection, now)
        if not job.total:
            raise InvalidInput(
                "ca.mass_empty",
                Text("没有符合条件的证书，请检查条件。", "No certificate is meant by this. Check what you gave."),
            )
        room.ground.audit.record(
            session,
            principal,
            action="ca.revoke_many.prepare",
            object=f"mass-revocation:{job.id}",
            payload={"selection": job.selection, "reason": reason.name.lower(), "total": job.total},
        )
    return _progress(job)


def progress(room: CaRoom, principal: Principal, job_id: UUID) -> Progress:
    with room.ground.db.read() as session:
        job = session.scalars(
            select(CaMassRevocation).where(CaMassRevocation.id == job_id, *_of(principal))
        ).one_or_none()
    if job is None:
        raise MassRevocationUnknown
    return _progress(job)


def recent(room: CaRoom, principal: Principal, limit: int = 50) -> list[Progress]:
    query = select(CaMassRevocation).where(*_of(principal)).order_by(CaMassRevocation.created_at.desc()).limit(limit)
    with room.ground.db.read() as session:
        return [_progress(job) for job in session.scalars(query)]


def refusals(room: CaRoom, job_id: UUID) -> list[tuple[UUID, str]]:
    """What could not be revoked, and the code that says why."""
    query = select(CaMassItem.certificate_id, CaMassItem.outcome).where(
        CaMassItem.job_id == job_id, CaMassItem.outcome.not_in(("revoked", "standing"))
    )
    with room.ground.db.read() as session:
        return [(certificate, code or "") for certificate, code in session.execute(query.limit(1000))]


def _of(principal: Principal) -> list[ColumnElement[bool]]:
    """A program sees its own; those who run the CA see all."""
    return [CaMassRevocation.requested_by == principal.label] if principal.kind is Kind.CLIENT else []


def _check(selection: Selection) -> None:
    if selection.serials and selection.authority is None:
        _refuse("/authority", "请指明这些序列号属于哪个 CA", "say which CA these serial numbers are of")
    if len(selection.serials) > MOST_SERIALS:
        _refuse("/serials", f"一次最多 {MOST_SERIALS} 个", f"{MOST_SERIALS} at most; make several")
    if not any((selection.serials, selection.key_hash, selection.profile, selection.issued_from)):
        _refuse("/", "请给出序列号、密钥、模板或签发时间", "give serials, a key, a profile or a time of issue")


def _refuse(pointer: str, zh: str, en: str) -> None:
    raise InvalidInput(
        "ca.mass_selection",
        Text("批量撤销的范围不完整。", "What this mass revocation is about is not complete."),
        faults=(FieldFault(pointer, Text(zh, en)),),
    )


def _freeze(session: Session, principal: Principal, job: UUID, selection: Selection, now: datetime) -> int:
    if selection.serials:
        return _freeze_listed(session, principal, job, selection)
    chosen = select(literal(job, Uuid), func.row_number().over(order_by=CaCertificate.id), CaCertificate.id).where(
        *_conditions(principal, selection), CaCertificate.not_after >= now
    )
    session.execute(insert(CaMassItem).from_select(["job_id", "position", "certificate_id"], chosen))
    return session.scalar(select(func.count()).where(CaMassItem.job_id == job)) or 0


def _conditions(principal: Principal, selection: Selection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        scope(principal),
        CaCertificate.state != State.RECORDED,
        CaCertificate.profile != ROOT.name,
    ]
    if selection.authority is not None:
        found.append(CaCertificate.authority == selection.authority)
    if selection.key_hash is not None:
        found.append(CaCertificate.key_hash == selection.key_hash)
    if selection.profile is not None:
        found.append(CaCertificate.profile == selection.profile)
    if selection.issued_from is not None:
        found.append(CaCertificate.not_before >= selection.issued_from)
    if selection.issued_before is not None:
        found.append(CaCertificate.not_before < selection.issued_before)
    return found


def _freeze_listed(session: Session, principal: Principal, job: UUID, selection: Selection) -> int:
    """Every serial must be one of ours: a slip in a list of thousands is told now, not skipped later."""
    texts = list(dict.fromkeys(f"{serial:x}" for serial in selection.serials))
    conditions, position, unknown = _conditions(principal, selection), 0, []
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        query = select(CaCertificate.serial, CaCertificate.id).where(*conditions, CaCertificate.serial.in_(some))
        found = dict(session.execute(query).all())
        unknown += [text for text in some if text not in found]
        items = [
            {"job_id": job, "position": position + count, "certificate_id": found[text]}
            for count, text in enumerate((text for text in some if text in found), 1)
        ]
        position += len(items)
        if items:
            session.execute(insert(CaMassItem), items)
    if unknown:
        raise InvalidInput(
            "ca.mass_serials",
            Text(
                f"有 {len(unknown)} 个序列号不是该 CA 签发的，未作任何改动。",
                f"{len(unknown)} of the serial numbers are not of certificates of this CA; nothing was changed.",
            ),
            faults=_faults(unknown),
        )
    return position


def _faults(unknown: Sequence[str]) -> tuple[FieldFault, ...]:
    text = Text("不是该 CA 签发的", "not of this CA")
    return tuple(FieldFault(f"/serials/{serial}", text) for serial in unknown[:_MOST_FAULTS])


def _progress(job: CaMassRevocation) -> Progress:
    return Progress(
        job.id,
        job.state,
        job.requested_by,
        job.approved_by,
        job.selection,
        Reason(job.reason),
        job.total,
        job.position,
        job.revoked,
        job.standing,
        job.refused,
        job.created_at,
        job.finished_at,
    )
