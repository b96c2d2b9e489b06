"""The one question everybody asks (核验): is this genuine, and why? Files, certificates and printed codes.

Detect → format checks → signatures → paths → revocation → time → licence status → verdict (design 2.3). Returns a full
report for whatever octets come in, never raises over them. Each kind has its judge in `verify.kinds`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from verify import strictness
from verify.context import MOST_OCTETS, Context
from verify.detect import FileKind, detect
from verify.evidence_file import pair
from verify.kinds import DOCUMENTS, SIGNATURE_FILES, WITH_CONTENT, File, Judged, judge_pair, judge_printed
from verify.report import Finding, Report, Severity, SignatureReport, by_weight, decide
from verify.scope import check_scope
from verify.seal_states import ask_about_seals
from verify.status import ask_about_file
from verify.words import finding

__all__ = ["MOST_OCTETS", "Context", "judge", "judge_code"]


def judge(
    data: bytes, *, name: str | None, context: Context, content: bytes | None = None, record: bytes | None = None
) -> Report:
    """The report about a file. `content` is what a detached signature is about, `record` an evidence record about it;
    a record as `content`, or with its file as `content`, is understood too.
    """
    file = File(data, name, content)
    told_apart = pair(file, record)
    kind = detect(data)
    judged = _refusal(file, context) or judge_pair(told_apart, context)
    judged = replace(judged, signatures=ask_about_seals(judged.signatures, context))
    judged = replace(
        judged, signatures=check_scope(judged.signatures, judged.licence, context.trust, context.moment.now)
    )
    if context.strict:
        hardened = tuple(map(strictness.harden_signature, judged.signatures))
        judged = replace(judged, signatures=hardened, findings=tuple(map(strictness.harden, judged.findings)))
    found = list(judged.findings)
    licence = judged.licence
    if kind in DOCUMENTS:
        found += _unsealed(judged.signatures, found)
    if kind in (FileKind.CMS, FileKind.JWS) and _all_personal(judged.signatures):
        found.append(finding("file.no_official_seal", severity=Severity.WARNING))
    if told_apart.subject.content is not None and kind not in WITH_CONTENT:
        found.append(finding("content.unused"))
    if licence is not None and judged.signatures:
        asked = ask_about_file(licence, None if context.offline else context.status)
        licence, found = asked.facts, [*found, *asked.findings]
    told = replace(judged, findings=tuple(found), licence=licence)
    return _report(file, kind, told, context.moment.now)


def judge_code(text: str, *, context: Context) -> Report:
    """The report about a scanned code."""
    file = File(text.encode("utf-8", "replace"))
    judged = judge_printed(file, context)
    judged = replace(
        judged, signatures=check_scope(judged.signatures, judged.licence, context.trust, context.moment.now)
    )
    return _report(file, FileKind.CODE, judged, context.moment.now)


def _refusal(file: File, context: Context) -> Judged | None:
    """What is not even looked at."""
    if not file.data:
        return Judged(findings=(finding("file.empty"),))
    if max(len(file.data), len(file.content or b"")) > context.most_octets:
        return Judged(findings=(finding("file.too_large", context.most_octets // (1024 * 1024)),))
    return None


def _unsealed(signatures: tuple[SignatureReport, ...], found: list[Finding]) -> list[Finding]:
    if not signatures:
        return [] if _NOT_READ & {item.code for item in found} else [finding("unsigned")]
    return [finding("file.no_official_seal")] if _all_personal(signatures) else []


def _all_personal(signatures: Iterable[SignatureReport]) -> bool:
    """Sound signatures, none of them an official seal."""
    kinds = {signature.kind for signature in signatures}
    return bool(kinds) and "seal" not in kinds and all(signature.intact for signature in signatures)


_NOT_READ = frozenset({"file.too_large", "file.damaged", "file.limits", "pdf.encrypted", "ofd.encrypted"})
"""Findings that mean nobody could see whether there is a seal."""


def _report(file: File, kind: FileKind, judged: Judged, now: datetime) -> Report:
    signatures, found = judged.signatures, judged.findings
    every = by_weight([*found, *(item for signature in signatures for item in signature.findings)])
    changed = any(item.code in _CHANGES for item in found)
    return Report(
        name=file.name,
        kind=kind.value,
        sha256=hashlib.sha256(file.data).hexdigest(),
        size=len(file.data),
        verdict=decide(signatures, found, needs_seal=kind not in SIGNATURE_FILES),
        intact=bool(signatures) and all(signature.intact for signature in signatures) and not changed,
        judged_at=now,
        signatures=signatures,
        findings=every,
        licence=judged.licence,
    )


_CHANGES = frozenset(
    {
        "file.damaged",
        "file.limits",
        "pdf.trailing_bytes",
        "pdf.leading_bytes",
        "ofd.unlisted",
        "ofd.container",
        "ofd.integrity_names_only",
        "ofd.signature_twice",
        "ofd.unsealed_document",
    }
)
"""Findings about the file as a whole that mean it is not as it was when it was signed."""
