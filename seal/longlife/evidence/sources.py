"""What gets evidence records (归档来源): whatever was sealed and lies in our storage under its own hash.

Licences are orders of the seal room like any others, so they are among them. Hash-only orders are not: their file never
came here, and its owner can have the record made where it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from seal.formats import HASH_FORMATS
from seal.longlife.evidence.models import EvidenceFile
from seal.longlife.models import LongLifeState, SealLongLife
from seal.models import OrderState, SealOrder
from seal.register import key


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: `sha256` names it, `owner` is the order it came from, `at` says on which day it belongs."""

    sha256: str
    kind: str
    owner: UUID
    storage_key: str
    at: datetime


class Source(Protocol):
    def waiting(self, session: Session, since: datetime | None, most: int) -> Sequence[Entry]:
        """Files that no `EvidenceFile` knows yet, oldest first; `since`: of those sealed so lately only."""


class Orders:
    """Results of orders: PDF, OFD and detached signatures."""

    def waiting(self, session: Session, since: datetime | None, most: int) -> Sequence[Entry]:
        known = select(EvidenceFile.id).where(EvidenceFile.sha256 == SealOrder.result_sha256)
        query = (
            select(SealOrder.result_sha256, SealOrder.format, SealOrder.id, SealOrder.sealed_at)
            .where(
                SealOrder.state == OrderState.SEALED,
                SealOrder.format.not_in(sorted(HASH_FORMATS)),
                SealOrder.result_sha256.is_not(None),
                SealOrder.sealed_at.is_not(None),
                *(() if since is None else (SealOrder.recorded_at >= since,)),
                ~known.exists(),
            )
            .order_by(SealOrder.sealed_at, SealOrder.id)
            .limit(most)
        )
        return [
            Entry(digest, kind, order, key(kind, digest), at)
            for digest, kind, order, at in session.execute(query)
            if digest is not None and at is not None
        ]


class Extended:
    """PDFs with revocation data and document time stamps behind the seal: the form that is handed out."""

    def waiting(self, session: Session, since: datetime | None, most: int) -> Sequence[Entry]:
        known = select(EvidenceFile.id).where(EvidenceFile.sha256 == SealLongLife.result_sha256)
        query = (
            select(SealLongLife.result_sha256, SealLongLife.order_id, SealLongLife.created_at)
            .where(
                SealLongLife.state == LongLifeState.EXTENDED,
                SealLongLife.result_sha256.is_not(None),
                *(() if since is None else (SealLongLife.created_at >= since,)),
                ~known.exists(),
            )
            .order_by(SealLongLife.created_at, SealLongLife.id)
            .limit(most)
        )
        return [
            Entry(digest, "pdf", order, key("pdf", digest), at)
            for digest, order, at in session.execute(query)
            if digest is not None
        ]


SOURCES: tuple[Source, ...] = (Orders(), Extended())
