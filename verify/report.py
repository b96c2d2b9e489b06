"""The answer of a verification (验证报告): verdict, signatures, findings, in Chinese and English.

Indications and sub-indications are those of ETSI EN 319 102-1 clause 5.1.3. `to_json` is a contract with programs
(design.md §4): fields may be added, never renamed. A report is built once and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from foundation.text import Text
from verify.changes import Change
from verify.indications import FAILED_SUBS, Indication, Sub, indication_of
from verify.material import Known, Material
from verify.safe_text import clean
from verify.sentences import VERDICTS, sentence

__all__ = [
    "FAILED_SUBS",
    "CertificateLine",
    "Finding",
    "Indication",
    "LicenceFacts",
    "Report",
    "Severity",
    "SignatureReport",
    "Sub",
    "Verdict",
    "by_weight",
    "clean",
    "decide",
    "indication_of",
    "stamp",
]


class Verdict(StrEnum):
    GENUINE = "genuine"
    NOT_GENUINE = "not_genuine"
    CANNOT_TELL = "cannot_tell"


class Severity(StrEnum):
    """ERROR decides against the file, UNKNOWN leaves it undecided, WARNING and INFO only inform."""

    ERROR = "error"
    UNKNOWN = "unknown"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason. `code` is stable; `where` names the signature or part it is about."""

    code: str
    severity: Severity
    text: Text
    where: str | None = None

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity.value,
            "text_zh": clean(self.text.zh),
            "text_en": clean(self.text.en),
        }
        if self.where is not None:
            found["where"] = clean(self.where)
        return found


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate of a path, leaf first."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    algorithm: str
    status: str
    """`good`, `revoked`, `unknown` (no revocation data), or `anchor` for the trusted root itself."""
    source: str | None = None
    """Where the status comes from: `crl` or `ocsp`, with the time of the list."""
    fingerprint: str | None = None
    """SHA-256 of the certificate."""
    octets: str | None = field(default=None, repr=False, compare=False)
    known: Known | None = field(default=None, repr=False, compare=False)
    """The data that decided about it."""

    def to_json(self) -> dict[str, Any]:
        return {
            "subject": clean(self.subject),
            "issuer": clean(self.issuer),
            "serial": self.serial,
            "not_before": stamp(self.not_before),
            "not_after": stamp(self.not_after),
            "algorithm": self.algorithm,
            "status": self.status,
            "source": self.source,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature. `intact`: mathematics and digests hold and nothing was changed afterwards, trust aside."""

    name: str
    kind: str
    """`seal` (official seal, or the signature of a printed code), `signature`, `timestamp` (of a document),
    `certificate` (the issuer's signature over a judged certificate) or `list` (over revocation data)."""
    format: str
    intact: bool
    trusted: bool
    sub_indication: Sub | None
    signer: str | None = None
    signer_subject: str | None = None
    time: datetime | None = None
    time_source: str | None = None
    """`timestamp` (proved by an authority) or `claimed` (the signer says so)."""
    algorithm: str | None = None
    certificate_path: tuple[CertificateLine, ...] = ()
    coverage: str | None = None
    unprotected: tuple[str, ...] = ()
    seal: Mapping[str, str] | None = None
    """Of the electronic seal: code, name, validity, maker, structure."""
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    """What later revisions of the file changed, allowed or not."""
    parent: str | None = None
    """Name of the signature this one hangs under: a counter-signature under what it countersigns."""
    covers: tuple[str, ...] = ()
    """Names of the signatures this one was made over."""
    material: Material | None = field(default=None, repr=False, compare=False)

    @property
    def indication(self) -> Indication:
        return indication_of(self.sub_indication)

    @property
    def sentence(self) -> Text:
        """One sentence for a clerk, the same in every kind of report."""
        sound, proved = self.intact and self.trusted, self.time_source == "timestamp"
        return sentence(self.kind, self.sub_indication, sound=sound, signer=self.signer, at=self.time, proved=proved)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": clean(self.name),
            "kind": self.kind,
            "intact": self.intact,
            "trusted": self.trusted,
            "indication": self.indication.value,
            "sub_indication": self.sub_indication.value if self.sub_indication else None,
            "signer": clean(self.signer) if self.signer is not None else None,
            "signer_subject": clean(self.signer_subject) if self.signer_subject is not None else None,
            "time": stamp(self.time),
            "time_source": self.time_source,
            "algorithm": self.algorithm,
            "format": self.format,
            "certificate_path": [line.to_json() for line in self.certificate_path],
            "coverage": self.coverage,
            "unprotected": [clean(part) for part in self.unprotected],
            "seal": {key: clean(value) for key, value in self.seal.items()} if self.seal is not None else None,
            "findings": [finding.to_json() for finding in self.findings],
            "changes": [change.to_json() for change in self.changes],
            "sentence_zh": self.sentence.zh,
            "sentence_en": self.sentence.en,
            "parent": clean(self.parent) if self.parent is not None else None,
            "covers": [clean(name) for name in self.covers],
        }


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """What the file or code says the licence is, and what the register says about it."""

    identifier: str | None = None
    type: str | None = None
    number: str | None = None
    holder: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Label in Chinese → value, of a printed code."""
    state: str | None = None
    """`valid`, `revoked`, `suspended`, `expired`; None when the register was not or could not be asked."""
    checked_at: datetime | None = None
    type_code: str | None = None
    """Of a printed code's template, where there is no identifier (GB/T 36904, 21 characters)."""

    def to_json(self) -> dict[str, Any]:
        return {
            "identifier": clean(self.identifier) if self.identifier is not None else None,
            "type": clean(self.type) if self.type is not None else None,
            "number": clean(self.number) if self.number is not None else None,
            "holder": clean(self.holder) if self.holder is not None else None,
            "values": {clean(key): clean(value) for key, value in self.values.items()},
            "state": self.state,
            "checked_at": stamp(self.checked_at),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The answer about one file, code or certificate."""

    name: str | None
    kind: str
    """`pdf`, `ofd`, `cms`, `jws`, `seal`, `certificate`, `list`, `timestamp`, `code` or `unknown`."""
    sha256: str
    size: int
    verdict: Verdict
    intact: bool
    judged_at: datetime
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Every finding, those of single signatures too (with `where` set), the deciding ones first."""
    licence: LicenceFacts | None = None

    @property
    def summary(self) -> Text:
        """One sentence: the verdict and its first reason."""
        head = VERDICTS[self.verdict]
        deciding = next(
            (f for wanted in (Severity.ERROR, Severity.UNKNOWN) for f in self.findings if f.severity is wanted), None
        )
        if self.verdict is Verdict.GENUINE or deciding is None:
            return head
        return Text(f"{head.zh}{deciding.text.zh}", f"{head.en} {deciding.text.en}")

    def has(self, code: str) -> bool:
        return any(finding.code == code for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": clean(self.name) if self.name is not None else None,
            "kind": self.kind,
            "sha256": self.sha256,
            "size": self.size,
            "verdict": self.verdict.value,
            "intact": self.intact,
            "summary_zh": clean(self.summary.zh),
            "summary_en": clean(self.summary.en),
            "judged_at": stamp(self.judged_at),
            "signatures": [signature.to_json() for signature in self.signatures],
            "findings": [finding.to_json() for finding in self.findings],
            "licence": self.licence.to_json() if self.licence else None,
        }


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then open questions, then the rest; equal ones said once."""
    order = list(Severity)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.severity)))


def decide(signatures: Iterable[SignatureReport], findings: Iterable[Finding], *, needs_seal: bool = True) -> Verdict:
    """Every error decides against, every open question leaves it open; genuine needs a trusted official seal.

    All signatures of a file must hold: a file with one good and one broken seal is not genuine. Where the file is
    nothing but a signature (`needs_seal` false), anybody's will do: the report says whose.
    """
    signatures = tuple(signatures)
    every = (*findings, *(finding for signature in signatures for finding in signature.findings))
    severities = {finding.severity for finding in every}
    broken = not all(signature.intact for signature in signatures)
    if Severity.ERROR in severities or (broken and Severity.UNKNOWN not in severities):
        return Verdict.NOT_GENUINE
    sealed = any(signature.kind in ("seal", "certificate") for signature in signatures) or (
        bool(signatures) and not needs_seal
    )
    # a document time stamp nobody vouches for proves nothing, and takes nothing from a seal that stands without it
    standing = [signature for signature in signatures if signature.kind != "timestamp"] or signatures
    believed = all(signature.trusted for signature in standing)
    if broken or Severity.UNKNOWN in severities or not sealed or not believed:
        return Verdict.CANNOT_TELL
    return Verdict.GENUINE


def stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None
