"""What crosses the wire about batches (批量用章接口数据)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from ca.suites import Suite
from foundation.web.api import Wire
from seal.batches.load import Way
from seal.batches.models import SealBatch
from seal.batches.report import Item, Progress
from seal.orders import Matter, OfdOrder, PdfOrder
from seal.place_schemas import PlaceBody
from seal.places import MOST_PLACES
from seal.schemas import Word


class BatchPath(Wire):
    id: UUID


class ItemPath(Wire):
    id: UUID
    number: int = Field(ge=1, le=1_000_000)


class BatchBody(Wire):
    """How every document of the batch is stamped."""

    seal: UUID
    places: list[PlaceBody] = Field(min_length=1, max_length=MOST_PLACES)
    suites: Literal["sm2", "rsa", "sm2,rsa"] = Field("sm2", description="PDF only; an OFD is always SM2")
    reason: str | None = Field(None, min_length=1, max_length=100)
    closing: bool = True
    matter: Word | None = None
    matter_number: Word | None = None

    def way(self) -> Way:
        found = tuple(item.place() for item in self.places)
        place = found[0] if len(found) == 1 else found
        suites = tuple(Suite(name) for name in self.suites.split(","))
        return Way(
            PdfOrder(b"", self.seal, place, "", suites, self.reason, self.closing),
            OfdOrder(b"", self.seal, place, "", self.closing),
        )

    def about(self) -> Matter | None:
        return Matter(self.matter, self.matter_number) if self.matter is not None else None


class ReferencesBody(Wire):
    orders: list[UUID] = Field(min_length=1, max_length=1000, description="Earlier orders of the department")


class StateBody(Wire):
    state: Literal["paused", "running", "cancelled"] = Field(description="`running` resumes a paused batch")


class BatchOut(Wire):
    id: UUID
    seal: UUID
    state: str
    total: int
    matter: str | None
    list_sha256: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: SealBatch) -> BatchOut:
        return cls(
            id=row.id,
            seal=row.seal_id,
            state=row.state,
            total=row.total,
            matter=row.matter,
            list_sha256=row.list_sha256,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


class BatchesOut(Wire):
    items: list[BatchOut]


class ProgressOut(BatchOut):
    ready: int = Field(description="Not stamped yet")
    sealed: int
    failed: int
    refused: int = Field(description="Never taken in")
    case: UUID | None = Field(description="The request for approval, where the seal's rules want one")

    @classmethod
    def stands(cls, found: Progress) -> ProgressOut:
        return cls(
            **BatchOut.of(found.batch).model_dump(),
            ready=found.ready,
            sealed=found.sealed,
            failed=found.failed,
            refused=found.refused,
            case=found.case_id,
        )


class AddedOut(Wire):
    taken: int
    refused: int


class ItemsQuery(Wire):
    after: int = Field(0, ge=0)
    state: Literal["ready", "sealed", "failed", "refused"] | None = None
    limit: int = Field(100, ge=1, le=500)


class BatchesQuery(Wire):
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class ResultsQuery(Wire):
    after: int = Field(0, ge=0, description="Number of the last item of the part before")
    limit: int = Field(200, ge=1, le=500)


class ItemOut(Wire):
    number: int
    name: str
    format: str | None
    size: int
    state: str
    document_sha256: str | None
    result_sha256: str | None
    order: UUID | None
    code: str | None
    reason_zh: str | None
    reason_en: str | None

    @classmethod
    def of(cls, item: Item) -> ItemOut:
        return cls(
            number=item.number,
            name=item.name,
            format=item.format,
            size=item.size,
            state=item.state,
            document_sha256=item.document_sha256,
            result_sha256=item.result_sha256,
            order=item.order_id,
            code=item.code,
            reason_zh=item.reason.zh if item.reason else None,
            reason_en=item.reason.en if item.reason else None,
        )


class ItemsOut(Wire):
    items: list[ItemOut]
