"""Figures for the overview (运行总览): read-only counts across the rooms, made in one short transaction.

Nothing here names a person; the page is for operators and auditors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.chain import authorities
from ca.models import CaCertificate, CaRevocation
from ca.models import State as CertificateState
from ca.room import Authority, CaRoom
from foundation.audit.models import AuditCheckpoint, AuditRow
from foundation.jobs import Job
from foundation.text import Text
from licence.catalogue import catalogue
from licence.life import State, having, today
from licence.models import LicenceRow
from licence.room import LicenceRoom
from seal.models import SealRow, SealState
from sso.models import Person

MOST_FAILED = 20


@dataclass(frozen=True, slots=True)
class Count:
    text: Any
    value: int


@dataclass(frozen=True, slots=True)
class Node:
    slug: str
    certificate_id: UUID
    name: str
    algorithm: str
    state: str
    not_after: datetime
    issued: int
    revoked: int
    below: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TypeLine:
    name: Text
    valid: int
    expired: int
    revoked: int
    total: int


@dataclass(frozen=True, slots=True)
class FailedJob:
    kind: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    counts: list[Count]
    tree: list[Node]
    licences: list[TypeLine]
    audit_rows: int
    checkpoint: CheckpointLine | None
    jobs: list[tuple[str, int]]
    failed: list[FailedJob]


def overview(ca: CaRoom, licence: LicenceRoom) -> Overview:
    ground = ca.ground
    with ground.db.read() as session:
        lines = _licences(session, today(licence.ground.clock))
        rows = _count(session, select(func.count(AuditRow.id)))
        return Overview(
            counts=[
                Count(_("有效证照"), sum(line.valid for line in lines)),
                Count(_("证照总数"), sum(line.total for line in lines)),
                Count(_("电子印章"), _count(session, select(func.count()).where(SealRow.state == SealState.IN_USE))),
                Count(_("数字证书"), _count(session, _certificates())),
                Count(_("注册人员"), _count(session, select(func.count(Person.id)))),
                Count(_("审计记录"), rows),
            ],
            tree=_tree(session, authorities(ca), ground.clock.now()),
            licences=lines,
            audit_rows=rows,
            checkpoint=_checkpoint(session),
            jobs=[(state, number) for state, number in session.execute(_jobs())],
            failed=_failed(session),
        )


def tree(ca: CaRoom) -> list[Node]:
    """Our CAs with what each issued and revoked."""
    with ca.ground.db.read() as session:
        return _tree(session, authorities(ca), ca.ground.clock.now())


def _count(session: Session, statement: Any) -> int:
    return int(session.scalar(statement) or 0)


def _certificates() -> Any:
    return select(func.count(CaCertificate.id)).where(CaCertificate.state == CertificateState.ISSUED)


def _jobs() -> Any:
    return select(Job.state, func.count(Job.id)).group_by(Job.state).order_by(Job.state)


def _failed(session: Session) -> list[FailedJob]:
    statement = select(Job).where(Job.state == "failed").order_by(Job.run_at.desc()).limit(MOST_FAILED)
    return [FailedJob(job.kind, job.attempts, job.error or "") for job in session.scalars(statement)]


def _checkpoint(session: Session) -> CheckpointLine | None:
    row = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1)).first()
    return CheckpointLine(row.size, row.root, row.at) if row else None


def _licences(session: Session, day: date) -> list[TypeLine]:
    lines = []
    for kind in catalogue().values():
        mine = select(func.count(LicenceRow.id)).where(LicenceRow.type_slug == kind.slug)
        found = {state: _count(session, mine.where(having(state, day))) for state in State}
        lines.append(
            TypeLine(
                Text(kind.name_zh, kind.name_en),
                found[State.VALID],
                found[State.EXPIRED],
                found[State.REVOKED],
                sum(found.values()),
            )
        )
    return lines


def _tree(session: Session, known: list[Authority], now: datetime) -> list[Node]:
    issued = select(CaCertificate.authority, func.count(CaCertificate.id)).group_by(CaCertificate.authority)
    made = dict(session.execute(issued.where(CaCertificate.state == CertificateState.ISSUED)).all())
    revoked = select(CaRevocation.authority, func.count()).group_by(CaRevocation.authority)
    ended = dict(session.execute(revoked).all())
    own = [one.certificate_id for one in known]
    revoked_ids = set(session.scalars(select(CaRevocation.certificate_id).where(CaRevocation.certificate_id.in_(own))))

    def node(authority: Authority) -> Node:
        below = [one for one in known if one.parent == authority.slug]
        state = "anchor" if authority.parent is None else "good"
        if authority.certificate_id in revoked_ids:
            state = "revoked"
        elif authority.certificate.not_after < now:
            state = "unknown"
        return Node(
            slug=authority.slug,
            certificate_id=authority.certificate_id,
            name=authority.certificate.subject.common_name or authority.certificate.subject.text,
            algorithm=authority.suite.value.upper(),
            state=state,
            not_after=authority.certificate.not_after,
            issued=made.get(authority.slug, 0),
            revoked=ended.get(authority.slug, 0),
            below=[node(one) for one in below],
        )

    return [node(one) for one in known if one.parent is None]
