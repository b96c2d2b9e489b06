"""Mass revocation (批量撤销): prepared, approved by another person, then carried out in small transactions.

The set of certificates is frozen when it is prepared, so what was approved is what happens. Each transaction revokes
one chunk and says how far it is: killed anywhere, it goes on after the last chunk; done twice, it changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from ca.errors import MassRevocationUnknown
from ca.models import CaCertificate, CaRevocation
from ca.reading.crl import Reason
from ca.revocation_models import CaMassItem, CaMassRevocation, MassState
from ca.revocations import check_row, enter, forget_stale, supersedes
from ca.room import CaRoom
from foundation.errors import Conflict, Forbidden, YinxinError
from foundation.failpoints import reach
from foundation.principal import Kind, Permission, Principal
from foundation.text import Text

log = structlog.get_logger("ca")
JOB = "ca.revoke-many"
CHUNK = 500
REVOKED, STANDING = "revoked", "standing"
_NEEDED = (
    CaCertificate.authority,
    CaCertificate.serial,
    CaCertificate.state,
    CaCertificate.profile,
    CaCertificate.not_after,
    CaCertificate.shard,
)


def approve(room: CaRoom, principal: Principal, job_id: UUID) -> None:
    """Let it begin. Whoever asked for it may not, nor may a program: a second person means a person.

    On the host itself (command line) there is nobody else to ask.
    """
    principal.require(Permission.CA_REVOKE)
    if principal.kind not in (Kind.OFFICIAL, Kind.SYSTEM):
        raise Forbidden(
            "ca.persons_only",
            Text("批量撤销须由人员批准，程序不能批准。", "A person approves a mass revocation, never a program."),
        )
    with room.ground.db.begin() as session:
        row = _locked(session, job_id)
        if row.state != MassState.PREPARED:
            raise Conflict(
                "ca.mass_started",
                Text("该批量撤销已开始或已取消。", "This mass revocation has begun already or was cancelled."),
            )
        if principal.kind is not Kind.SYSTEM and principal.label == row.requested_by:
            raise Forbidden(
                "ca.own_request",
                Text("不能批准自己提出的批量撤销，请由另一人批准。", "Somebody else must approve what you asked for."),
            )
        row.state, row.approved_by, row.started_at = MassState.RUNNING, principal.label, room.ground.clock.now()
        room.ground.jobs.enqueue(session, JOB, str(job_id), {"id": str(job_id)})
        room.ground.audit.record(
            session,
            principal,
            action="ca.revoke_many.approve",
            object=f"mass-revocation:{job_id}",
            payload={"total": row.total, "requested_by": row.requested_by},
        )


def cancel(room: CaRoom, principal: Principal, job_id: UUID) -> None:
    """Before it began, or in the middle: what is revoked stays revoked."""
    principal.require(Permission.CA_REVOKE)
    with room.ground.db.begin() as session:
        row = _locked(session, job_id)
        if principal.kind is Kind.CLIENT and row.requested_by != principal.label:
            raise MassRevocationUnknown
        if row.state in (MassState.DONE, MassState.CANCELLED):
            raise Conflict(
                "ca.mass_over", Text("该批量撤销已结束。", "This mass revocation is over, so it cannot be cancelled.")
            )
        row.state, row.finished_at = MassState.CANCELLED, room.ground.clock.now()
        room.ground.audit.record(
            session,
            principal,
            action="ca.revoke_many.cancel",
            object=f"mass-revocation:{job_id}",
            payload={"revoked": row.revoked, "total": row.total},
        )


def _locked(session: Session, job_id: UUID) -> CaMassRevocation:
    row = session.scalars(select(CaMassRevocation).where(CaMassRevocation.id == job_id).with_for_update()).one_or_none()
    if row is None:
        raise MassRevocationUnknown
    return row


# --- carrying it out -------------------------------------------------------------------------------------------------


def run(room: CaRoom, job_id: UUID) -> None:
    """Chunk after chunk until it is done or cancelled. Two at once take turns at the job's row."""
    while _chunk(room, job_id):
        reach("ca.revoke_many.chunk")


def _chunk(room: CaRoom, job_id: UUID) -> bool:
    """One transaction; whether there is more."""
    with room.ground.db.begin() as session:
        job = _locked(session, job_id)
        if job.state != MassState.RUNNING:
            return False
        items = session.scalars(
            select(CaMassItem)
            .where(CaMassItem.job_id == job_id, CaMassItem.position > job.position)
            .order_by(CaMassItem.position)
            .limit(CHUNK)
        ).all()
        if items:
            _revoke(room, session, job, items)
            job.position = items[-1].position
        if len(items) < CHUNK:
            _finish(room, session, job)
        return len(items) == CHUNK


def _revoke(room: CaRoom, session: Session, job: CaMassRevocation, items: Sequence[CaMassItem]) -> None:
    """What `ca.revoke.revoke` does, for many at once: rows locked in one order, so that nobody waits in a circle."""
    now = room.ground.clock.now().replace(microsecond=0)
    wanted = [item.certificate_id for item in items]
    rows = session.scalars(
        select(CaCertificate)
        .options(load_only(*_NEEDED))
        .where(CaCertificate.id.in_(wanted))
        .order_by(CaCertificate.id)
        .with_for_update()
    ).all()
    standing = {
        row.certificate_id: row
        for row in session.scalars(select(CaRevocation).where(CaRevocation.certificate_id.in_(wanted)))
    }
    outcome = {row.id: _one(session, job, row, standing.get(row.id), now) for row in rows}
    for authority in {row.authority for row in rows}:
        serials = [row.serial for row in rows if row.authority == authority and outcome[row.id] == REVOKED]
        forget_stale(session, authority, serials, revoked=True)
    actor = Principal(Kind.SYSTEM, job.requested_by)
    for row in rows:
        if outcome[row.id] == REVOKED:
            room.ground.audit.record(
                session,
                actor,
                action="ca.certificate.revoke",
                object=f"certificate:{row.id}",
                payload={
                    "authority": row.authority,
                    "serial": row.serial,
                    "reason": Reason(job.reason).name.lower(),
                    "mass_revocation": str(job.id),
                },
            )
    for item in items:
        item.outcome = outcome[item.certificate_id]
    counted = Counter(REVOKED if said == REVOKED else STANDING if said == STANDING else "" for said in outcome.values())
    job.revoked += counted[REVOKED]
    job.standing += counted[STANDING]
    job.refused += counted[""]


def _one(session: Session, job: CaMassRevocation, row: CaCertificate, found: CaRevocation | None, now: datetime) -> str:
    reason = Reason(job.reason)
    try:
        check_row(row, reason)
    except YinxinError as error:
        return error.code[:40]
    if found is not None and not supersedes(reason, job.invalidity, found):
        return STANDING
    enter(session, row, found, now, reason, job.invalidity)
    return REVOKED


def _finish(room: CaRoom, session: Session, job: CaMassRevocation) -> None:
    job.state, job.finished_at = MassState.DONE, room.ground.clock.now()
    room.ground.audit.record(
        session,
        Principal(Kind.SYSTEM, job.requested_by),
        action="ca.revoke_many.done",
        object=f"mass-revocation:{job.id}",
        payload={"revoked": job.revoked, "standing": job.standing, "refused": job.refused, "total": job.total},
    )
