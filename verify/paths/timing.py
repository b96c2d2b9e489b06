"""When a certificate holds (有效期与撤销), seen from the moment in question: RFC 5280 6.1.3 (a)(2), (a)(3).

With the sub-indications of EN 319 102-1 5.2.6: what a proved time saves, and what it does not.
"""

from __future__ import annotations

from ca.reading import Certificate, Reason
from verify.anchors import AnchorRules
from verify.moments import Moment
from verify.paths.faults import Failures, about, constraint
from verify.paths.known_lists import Unusable
from verify.paths.statements import FORWARD, HARMLESS, Revocation
from verify.report import Finding, Severity, Sub, stamp


def check_validity(certificate: Certificate, moment: Moment, *, leaf: bool) -> Failures:
    at = moment.reference
    if certificate.valid_at(at):
        return []
    if at < certificate.not_before:
        finding = about(
            "certificate.not_yet_valid",
            Severity.ERROR,
            certificate,
            f"在 {stamp(at)} 尚未生效（自 {stamp(certificate.not_before)}）",
            f"it was not yet valid at {stamp(at)} (from {stamp(certificate.not_before)})",
        )
        return [(Sub.NOT_YET_VALID, finding)]
    until = stamp(certificate.not_after)
    more = ("，且没有可信时间证明签章早于此时", ", and no trusted time proves an earlier seal") if leaf else ("", "")
    finding = about(
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
        zh, en = _why_unusable(state.unusable)
        lost = Unusable.OUT_OF_BOUNDS in state.unusable
        finding = about(
            "revocation.unknown",
            Severity.UNKNOWN,
            certificate,
            f"没有可用的撤销信息（CRL 或 OCSP）{zh}，无法确认是否已被吊销",
            f"there is no usable revocation data (CRL or OCSP){en}, so it may have been revoked",
        )
        return [(Sub.REVOCATION_OUT_OF_BOUNDS_NO_POE if lost else Sub.TRY_LATER, finding)], []
    return _silent(certificate, state, moment, leaf=leaf)


def _silent(
    certificate: Certificate, state: Revocation, moment: Moment, *, leaf: bool
) -> tuple[Failures, list[Finding]]:
    """No revocation is known: is that an answer for this moment?"""
    if state.stale(moment.now) and not state.covers(moment.proved, as_of=moment.as_of or not leaf):
        text = (
            f"撤销信息已过期（至 {stamp(state.valid_until)}），请更新",
            f"its revocation data is out of date (until {stamp(state.valid_until)}); update it",
        )
        if moment.offline:  # offline is the same minus freshness, and says so (design.md 2.2)
            return [], [about("revocation.stale", Severity.WARNING, certificate, *text)]
        return [(Sub.TRY_LATER, about("revocation.stale", Severity.UNKNOWN, certificate, *text))], []
    if state.late and certificate.valid_at(moment.reference):
        text = (
            "撤销信息在证书过期后才签发，可能不再列出早先的吊销",
            "its revocation data was made after it expired and may no longer name an earlier revocation",
        )
        if leaf and not moment.as_of:  # X.509 8.6.2.5: silence of such a list is no answer (EN 319 102-1 5.2.6.4)
            return [(Sub.OUT_OF_BOUNDS_NO_POE, about("revocation.late", Severity.UNKNOWN, certificate, *text))], []
        return [], [about("revocation.late", Severity.WARNING, certificate, *text)]
    return [], []


def _why_unusable(faults: frozenset[Unusable]) -> tuple[str, str]:
    if not faults:
        return "", ""
    said = [_UNUSABLE[fault] for fault in sorted(faults)]
    return f"：{'、'.join(zh for zh, _ in said)}", ": " + ", ".join(en for _, en in said)


_UNUSABLE = {
    Unusable.SCOPE: ("列表不适用于该证书", "a list is not about this certificate"),
    Unusable.SIGNATURE: ("列表签名不成立", "the signature of a list does not hold"),
    Unusable.NOT_ALLOWED: ("签发者无权签发列表", "its issuer may not sign lists"),
    Unusable.SIGNER: ("列表签发者不可信", "the signer of a list is not trusted"),
    Unusable.CRITICAL: ("含有无法处理的关键扩展项", "a critical extension is not understood"),
    Unusable.DELTA_ALONE: ("只有增量列表", "there is a delta list only"),
    Unusable.REASONS: ("未覆盖全部吊销原因", "not all reasons are covered"),
    Unusable.WEAK: ("列表签名算法已不安全", "a list is signed with an algorithm that is no longer safe"),
    Unusable.MALFORMED: ("列表损坏", "a list is damaged"),
    Unusable.OUT_OF_BOUNDS: (
        "附带的撤销信息无法证明早于其签发者证书到期",
        "nothing proves that the data in the file is older than the end of its signer's certificate",
    ),
    Unusable.RESPONDER: ("OCSP 应答者未获授权", "the OCSP responder is not authorised"),
}


def _revoked(
    certificate: Certificate, state: Revocation, moment: Moment, *, leaf: bool
) -> tuple[Failures, list[Finding]]:
    at = stamp(state.revoked_at)
    reason = (state.reason or Reason.UNSPECIFIED).name.lower().replace("_", " ")
    if state.spares(moment.proved, FORWARD if leaf and not moment.as_of else HARMLESS):
        note = about(
            "certificate.revoked_after_sealing",
            Severity.WARNING,
            certificate,
            f"已于 {at} 吊销（{reason}），但可信时间证明签章早于吊销，签章仍然有效",
            f"it was revoked at {at} ({reason}), but a trusted time proves that the seal is older, so it still holds",
        )
        return [], [note]
    finding = about(
        "certificate.revoked",
        Severity.ERROR,
        certificate,
        f"已于 {at} 被吊销（{reason}）",
        f"it was revoked at {at} ({reason})",
    )
    if not leaf:
        return [(Sub.REVOKED_CA_NO_POE, finding)], []
    return [(Sub.REVOKED if moment.proved else Sub.REVOKED_NO_POE, finding)], []


def check_withdrawn(anchor: Certificate, rules: AnchorRules, moment: Moment) -> Failures:
    """What was proved before the root was withdrawn stands; EN 319 102-1 calls the day its sunset."""
    at, since = moment.reference, rules.withdrawn_since
    if since is not None and at >= since:
        zh = f"信任库自 {stamp(since)} 起不再信任该根证书"
        en = f"the root is no longer trusted since {stamp(since)}"
        return [constraint("certificate.anchor_withdrawn", anchor, zh, en)]
    start, end = rules.trusted_from, rules.trusted_until
    if (start is None or at >= start) and (end is None or at < end):
        return []
    zh = f"信任库只在 {stamp(start) or '…'} 至 {stamp(end) or '…'} 期间信任该根证书，不含 {stamp(at)}"
    en = f"the root is trusted from {stamp(start) or '…'} until {stamp(end) or '…'} only, not at {stamp(at)}"
    return [constraint("certificate.anchor_period", anchor, zh, en)]
