"""What crosses the wire of the key centre (密钥管理中心接口数据)."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from ca.kmc.collecting import Collected
from ca.kmc.deliveries import Delivered, Delivery, offered
from ca.kmc.pairs import Pair
from ca.kmc.recoveries import Recovery
from ca.kmc.revoking import PairRevocation, Which
from ca.kmc.statements import Case
from ca.reading.crl import Reason
from ca.schemas import IdentityBody, ProfileName, ReasonName, RevocationOut, SubjectBody, decode, pem
from ca.suites import Suite
from foundation.web.api import Wire, bad
from hsm.escrow.shapes import Form, GrantKind, Spare

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
AWAITING = "awaiting-proof"


class PairPath(Wire):
    id: UUID


class PairBody(Wire):
    suite: Suite
    profile: ProfileName
    subject: SubjectBody
    identity: IdentityBody = IdentityBody()
    csr: str = Field(max_length=50_000, description="PKCS#10 of the signing key; CFCA double-key requests are taken")
    validity_days: int | None = Field(None, ge=1, le=1825)
    delivery: Delivery | None = Field(None, description="Form of the enveloped key; the usual one when left out")

    @field_validator("csr")
    @classmethod
    def _decodes(cls, value: str) -> str:
        decode(value)
        return value


class EnvelopeQuery(Wire):
    delivery: Delivery | None = Field(None, description="Form; an Accept header naming its media type does the same")


class PairOut(Wire):
    id: UUID
    profile: str
    suite: Suite
    dialect: Literal["plain", "cfca"]
    signing_id: UUID
    encryption_id: UUID
    signing_certificate: str
    encryption_certificate: str
    issued_at: datetime
    deliveries: list[Delivery] = Field(description="Forms the encryption key can be fetched in")

    @classmethod
    def of(cls, pair: Pair) -> PairOut:
        return cls(**_pair(pair))


class IssuedPairOut(PairOut):
    delivery: Delivery
    envelope: str = Field(description="Base64 of the enveloped encryption key in that form")
    chain: list[str]

    @classmethod
    def made(cls, got: Delivered, chain: list[bytes]) -> IssuedPairOut:
        return cls(
            **_pair(got.pair),
            delivery=got.delivery,
            envelope=_text(got.octets),
            chain=[pem(one) for one in chain],
        )


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "id": pair.id,
        "profile": pair.profile,
        "suite": pair.suite,
        "dialect": pair.dialect,
        "signing_id": pair.signing.id,
        "encryption_id": pair.encryption.id,
        "signing_certificate": pem(pair.signing.der),
        "encryption_certificate": pem(pair.encryption.der),
        "issued_at": pair.issued_at,
        "deliveries": list(offered(pair)),
    }


class PairRevokeBody(Wire):
    reason: ReasonName
    which: Which = Which.BOTH

    def code(self) -> Reason:
        return Reason[self.reason.replace("-", "_").upper()]


class PairRevocationOut(Wire):
    signing: RevocationOut | None
    encryption: RevocationOut

    @classmethod
    def of(cls, made: PairRevocation) -> PairRevocationOut:
        return cls(
            signing=RevocationOut.of(made.signing) if made.signing else None,
            encryption=RevocationOut.of(made.encryption),
        )


class UserRecoveryBody(Wire):
    certificate_id: UUID = Field(description="The holder's new signing certificate")


class JudicialRecoveryBody(Wire):
    certificates: list[UUID] = Field(min_length=1, max_length=20, description="Encryption certificates of one holder")
    with_history: bool = Field(default=False, description="Every key the holder ever had, not only the named ones")
    case_number: Words
    legal_basis: Words
    organ: Words
    organ_certificate: str = Field(max_length=50_000, description="The organ's encryption certificate, PEM or base64")

    @field_validator("organ_certificate")
    @classmethod
    def _decodes(cls, value: str) -> str:
        certificate(value)
        return value

    def case(self) -> Case:
        return Case(self.case_number, self.legal_basis, self.organ)


class ProofBody(Wire):
    signature: str = Field(max_length=2000, description="Base64 of the signature over the challenge's octets")

    @field_validator("signature")
    @classmethod
    def _decodes(cls, value: str) -> str:
        octets(value)
        return value


class DecisionBody(Wire):
    statement_sha256: Digest = Field(description="Digest of the statement you read")
    decision: Literal["approve", "refuse"]


class CollectBody(Wire):
    form: Form = Form.SM2_ENVELOPED_KEY


class RecoveryPageQuery(Wire):
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=100)


class ApprovalOut(Wire):
    approver: str
    approved: bool
    at: datetime
    until: datetime


class RecoveryOut(Wire):
    id: UUID
    kind: GrantKind
    state: str = Field(description="awaiting-proof, waiting, approved, refused, withdrawn, expired or released")
    requester: str
    quorum: int
    opened_at: datetime
    expires_at: datetime
    proven_at: datetime | None
    collected_at: datetime | None
    approvals: list[ApprovalOut]
    statement: dict[str, Any] = Field(description="What is asked for, word for word")
    statement_sha256: Digest
    challenge: str | None = Field(description="Base64 of what the holder signs; until it is proven")
    recipient_certificate: str

    @classmethod
    def of(cls, found: Recovery) -> RecoveryOut:
        grant = found.grant
        said = [] if grant is None else grant.approvals
        open_ = found.kind is GrantKind.USER and found.state is None
        return cls(
            id=found.id,
            kind=found.kind,
            state=found.state.value if found.state is not None else AWAITING,
            requester=found.requester,
            quorum=int(found.statement.members["quorum"]),
            opened_at=found.opened_at,
            expires_at=found.expires_at,
            proven_at=found.proven_at,
            collected_at=found.collected_at,
            approvals=[ApprovalOut(approver=o.approver, approved=o.approved, at=o.at, until=o.until) for o in said],
            statement=found.statement.members,
            statement_sha256=found.statement.digest.hex(),
            challenge=_text(found.statement.challenge) if open_ else None,
            recipient_certificate=pem(found.recipient.der),
        )


class RecoveriesOut(Wire):
    items: list[RecoveryOut]


class RecoveredKeyOut(Wire):
    key_id: UUID
    version: int
    algorithm: str
    form: Form
    envelope: str = Field(description="Base64")
    sha256: Digest


class CollectedOut(Wire):
    recovery: RecoveryOut
    keys: list[RecoveredKeyOut]
    transcript: str = Field(description="Signed JSON text; `yinxin ca kmc transcript verify` judges it")

    @classmethod
    def of(cls, got: Collected) -> CollectedOut:
        return cls(
            recovery=RecoveryOut.of(got.recovery),
            keys=[
                RecoveredKeyOut(
                    key_id=one.key.id,
                    version=one.key.version,
                    algorithm=one.key.algorithm,
                    form=one.envelope.form,
                    envelope=_text(one.envelope.octets),
                    sha256=one.envelope.sha256,
                )
                for one in got.keys
            ],
            transcript=got.transcript.decode(),
        )


class SpareOut(Wire):
    algorithm: str
    count: int


class StockOut(Wire):
    spares: list[SpareOut]

    @classmethod
    def of(cls, spares: tuple[Spare, ...]) -> StockOut:
        return cls(spares=[SpareOut(algorithm=one.algorithm, count=one.count) for one in spares])


def octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise bad("不是 base64", "not base64") from error


def certificate(text: str) -> bytes:
    """DER out of PEM or base64."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if lines and lines[0] == "-----BEGIN CERTIFICATE-----":
        lines = lines[1:-1]
    return octets("".join(lines))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
