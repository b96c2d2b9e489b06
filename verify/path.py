"""Is this certificate to be believed (证书核验)? The door to `verify.paths`: RFC 5280 6, GB/T 20518, EN 319 102-1.

Built from the trust store and the file's own certificates, ended only by an anchor. Never raises over what it is given:
a limit that was reached is one more reason in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ca.reading import Certificate
from foundation.text import Text
from verify.anchors import Use
from verify.material import packed
from verify.moments import Moment
from verify.paths.building import Search
from verify.paths.faults import Failures, display_name
from verify.paths.inquiry import Inquiry
from verify.paths.judging import Walk, vouch, walk
from verify.paths.known_lists import Unusable
from verify.paths.limits import Budget, OutOfBounds
from verify.paths.memory import Path
from verify.paths.pool import Pool
from verify.paths.signatures import Signatures
from verify.paths.state import PathRules
from verify.report import CertificateLine, Finding, Severity, Sub
from verify.times.evidence import enlarge
from verify.trust import TrustStore

__all__ = ["PathResult", "PathRules", "validate"]

_USUAL = PathRules()


@dataclass(frozen=True, slots=True)
class PathResult:
    """`sub` is None when the path is trusted. `certificates` runs from leaf to anchor, as far as it could be built."""

    certificates: tuple[Certificate, ...]
    lines: tuple[CertificateLine, ...]
    sub: Sub | None
    findings: tuple[Finding, ...]
    policies: frozenset[str] = frozenset()
    """The policies all authorities and the caller agree on (RFC 5280 6.1.5 (g))."""
    unusable: frozenset[Unusable] = frozenset()
    """Why revocation data could not be used, where it was needed."""

    @property
    def trusted(self) -> bool:
        return self.sub is None


def validate(
    leaf: Certificate,
    trust: TrustStore,
    *,
    extra: Iterable[Certificate] = (),
    moment: Moment,
    use: Use,
    asked: PathRules = _USUAL,
) -> PathResult:
    """The best path for `leaf`: a trusted one if there is any, else the nearest.

    Where the trust store may ask somebody for what is missing, it does so once, and everything is weighed again.
    """
    known = tuple(extra)
    found = _validate(leaf, trust, known, moment, use, asked)
    if trust.online is None or moment.offline or found.sub not in _MISSING:
        return found
    larger = enlarge(trust, trust.online.about(found.certificates))
    return found if larger is trust else _validate(leaf, larger, known, moment, use, asked)


_MISSING = frozenset({Sub.NO_CERTIFICATE_CHAIN_FOUND, Sub.TRY_LATER, Sub.REVOCATION_OUT_OF_BOUNDS_NO_POE})


def _validate(
    leaf: Certificate, trust: TrustStore, extra: tuple[Certificate, ...], moment: Moment, use: Use, asked: PathRules
) -> PathResult:
    pool, budget = Pool(trust, extra), Budget()
    signatures = Signatures(budget)
    inquiry = Inquiry(pool, moment, budget, signatures, vouch, asked.allow_weak)
    search = Search(pool, budget, signatures)
    best: PathResult | None = None
    try:
        for path in search.paths(leaf):
            result = _result(path, walk(path, use, asked, inquiry))
            if result.trusted:
                return result
            best = best or result
    except OutOfBounds as error:
        return _stopped(leaf, best, error.what)
    if search.cut or pool.crowded:
        return _stopped(leaf, best, "paths")
    return best or _no_chain(leaf, search.unsigned)


def judge_path(path: Path, trust: TrustStore, *, moment: Moment, use: Use, asked: PathRules = _USUAL) -> PathResult:
    """A given chain, leaf first and anchor last, as it stands; nothing is searched for but signers of lists."""
    budget = Budget()
    inquiry = Inquiry(Pool(trust, path), moment, budget, Signatures(budget), vouch, asked.allow_weak)
    try:
        return _result(path, walk(path, use, asked, inquiry))
    except OutOfBounds as error:
        return _stopped(path[0], None, error.what)


def _result(path: Path, found: Walk) -> PathResult:
    findings = tuple(dict.fromkeys((*(finding for _, finding in found.failures), *found.notes)))
    return PathResult(
        path, tuple(found.lines), _worst(found.failures), findings, found.policies, frozenset(found.unusable)
    )


_ORDER = (
    Sub.CHAIN_CONSTRAINTS_FAILURE,
    Sub.CRYPTO_CONSTRAINTS_FAILURE,
    Sub.REVOKED_CA_NO_POE,
    Sub.REVOKED,
    Sub.REVOKED_NO_POE,
    Sub.NOT_YET_VALID,
    Sub.EXPIRED,
    Sub.OUT_OF_BOUNDS_NO_POE,
    Sub.REVOCATION_OUT_OF_BOUNDS_NO_POE,
    Sub.TRY_LATER,
)


def _worst(failures: Failures) -> Sub | None:
    return min((sub for sub, _ in failures), key=_ORDER.index, default=None)


def _no_chain(leaf: Certificate, unsigned: Certificate | None) -> PathResult:
    if unsigned is not None:
        named = display_name(unsigned)
        text = Text(
            f"证书“{named}”的签名与其所称签发者的密钥不符，不能判断其身份。",
            f"Certificate {named!r} was not signed with the key of the issuer it names, so nobody vouches for it.",
        )
        return _unchained(
            leaf, Sub.NO_CERTIFICATE_CHAIN_FOUND, Finding("certificate.signature", Severity.UNKNOWN, text)
        )
    issuer = leaf.issuer.common_name or leaf.issuer.text
    text = Text(
        f"信任库中没有“{issuer}”，不认识该签章者，不能判断其身份。",
        f"The signer is vouched for by {issuer!r}, which is not in the trust store: sealed by someone this verifier "
        "does not know.",
    )
    finding = Finding("certificate.unknown_issuer", Severity.UNKNOWN, text)
    return _unchained(leaf, Sub.NO_CERTIFICATE_CHAIN_FOUND, finding)


_LIMITS = {
    "signatures": ("需要验证的签名过多", "too many signatures to check"),
    "paths": ("可能的证书路径过多或过长", "too many or too long certificate paths"),
    "name constraints": ("名称约束过多", "too many name constraints"),
}


def _stopped(leaf: Certificate, best: PathResult | None, what: str) -> PathResult:
    """A limit was reached before a trusted path was found."""
    zh, en = _LIMITS[what]
    text = Text(f"核验已停止：{zh}，超出上限。", f"Stopped: {en}, beyond the limits of this verifier.")
    finding = Finding("certificate.limits", Severity.UNKNOWN, text)
    if best is None:
        return _unchained(leaf, Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, finding)
    return PathResult(best.certificates, best.lines, best.sub, (*best.findings, finding), unusable=best.unusable)


def _unchained(leaf: Certificate, sub: Sub, finding: Finding) -> PathResult:
    line = CertificateLine(
        leaf.subject.text,
        leaf.issuer.text,
        f"{leaf.serial:x}",
        leaf.not_before,
        leaf.not_after,
        leaf.scheme.value if leaf.scheme else "unknown",
        "unknown",
        fingerprint=leaf.fingerprint,
        octets=packed(leaf.der),
    )
    return PathResult((leaf,), (line,), sub, (finding,))
