"""What one certificate of a path must satisfy (证书逐项检查), one clause a function.

Each check returns (sub-indication, finding) pairs; none means nothing to object. RFC 5280 6.1, EN 319 102-1 5.2.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ca import oids
from ca.reading import Certificate, KeyUsage, Reason
from foundation.numbers import is_uscc
from foundation.text import Text
from verify.report import Finding, Severity, Sub, stamp
from verify.revocation import Revocation
from verify.trust import Use

Failures = list[tuple[Sub, Finding]]

_PROCESSED = frozenset(
    {
        oids.KEY_USAGE,
        oids.BASIC_CONSTRAINTS,
        oids.EXTENDED_KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
        oids.SUBJECT_KEY_ID,
        oids.AUTHORITY_KEY_ID,
        oids.CERTIFICATE_POLICIES,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.AUTHORITY_INFO_ACCESS,
    }
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The times a judgement is about. `proved`: an accepted time stamp shows the signature existed then."""

    now: datetime
    proved: datetime | None = None
    offline: bool = False

    @property
    def reference(self) -> datetime:
        return self.proved or self.now


def check_shape(certificate: Certificate, depth: int, path: Sequence[Certificate]) -> Failures:
    """RFC 5280 6.1.3 and 6.1.4: basic constraints, key usage, critical extensions, weak algorithms."""
    failures = []
    unknown = [e.oid for e in certificate.extensions if e.critical and e.oid not in _PROCESSED]
    if unknown:
        failures.append(
            constraint(
                "certificate.critical_extension",
                certificate,
                f"含有无法处理的关键扩展项 {unknown[0]}",
                f"critical extension {unknown[0]} is not understood",
            )
        )
    if depth and (not certificate.is_ca or certificate.version != 3 or not certificate.allows(KeyUsage.KEY_CERT_SIGN)):
        failures.append(
            constraint(
                "certificate.not_a_ca",
                certificate,
                "不是 CA 证书，却签发了证书",
                "it is no CA certificate, yet it issued one",
            )
        )
    below = sum(1 for item in path[1:depth] if not item.self_issued)
    if depth and certificate.path_len is not None and below > certificate.path_len:
        failures.append(
            constraint(
                "certificate.path_length",
                certificate,
                "证书路径超过允许长度",
                "the path below it is longer than it allows",
            )
        )
    anchored = depth == len(path) - 1  # nobody relies on the signature over an anchor
    if certificate.scheme is not None and certificate.scheme.weak and not anchored:
        finding = _finding(
            "certificate.weak_algorithm",
            Severity.UNKNOWN,
            certificate,
            "使用了已不安全的算法",
            "it is signed with an algorithm that is no longer safe",
        )
        failures.append((Sub.CRYPTO_CONSTRAINTS_FAILURE, finding))
    return failures


def check_leaf(leaf: Certificate, use: Use) -> Failures:
    """What the end-entity key may do (RFC 5280 4.2.1.3, RFC 3161 2.3)."""
    if use is Use.CERTIFICATE:
        return []
    if leaf.is_ca:
        return [constraint("certificate.ca_as_signer", leaf, "CA 证书不得用于签章", "a CA certificate must not seal")]
    signs = leaf.allows(KeyUsage.DIGITAL_SIGNATURE) or leaf.allows(KeyUsage.NON_REPUDIATION)
    stamping = oids.TIME_STAMPING in leaf.eku
    if use is Use.TIMESTAMP:
        extension = leaf.find(oids.EXTENDED_KEY_USAGE)
        fit = signs and leaf.eku == (oids.TIME_STAMPING,) and extension is not None and extension.critical
    else:
        fit = signs and not stamping and oids.OCSP_SIGNING not in leaf.eku
    if fit:
        return []
    return [constraint("certificate.wrong_usage", leaf, "密钥用法不允许此用途", "its key usage does not allow this")]


