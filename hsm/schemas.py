"""What crosses the wire about keys (密钥接口数据). Nothing here could hold a private half."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from foundation.web.api import Wire
from hsm.keys import Algorithm, Purpose
from hsm.life.keeper import Outcome
from hsm.life.listing import KeyInfo
from hsm.life.orders import Operation, Order
from hsm.life.requests import Request, Standing

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/-]{0,119}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class KeyOut(Wire):
    name: str
    version: int
    algorithm: str
    purposes: list[str]
    state: str = Field(description="pre-active, active, retired, destroyed")
    backend: str
    created_at: datetime
    spki_sha256: str

    @classmethod
    def of(cls, info: KeyInfo) -> KeyOut:
        return cls(
            name=info.name,
            version=info.version,
            algorithm=info.algorithm,
            purposes=list(info.purposes),
            state=info.state,
            backend=info.backend,
            created_at=info.created_at,
            spki_sha256=info.spki_sha256,
        )


class KeysQuery(Wire):
    prefix: Annotated[str, StringConstraints(max_length=120)] = ""


class KeysOut(Wire):
    items: list[KeyOut]


class RequestBody(Wire):
    operation: Operation
    key: Name
    version: int | None = Field(None, ge=1)
    algorithm: Algorithm | None = None
    purposes: list[Purpose] = Field(default_factory=list, max_length=len(Purpose))
    recipient: Annotated[str, StringConstraints(max_length=80)] | None = Field(
        None, description="Of a backup: passphrase, shares, or key:<SHA-256 of a transport public key>"
    )
    file_sha256: Sha256 | None = None
    spki_sha256: Sha256 | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]

    def order(self) -> Order:
        return Order(
            self.operation,
            self.key,
            self.version,
            self.algorithm,
            tuple(sorted(set(self.purposes))),
            self.recipient,
            self.file_sha256,
            self.spki_sha256,
        )


class JudgementBody(Wire):
    digest: Sha256 = Field(description="Of the request as you read it")
    agree: bool


class JudgementOut(Wire):
    approver: str
    agreed: bool
    at: datetime


class RequestOut(Wire):
    id: UUID
    operation: Operation
    key: str
    version: int | None
    algorithm: Algorithm | None
    purposes: list[Purpose]
    recipient: str | None
    file_sha256: str | None
    spki_sha256: str | None
    digest: str
    reason: str
    requester: str
    needed: int
    state: Standing
    requested_at: datetime
    expires_at: datetime
    executed_at: datetime | None
    executor: str | None
    judgements: list[JudgementOut]

    @classmethod
    def of(cls, found: Request) -> RequestOut:
        order = found.order
        return cls(
            id=found.id,
            operation=order.operation,
            key=order.key,
            version=order.version,
            algorithm=order.algorithm,
            purposes=list(order.purposes),
            recipient=order.recipient,
            file_sha256=order.file_sha256,
            spki_sha256=order.spki_sha256,
            digest=found.digest,
            reason=found.reason,
            requester=found.requester,
            needed=found.needed,
            state=found.standing,
            requested_at=found.requested_at,
            expires_at=found.expires_at,
            executed_at=found.executed_at,
            executor=found.executor,
            judgements=[JudgementOut(approver=j.approver, agreed=j.agreed, at=j.at) for j in found.judgements],
        )


class RequestsOut(Wire):
    items: list[RequestOut]


class RequestPath(Wire):
    id: UUID


class OutcomeOut(Wire):
    key: str
    version: int
    state: str
    spki_sha256: str

    @classmethod
    def of(cls, done: Outcome) -> OutcomeOut:
        return cls(key=done.key, version=done.version, state=done.state, spki_sha256=done.spki_sha256)
