"""The ledger of a seal's uses (用章台账): every document it stood under, who ordered and approved it, and for what.

For the owner of the seal only. Each line can be held against the audit trail, which nobody edits unnoticed: `differing`
names the lines that do not agree with it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.models import CaCertificate
from ca.storing import opened_name
from foundation.audit.models import AuditRow
from foundation.masking import mask_name
from foundation.principal import Permission, Principal
from seal import find
from seal.approval.models import Decision, SealApproval, SealUse
from seal.formats import HASH_FORMATS
from seal.models import OrderState, SealOrder
from seal.room import SealRoom

MOST, MOST_CSV = 200, 100_000
HASH_ONLY = "hash-only"


@dataclass(frozen=True, slots=True)
class Filter:
    since: datetime | None = None
    until: datetime | None = None
    matter: str | None = None
    format: str | None = None
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One use. Persons are shown masked; `picture` is None until the page was painted, and for ever when hash-only."""

    order_id: UUID
    at: datetime
    format: str
    document_sha256: str
    document_size: int
    result_sha256: str
    picture_sha256: str | None
    picture_how: str | None
    requester: str
    client: str | None
    matter: str | None
    matter_number: str | None
    approvers: tuple[str, ...]
    case_id: UUID | None
    item: int | None

    @property
    def seen(self) -> bool:
        """Whether we ever had the document: of a hash-only use we know what its owner said."""
        return self.format not in HASH_FORMATS


def lines(room: SealRoom, principal: Principal, seal_id: UUID, wanted: Filter) -> tuple[list[Line], UUID | None]:
    """Newest first, and where the next page begins."""
    principal.require(Permission.SEAL_POLICY)
    seal = find.row_of(room, principal, seal_id)
    limit = max(1, min(wanted.limit, MOST))
    with room.ground.db.read() as session:
        found = _page(room, session, seal.id, wanted, limit + 1)
    return found[:limit], found[limit - 1].order_id if len(found) > limit else None


def table(room: SealRoom, principal: Principal, seal_id: UUID, wanted: Filter) -> bytes:
    """The same as CSV with a byte order mark, for spreadsheets; a cell never begins a formula."""
    principal.require(Permission.SEAL_POLICY)
    seal = find.row_of(room, principal, seal_id)
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(
        ["order", "time", "format", "document_sha256", "result_sha256", "picture_sha256", "picture_how", "requester",
         "client", "matter", "matter_number", "approvers", "seen"]
    )  # fmt: skip
    with room.ground.db.read() as session:
        for line in _all(room, session, seal.id, wanted):
            cells = [
                str(line.order_id), line.at.isoformat(), line.format, line.document_sha256, line.result_sha256,
                line.picture_sha256 or "", line.picture_how or "", line.requester, line.client or "",
                line.matter or "", line.matter_number or "", " ".join(line.approvers),
                "document" if line.seen else HASH_ONLY,
            ]  # fmt: skip
            out.writerow([f"'{cell}" if cell[:1] in "=+-@\t" and cell else cell for cell in cells])
    with room.ground.db.begin() as session:
        room.ground.audit.record(
            session, principal, action="seal.ledger.export", object=f"seal:{seal.id}", payload={"seal": seal.code}
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def differing(room: SealRoom, principal: Principal, seal_id: UUID) -> list[UUID]:
    """Uses whose row says otherwise than the audit row written with them, or that have none."""
    principal.require(Permission.SEAL_POLICY)
    seal = find.row_of(room, principal, seal_id)
    with room.ground.db.read() as session:
        return [
            line.order_id
            for line in _all(room, session, seal.id, Filter())
            if (line.document_sha256, line.result_sha256, line.picture_sha256) != _audited(session, line)
        ]


def _audited(session: Session, line: Line) -> tuple[str | None, str | None, str | None]:
    query = select(AuditRow.action, AuditRow.payload).where(AuditRow.object == f"seal-order:{line.order_id}")
    said = {action: json.loads(payload) for action, payload in session.execute(query.order_by(AuditRow.id.desc()))}
    stamped, picture = said.get("seal.stamp", {}), said.get("seal.use.picture", {})
    return stamped.get("document_sha256"), stamped.get("result_sha256"), picture.get("sha256")


def _all(room: SealRoom, session: Session, seal_id: UUID, wanted: Filter) -> Iterator[Line]:
    after, count = wanted.after, 0
    while count < MOST_CSV:
        page = Filter(wanted.since, wanted.until, wanted.matter, wanted.format, after)
        found = _page(room, session, seal_id, page, 500)
        yield from found
        count += len(found)
        if len(found) < 500:
            return
        after = found[-1].order_id


def _page(room: SealRoom, session: Session, seal_id: UUID, wanted: Filter, limit: int) -> list[Line]:
    query = (
        select(SealOrder, SealUse)
        .outerjoin(SealUse, SealUse.order_id == SealOrder.id)
        .where(SealOrder.seal_id == seal_id, SealOrder.state == OrderState.SEALED)
    )
    if wanted.since is not None:
        query = query.where(SealOrder.signing_time >= wanted.since)
    if wanted.until is not None:
        query = query.where(SealOrder.signing_time < wanted.until)
    if wanted.matter is not None:
        query = query.where(SealUse.matter == wanted.matter)
    if wanted.format is not None:
        query = query.where(SealOrder.format == wanted.format)
    if wanted.after is not None:
        query = query.where(SealOrder.id < wanted.after)
    rows = list(session.execute(query.order_by(SealOrder.id.desc()).limit(limit)))
    people = _approvers(room, session, {use.case_id for _, use in rows if use is not None and use.case_id})
    return [_line(order, use, people) for order, use in rows]


def _line(order: SealOrder, use: SealUse | None, people: dict[UUID, tuple[str, ...]]) -> Line:
    case_id = use.case_id if use is not None else None
    return Line(
        order.id,
        order.signing_time,
        order.format,
        order.document_sha256,
        order.document_size,
        order.result_sha256 or "",
        use.picture_sha256 if use is not None else None,
        use.picture_how if use is not None else None,
        order.principal,
        use.client_id if use is not None else None,
        use.matter if use is not None else None,
        use.matter_number if use is not None else None,
        people.get(case_id, ()) if case_id is not None else (),
        case_id,
        use.item if use is not None else None,
    )


def _approvers(room: SealRoom, session: Session, cases: set[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Masked names from the certificates that signed."""
    query = (
        select(SealApproval.case_id, CaCertificate)
        .join(CaCertificate, CaCertificate.fingerprint == SealApproval.certificate)
        .where(SealApproval.case_id.in_(cases), SealApproval.decision == Decision.APPROVE)
        .order_by(SealApproval.id)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for case_id, certificate in session.execute(query) if cases else ():
        name = mask_name(opened_name(room.ground.cipher, certificate))
        found[case_id] = (*found.get(case_id, ()), name)
    return found