def check_validity(certificate: Certificate, moment: Moment, *, leaf: bool) -> Failures:
    at = moment.reference
    if certificate.valid_at(at):
        return []
    if at < certificate.not_before:
        finding = _finding(
            "certificate.not_yet_valid",
            Severity.ERROR,
            certificate,
            f"在 {stamp(at)} 尚未生效（自 {stamp(certificate.not_before)}）",
            f"it was not yet valid at {stamp(at)} (from {stamp(certificate.not_before)})",
        )
        return [(Sub.NOT_YET_VALID, finding)]
    until = stamp(certificate.not_after)
    more = ("，且没有可信时间证明签章早于此时", ", and no trusted time proves an earlier seal") if leaf else ("", "")
    finding = _finding(
        "certificate.expired",
        Severity.ERROR,
        certificate,
        f"已于 {until} 过期{more[0]}",
        f"it expired at {until}{more[1]}",
    )
    return [(Sub.EXPIRED if moment.proved else Sub.OUT_OF_BOUNDS_NO_POE, finding)]


def check_revocation(
    certificate: Certificate, state: Revocation, moment: Moment, *, leaf: bool
) -> tuple[Failures, list[Finding]]:
    if state.revoked:
        return _revoked(certificate, state, moment, leaf=leaf)
    if state.checked is None:
        finding = _finding(
            "revocation.unknown",
            Severity.UNKNOWN,
            certificate,
            "没有可用的撤销信息（CRL 或 OCSP），无法确认是否已被吊销",
            "there is no usable revocation data (CRL or OCSP), so it may have been revoked",
        )
        return [(Sub.TRY_LATER, finding)], []
    if state.stale(moment.now):
        text = (
            f"撤销信息已过期（至 {stamp(state.valid_until)}），请更新",
            f"its revocation data is out of date (until {stamp(state.valid_until)}); update it",
        )
        if moment.offline:  # offline is the same minus freshness, and says so (design.md 2.2)
            return [], [_finding("revocation.stale", Severity.WARNING, certificate, *text)]
        return [(Sub.TRY_LATER, _finding("revocation.stale", Severity.UNKNOWN, certificate, *text))], []
    return [], []


def _revoked(
    certificate: Certificate, state: Revocation, moment: Moment, *, leaf: bool
) -> tuple[Failures, list[Finding]]:
    at = stamp(state.revoked_at)
    reason = (state.reason or Reason.UNSPECIFIED).name.lower().replace("_", " ")
    if state.spares(moment.proved):
        note = _finding(
            "certificate.revoked_after_sealing",
            Severity.WARNING,
            certificate,
            f"已于 {at} 吊销（{reason}），但可信时间证明签章早于吊销，签章仍然有效",
            f"it was revoked at {at} ({reason}), but a trusted time proves that the seal is older, so it still holds",
        )
        return [], [note]
    finding = _finding(
        "certificate.revoked",
        Severity.ERROR,
        certificate,
        f"已于 {at} 被吊销（{reason}）",
        f"it was revoked at {at} ({reason})",
    )
    if not leaf:
        return [(Sub.REVOKED_CA_NO_POE, finding)], []
    return [(Sub.REVOKED if moment.proved else Sub.REVOKED_NO_POE, finding)], []


def constraint(code: str, certificate: Certificate, zh: str, en: str) -> tuple[Sub, Finding]:
    return Sub.CHAIN_CONSTRAINTS_FAILURE, _finding(code, Severity.ERROR, certificate, zh, en)


def _finding(code: str, severity: Severity, certificate: Certificate, zh: str, en: str) -> Finding:
    name = display_name(certificate)
    return Finding(code, severity, Text(f"证书“{name}”：{zh}。", f"Certificate {name!r}: {en}."))


def display_name(certificate: Certificate) -> str:
    """The organisation without the credit code that government certificates put before it, else the name."""
    subject = certificate.subject
    named = subject.organization or subject.common_name or subject.text
    return named[18:] if len(named) > 18 and is_uscc(named[:18]) else named
