"""What goes in and out of the escrow (密钥库接口): octets, identifiers and frozen records; never a private octet.

`Escrow` is the whole surface, so the store may live in this process or behind the signer's socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from foundation.principal import Principal
from hsm.keys import Algorithm


class Form(StrEnum):
    """How a private key travels under somebody's public key."""

    SM2_ENVELOPED_KEY = "sm2-enveloped-key"
    """GB/T 35276 (GM/T 0009) 7.4."""
    SIGNED_AND_ENVELOPED = "signed-and-enveloped-data"
    """GB/T 35275 (GM/T 0010), as KM centres in the field send it."""
    SKF = "skf-enveloped-key-blob"
    """GB/T 35291 (GM/T 0016), for SKF_ImportECCKeyPair."""
    ENVELOPED_DATA = "enveloped-data"
    """RFC 5652 under RSA, GB/T 35275 under SM2; the key inside may be of either kind."""
    CFCA = "cfca"
    """What CFCA's kit expects after a double-key request."""


class KeyState(StrEnum):
    SPARE = "spare"
    CURRENT = "current"
    HISTORICAL = "historical"
    """Replaced by a newer key of its owner. Kept, for what was encrypted with it."""


class GrantState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RELEASED = "released"


class GrantKind(StrEnum):
    USER = "user"
    """The owner, with a new signing key (用户密钥恢复)."""
    JUDICIAL = "judicial"
    """An organ with a legal basis (司法密钥恢复)."""


CENTRE_KEY = "ca/sm2-kmc"
"""The centre's signing key in the key store; `ca` certifies it."""
LEAST_APPROVALS = {GrantKind.USER: 1, GrantKind.JUDICIAL: 2}


@dataclass(frozen=True, slots=True)
class Allotment:
    """A key for `owner`, to be delivered to the holder of `recipient` and nobody else."""

    owner: str
    """Opaque; no personal data."""
    algorithm: Algorithm
    recipient: bytes
    """SubjectPublicKeyInfo the key will be enveloped to: the signing key, or CFCA's temporary key."""
    request_key: str


@dataclass(frozen=True, slots=True)
class EscrowedKey:
    id: UUID
    owner: str
    version: int
    algorithm: Algorithm
    spki: bytes
    state: KeyState
    allotted_at: datetime


@dataclass(frozen=True, slots=True)
class IssuerSerial:
    issuer: bytes
    """DER of the Name."""
    serial: str
    """Hexadecimal, lower case."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom an envelope names. They are labels: the key it is sealed under was fixed before."""

    recipient: IssuerSerial
    sender: IssuerSerial | None = None
    sender_certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class Envelope:
    key_id: UUID
    form: Form
    octets: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """Ask that keys leave for `recipient`, as the statement with this digest says."""

    id: UUID
    kind: GrantKind
    keys: tuple[UUID, ...]
    recipient: bytes
    digest: bytes
    """SHA-256 of the statement the approvers read."""
    quorum: int
    seconds: int
    """The request is void after this."""
    approval_seconds: int
    """An approval is void after this."""


@dataclass(frozen=True, slots=True)
class Approval:
    approver: str
    approved: bool
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    id: UUID
    kind: GrantKind
    state: GrantState
    """As of the moment it was asked for: approvals and requests run out by themselves."""
    keys: tuple[UUID, ...]
    recipient: bytes
    digest: bytes
    quorum: int
    requester: str
    opened_at: datetime
    expires_at: datetime
    approvals: tuple[Approval, ...]
    released_at: datetime | None
    form: Form | None
    """What it was released in; a grant has one form."""


@dataclass(frozen=True, slots=True)
class Spare:
    algorithm: Algorithm
    count: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """What the escrow itself says of a released grant, signed with the centre's key."""

    octets: bytes
    """Canonical JSON."""
    signature: bytes


class Escrow(Protocol):
    def stock(self, algorithm: Algorithm, wanted: int) -> int:
        """Make spare keys until there are `wanted`; returns how many were made."""
        ...

    def spares(self) -> tuple[Spare, ...]: ...

    def allot(self, order: Allotment, principal: Principal) -> EscrowedKey:
        """A key for this owner; the same request again gives the same key. Older ones become historical."""
        ...

    def find(self, key_id: UUID) -> EscrowedKey: ...

    def holds(self, spki: bytes) -> EscrowedKey:
        """The key whose public half this is, opened once to be sure. Raises when we do not hold it."""
        ...

    def history(self, owner: str) -> tuple[EscrowedKey, ...]:
        """Every key of an owner, oldest first."""
        ...

    def deliver(self, key_id: UUID, form: Form, parties: Parties, principal: Principal) -> Envelope:
        """To the recipient the key was allotted for. The same form again gives the same octets."""
        ...

    def open_grant(self, order: GrantOrder, principal: Principal) -> Grant: ...

    def grant(self, grant_id: UUID) -> Grant: ...

    def decide(self, grant_id: UUID, digest: bytes, principal: Principal, *, approve: bool) -> Grant:
        """One person's yes or no to the statement with this digest. Never the requester's; one each."""
        ...

    def withdraw(self, grant_id: UUID, principal: Principal) -> Grant: ...

    def release(self, grant_id: UUID, form: Form, parties: Parties, principal: Principal) -> tuple[Envelope, ...]:
        """Every key of an approved grant, enveloped to its recipient. Again gives the same octets."""
        ...

    def attest(self, grant_id: UUID, principal: Principal) -> Attestation:
        """Who asked, who agreed, which keys left in which envelopes: of a released grant."""
        ...
