"""What crosses the wire at the exchange of seals (印章交换接口数据)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.web.api import Wire
from seal.exchange.foreign import ForeignSeal


class ForeignOut(Wire):
    """A foreign seal and the verdict of the day it was handed in."""

    id: UUID
    sha256: str
    standard: str
    code: str
    name: str
    maker: str
    valid_from: datetime
    valid_until: datetime
    verdict: str
    findings: list[str]
    judged_at: datetime

    @classmethod
    def of(cls, seal: ForeignSeal) -> ForeignOut:
        return cls(
            id=seal.id,
            sha256=seal.sha256,
            standard=seal.standard,
            code=seal.code,
            name=seal.name,
            maker=seal.maker,
            valid_from=seal.valid_from,
            valid_until=seal.valid_until,
            verdict=seal.verdict.verdict,
            findings=list(seal.verdict.findings),
            judged_at=seal.judged_at,
        )


class ForeignsOut(Wire):
    items: list[ForeignOut]


class ExchangePath(Wire):
    id: UUID
