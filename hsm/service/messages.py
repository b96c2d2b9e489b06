"""What may be asked of the signer, and what it answers (请求与应答). One class a purpose: nobody can ask "sign this".

The octets of a signing request are always the whole content (a TBSCertificate, a TBSCertList, a TSTInfo's signed
attributes …), never a digest; the signer reads them before it signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hsm.keys import Algorithm, KeyRef, Purpose


@dataclass(frozen=True, slots=True, repr=False)
class SignRequest:
    key: str
    version: int
    intent: str
    data: bytes
    content: bytes
    """What `data` holds only the digest of, where the policy must read it; else nothing."""


class SignCertificate(SignRequest):
    __slots__ = ()


class SignCrl(SignRequest):
    __slots__ = ()


class SignOcsp(SignRequest):
    __slots__ = ()


class SignTimestamp(SignRequest):
    __slots__ = ()


class SignSealMaking(SignRequest):
    __slots__ = ()


class SignSealing(SignRequest):
    __slots__ = ()


class SignSealStatus(SignRequest):
    __slots__ = ()


class SignReport(SignRequest):
    __slots__ = ()


class SignTrustList(SignRequest):
    __slots__ = ()


class SignApproval(SignRequest):
    __slots__ = ()


class SignToken(SignRequest):
    __slots__ = ()


class SignCheckpoint(SignRequest):
    __slots__ = ()


class SignCode(SignRequest):
    __slots__ = ()


class SignClient(SignRequest):
    __slots__ = ()


class SignTranscript(SignRequest):
    __slots__ = ()


class SignCmp(SignRequest):
    __slots__ = ()


SIGNING: dict[Purpose, type[SignRequest]] = {
    Purpose.CERTIFICATE: SignCertificate,
    Purpose.CRL: SignCrl,
    Purpose.OCSP: SignOcsp,
    Purpose.TIMESTAMP: SignTimestamp,
    Purpose.SEAL_MAKING: SignSealMaking,
    Purpose.SEALING: SignSealing,
    Purpose.SEAL_STATUS: SignSealStatus,
    Purpose.REPORT: SignReport,
    Purpose.TRUST_LIST: SignTrustList,
    Purpose.APPROVAL: SignApproval,
    Purpose.TOKEN: SignToken,
    Purpose.CHECKPOINT: SignCheckpoint,
    Purpose.CODE: SignCode,
    Purpose.CLIENT: SignClient,
    Purpose.TRANSCRIPT: SignTranscript,
    Purpose.CMP: SignCmp,
}


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    value: bytes


@dataclass(frozen=True, slots=True, repr=False)
class CertificateToSign:
    intent: str
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SignCertificates:
    """Many certificates under one key: each is judged for itself, and all go into the journal in one write."""

    key: str
    version: int
    items: tuple[CertificateToSign, ...]


@dataclass(frozen=True, slots=True, repr=False)
class SignedMany:
    """In the order they came; nothing where the policy refused. Asked for alone, it is told why."""

    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing to tell but that it happened."""


@dataclass(frozen=True, slots=True)
class Who:
    """The principal as the audit row will name it; permissions were checked by the route."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class GenerateKey:
    name: str
    algorithm: Algorithm
    purposes: frozenset[Purpose]
    who: Who


@dataclass(frozen=True, slots=True)
class EnsureKey:
    name: str
    algorithm: Algorithm
    purposes: frozenset[Purpose]
    who: Who


@dataclass(frozen=True, slots=True)
class RenewKey:
    name: str
    who: Who


@dataclass(frozen=True, slots=True)
class RetireKey:
    name: str
    version: int
    who: Who


@dataclass(frozen=True, slots=True)
class FindKey:
    """With `active`: the version must still sign, or the answer is empty."""

    name: str
    version: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class Found:
    ref: KeyRef | None


@dataclass(frozen=True, slots=True)
class NamesOfKeys:
    prefix: str


@dataclass(frozen=True, slots=True)
class Names:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnwrapDataKeys:
    """All versions of a data key. Reads only: a web process may ask in the middle of its own transaction."""

    name: str


@dataclass(frozen=True, slots=True)
class RotateDataKey:
    name: str
    who: Who


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    version: int
    algorithm: str
    key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class DataKeys:
    keys: tuple[DataKey, ...]


@dataclass(frozen=True, slots=True)
class AskStatus:
    pass


@dataclass(frozen=True, slots=True)
class Status:
    """What everybody connected may know: nothing of it is secret."""

    sealed: bool
    reason_zh: str
    reason_en: str
    method: str
    shares_have: int
    shares_need: int
    pid: int
    uid: int
    environment: str
    started_at: datetime
    journal_records: int
    journal_head: str
    healed_octets: int
    lacking: tuple[str, ...]
    """Protections of the process that could not be had, in words."""


@dataclass(frozen=True, slots=True)
class SealUp:
    """One operator is enough to seal."""


@dataclass(frozen=True, slots=True, repr=False)
class UnsealShare:
    words: str


@dataclass(frozen=True, slots=True, repr=False)
class UnsealPassphrase:
    passphrase: str


@dataclass(frozen=True, slots=True)
class UnsealConfigured:
    """Open again from the key file or the configured passphrase."""


@dataclass(frozen=True, slots=True)
class PermitLate:
    """Let one intent be signed although it was recorded long ago (web was down for days)."""

    intent: str
