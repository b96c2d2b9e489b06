"""A batch under its seal's rules (批次审批): one case whose digest is over the list of all its documents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.principal import Principal
from seal import find
from seal.approval import counting, gate, item_lists, rules
from seal.approval.models import CaseKind, CaseState, SealCase
from seal.approval.rules import Use
from seal.batches import load
from seal.batches.models import ItemState, SealBatch, SealBatchItem
from seal.formats import FAMILIES
from seal.orders import Matter
from seal.register import Order
from seal.room import SealRoom
from seal.stamp_ofd import terms_of as ofd_terms
from seal.stamp_pdf import terms_of as pdf_terms


def case_for(room: SealRoom, principal: Principal, batch: SealBatch) -> SealCase | None:
    """The case to put on record with the closed list; None where the seal has no rules. Raises `OutsideRules`."""
    now = room.ground.clock.now().replace(microsecond=0)
    formats = select(SealBatchItem.format).where(
        SealBatchItem.batch_id == batch.id, SealBatchItem.state != ItemState.REFUSED
    )
    with room.ground.db.read() as session:
        policy = counting.active(session, batch.seal_id)
        if policy is None:
            return None
        ruled, kinds = rules.read(policy.rules), list(session.scalars(formats))
        today, ever = counting.uses(session, ruled, batch.seal_id, now)
    more = len(kinds) - 1
    for kind in sorted({kind for kind in kinds if kind}):
        client = batch.client_id or rules.PEOPLE
        rules.allow(ruled, Use(FAMILIES[kind], batch.matter, client, now, today + more, ever + more))
    return SealCase(
        id=room.ground.ids.uuid7(),
        kind=CaseKind.BATCH,
        subject_id=batch.id,
        department=batch.department,
        seal_id=batch.seal_id,
        policy_id=policy.id,
        policy_sha256=ruled.digest,
        digest="",
        size=0,
        format="list",
        terms=_terms(room, principal, batch),
        matter=batch.matter,
        matter_number=batch.matter_number,
        requester=batch.principal,
        client_id=batch.client_id,
        needed=ruled.approvals,
        state=CaseState.WAITING if ruled.approvals else CaseState.APPROVED,
        expires_at=now + ruled.valid,
        created_at=now,
    )


def _terms(room: SealRoom, principal: Principal, batch: SealBatch) -> str:
    seal, way = find.row_of(room, principal, batch.seal_id), load.way_of(room, batch)
    matter = Matter(batch.matter, batch.matter_number) if batch.matter else None
    told = {
        kind: Order(seal, "-", kind, b"", terms, matter=matter).canonical_terms
        for kind, terms in (("pdf", pdf_terms(way.pdf)), ("ofd", ofd_terms(room, way.ofd)))
    }
    return gate.terms_by_format(**told)


def closed_list(session: Session, batch_id: UUID) -> tuple[int, str]:
    """How many documents, and the digest over them all."""
    items = item_lists.read(session, batch_id)
    return len(items), item_lists.digest(items)
