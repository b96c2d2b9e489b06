"""Strict judging (严格核验): what is tolerated because real seals need it becomes an error.

The tolerant verdict is the usual one and lists every departure; whoever accepts seals for a register may be stricter.
"""

from __future__ import annotations

from dataclasses import replace

from verify.report import Finding, Severity, SignatureReport, Sub

_ALSO = frozenset({"seal.same_signer", "seal.critical_extension"})


def is_tolerated(code: str) -> bool:
    """True for a finding that strict judging does not forgive."""
    return code.startswith("deviation.") or code in _ALSO


def harden(found: Finding) -> Finding:
    lenient = found.severity in (Severity.WARNING, Severity.INFO)
    return replace(found, severity=Severity.ERROR) if lenient and is_tolerated(found.code) else found


def harden_signature(report: SignatureReport) -> SignatureReport:
    """The same mathematics, but no longer a signature to rely on when it departs from its standard."""
    findings = tuple(map(harden, report.findings))
    if findings == report.findings:
        return report
    sub = report.sub_indication or Sub.SIG_CONSTRAINTS_FAILURE
    return replace(report, trusted=False, sub_indication=sub, findings=findings)
