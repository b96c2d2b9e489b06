"""The one question everybody asks (核验): is this genuine, and why? Files, certificates and printed codes.

Detect → format checks → signatures → paths → revocation → time → licence status → verdict (design 2.3). Returns a full
report for whatever octets come in, never raises over them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from foundation.clock import Clock
from verify import facts
from verify.certificates import judge_certificates
from verify.code_judge import judge_text
from verify.code_trust import code_trust
from verify.detect import FileKind, detect
from verify.moments import Moment
from verify.ofd.judge import judge_ofd
from verify.pdf.judge import judge_pdf
from verify.report import Finding, LicenceFacts, Report, SignatureReport, by_weight, decide
from verify.status import StatusSource, ask_about_file
from verify.trust import TrustStore
from verify.words import finding

MOST_OCTETS = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Context:
    """What the verifier believes, when "now" is, and whom it may ask. `status` None: nobody (offline)."""

    trust: TrustStore
    clock: Clock
    at: datetime | None = None
    status: StatusSource | None = None
    offline: bool = False
    most_octets: int = MOST_OCTETS

    @property
    def moment(self) -> Moment:
        return Moment(self.at or self.clock.now(), offline=self.offline)


def judge(data: bytes, *, name: str | None, context: Context) -> Report:
    """The report about a file."""
    moment = context.moment
    kind = detect(data)
    signatures: tuple[SignatureReport, ...] = ()
    found: list[Finding] = []
    licence: LicenceFacts | None = None
    if not data:
        found.append(finding("file.empty"))
    elif len(data) > context.most_octets:
        found.append(finding("file.too_large", context.most_octets // (1024 * 1024)))
    elif kind is FileKind.PDF:
        pdf = judge_pdf(data, context.trust, moment)
        signatures, found = pdf.signatures, list(pdf.findings)
        licence = facts.from_document(pdf.licence) if pdf.licence is not None else None
    elif kind is FileKind.OFD:
        ofd = judge_ofd(data, context.trust, moment)
        signatures, found = ofd.signatures, list(ofd.findings)
        licence = facts.from_items(ofd.licence) if ofd.licence is not None else None
    elif kind is FileKind.CERTIFICATE:
        signatures, found = judge_certificates(data, context.trust, moment)
    else:
        found.append(finding("file.unknown_format"))
    if kind in (FileKind.PDF, FileKind.OFD):
        found += _unsealed(signatures, found)
    if licence is not None and signatures:
        asked = ask_about_file(licence, None if context.offline else context.status)
        licence, found = asked.facts, [*found, *asked.findings]
    return _report(data, name, kind.value, signatures, found, licence, moment.now)


def judge_code(text: str, *, context: Context) -> Report:
    """The report about a scanned code."""
    moment = context.moment
    known = code_trust(context.trust, moment)
    source = None if context.offline else context.status
    signatures, found, licence = judge_text(text, known, moment.now, source)
    return _report(text.encode("utf-8", "replace"), None, "code", signatures, found, licence, moment.now)


def _unsealed(signatures: Iterable[SignatureReport], found: list[Finding]) -> list[Finding]:
    kinds = [signature.kind for signature in signatures]
    if not kinds:
        blocked = {"file.damaged", "file.limits", "pdf.encrypted", "ofd.integrity"}
        return [] if blocked & {item.code for item in found} else [finding("unsigned")]
    if "seal" not in kinds and all(signature.intact for signature in signatures):
        return [finding("file.no_official_seal")]
    return []


def _report(
    data: bytes,
    name: str | None,
    kind: str,
    signatures: tuple[SignatureReport, ...],
    found: list[Finding],
    licence: LicenceFacts | None,
    now: datetime,
) -> Report:
    every = by_weight([*found, *(item for signature in signatures for item in signature.findings)])
    changed = any(item.code in _CHANGES for item in found)
    return Report(
        name=name,
        kind=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        verdict=decide(signatures, found),
        intact=bool(signatures) and all(signature.intact for signature in signatures) and not changed,
        judged_at=now,
        signatures=signatures,
        findings=every,
        licence=licence,
    )


_CHANGES = frozenset(
    {"file.damaged", "file.limits", "pdf.trailing_bytes", "pdf.leading_bytes", "ofd.unlisted", "ofd.container"}
)
"""Findings about the file as a whole that mean it is not as it was when it was signed."""
