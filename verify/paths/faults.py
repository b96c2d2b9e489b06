"""How a check objects (不符合项): a sub-indication of EN 319 102-1, and a finding in two languages."""

from __future__ import annotations

from ca.reading import Certificate
from foundation.numbers import is_uscc
from foundation.text import Text
from verify.report import Finding, Severity, Sub

Failures = list[tuple[Sub, Finding]]


def constraint(code: str, certificate: Certificate, zh: str, en: str) -> tuple[Sub, Finding]:
    return Sub.CHAIN_CONSTRAINTS_FAILURE, about(code, Severity.ERROR, certificate, zh, en)


def about(code: str, severity: Severity, certificate: Certificate, zh: str, en: str) -> Finding:
    name = display_name(certificate)
    return Finding(code, severity, Text(f"证书“{name}”：{zh}。", f"Certificate {name!r}: {en}."))


def display_name(certificate: Certificate) -> str:
    """The organisation without the credit code that government certificates put before it, else the name."""
    subject = certificate.subject
    named = subject.organization or subject.common_name or subject.text
    return named[18:] if len(named) > 18 and is_uscc(named[:18]) else named
