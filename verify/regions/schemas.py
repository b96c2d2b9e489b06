"""What crosses the wire about regions (区域互认接口数据)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from foundation.web.api import Wire
from verify.regions.changes import Change
from verify.regions.editions import Edition
from verify.regions.shapes import Region

Reason = Field(min_length=1, max_length=500, description="Why, for the second person and for the record")


class ChangePath(Wire):
    id: UUID


class RootBody(Wire):
    certificate: str = Field(max_length=20000, description="DER in base64")
    uses: list[Literal["seal", "seal-making", "timestamp", "code", "certificate"]] | None = None
    regions: list[str] | None = Field(None, max_length=100, description="First digits of GB/T 2260 codes")
    licence_types: list[str] | None = Field(None, max_length=1000, description="Type codes or their first characters")
    trusted_from: datetime | None = None
    trusted_until: datetime | None = None
    withdrawn_since: datetime | None = None


class RegionBody(Wire):
    """一个区域的信任条目 / one region's entry; it replaces an earlier one of the same code."""

    code: str = Field(pattern=r"^[0-9]{6}$")
    name_zh: str = Field(min_length=1, max_length=200)
    name_en: str = Field("", max_length=200)
    contact: str = Field("", max_length=200)
    roots: list[RootBody] = Field(min_length=1, max_length=16)
    intermediates: list[str] = Field(default_factory=list, max_length=64)
    reason: str = Reason

    def entry(self) -> dict[str, object]:
        return {
            **self.model_dump(mode="json", exclude={"reason", "roots"}),
            "roots": [one.model_dump(mode="json", exclude_none=True) for one in self.roots],
        }


class RemovalBody(Wire):
    code: str = Field(pattern=r"^[0-9]{6}$")
    reason: str = Reason


class SignersBody(Wire):
    scheme: str = Field(pattern=r"^[a-z0-9][a-z0-9.:-]{0,99}$")
    certificates: list[str] = Field(min_length=1, max_length=16, description="DER in base64")
    threshold: int = Field(1, ge=1, le=16, description="So many of them must have signed")
    reason: str = Reason


class DecisionBody(Wire):
    agree: bool


class ChangeOut(Wire):
    id: UUID
    kind: Literal["region", "remove", "signers"]
    subject: str
    document: dict[str, Any]
    reason: str
    state: Literal["proposed", "agreed", "refused"]
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, one: Change) -> ChangeOut:
        return cls(
            id=one.id,
            kind=one.kind.value,
            subject=one.subject,
            document=json.loads(one.document),
            reason=one.reason,
            state=one.state.value,
            proposed_by=one.proposed_by,
            proposed_at=one.proposed_at,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
        )


class ChangesOut(Wire):
    items: list[ChangeOut]


class RegionOut(Wire):
    code: str
    name_zh: str
    name_en: str
    contact: str
    roots: list[dict[str, Any]]

    @classmethod
    def of(cls, region: Region) -> RegionOut:
        roots = [
            {**root.to_json(), "subject": root.certificate.subject.text, "fingerprint": root.certificate.fingerprint}
            for root in region.roots
        ]
        return cls(
            code=region.code, name_zh=region.name_zh, name_en=region.name_en, contact=region.contact, roots=roots
        )


class EditionOut(Wire):
    scheme: str
    number: int
    sha256: str
    next_update: datetime
    imported_at: datetime

    @classmethod
    def of(cls, one: Edition) -> EditionOut:
        return cls(
            scheme=one.scheme,
            number=one.number,
            sha256=one.sha256,
            next_update=one.next_update,
            imported_at=one.imported_at,
        )


class RegionsOut(Wire):
    regions: list[RegionOut]
    editions: list[EditionOut]


class TakenInOut(Wire):
    scheme: str
    number: int
    regions: int
    next_update: datetime
