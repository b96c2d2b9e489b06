"""The checker (撤销一致性核对): store, shards, full list, delta and OCSP answers must say one thing of every serial.

It reads what relying parties read: the published octets and the stored answers. A change made after a list was begun
is no disagreement; that lists come in time is checked apart. RFC 5280 5, RFC 6960; EN 319 411-1 (CRL and OCSP agree).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.chain import authorities
from ca.check_answers import check_answers
from ca.check_lists import check_lists
from ca.check_store import check_store
from ca.findings import Finding, Findings
from ca.models import CaCertificate
from ca.revocation_metrics import DISAGREEMENTS
from ca.revocation_models import CaRevocationCheck
from ca.room import CaRoom

log = structlog.get_logger("ca")
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Report:
    at: datetime
    serials: int
    """Certificates looked at."""
    faults: int
    findings: tuple[Finding, ...]
    """The first hundred."""

    @property
    def agrees(self) -> bool:
        return not self.faults


def check(room: CaRoom, *, thorough: bool = False) -> Report:
    """Compare everything; `thorough` also parses every certificate and verifies every stored answer."""
    findings, serials = Findings(), 0
    for authority in authorities(room):
        check_store(room, authority, findings, thorough=thorough)
        check_lists(room, authority, findings)
        check_answers(room, authority, findings, thorough=thorough)
        with room.ground.db.read() as session:
            serials += session.scalar(select(func.count()).where(CaCertificate.authority == authority.slug)) or 0
    return Report(room.ground.clock.now(), serials, findings.count, tuple(findings.first))


def run(room: CaRoom, *, thorough: bool = False) -> Report:
    """Check, leave the outcome for pages and metrics, and raise the alarm."""
    report = check(room, thorough=thorough)
    row = CaRevocationCheck(
        id=room.ground.ids.uuid7(),
        at=report.at,
        serials=report.serials,
        faults=report.faults,
        findings=json.dumps([asdict(one) for one in report.findings], ensure_ascii=False),
    )
    with room.ground.db.begin() as session:
        session.add(row)
    DISAGREEMENTS.set(report.faults)
    if not report.agrees:
        log.error("ca.revocation_disagrees", faults=report.faults, codes=sorted({one.code for one in report.findings}))
    return report


def last(session: Session) -> datetime | None:
    return session.scalar(select(func.max(CaRevocationCheck.at)))
