"""Certificate paths (证书路径), validated link by link: RFC 5280 6.1, GB/T 20518, indications of EN 319 102-1.

Built from the trust store and the file's own certificates, ended only by an anchor. Depth and fan-out are bounded, a
critical extension we do not process refuses the path, names are compared by octets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ca.reading import Certificate
from foundation.text import Text
from verify import path_checks
from verify.links import issued
from verify.path_checks import Moment
from verify.report import CertificateLine, Finding, Severity, Sub
from verify.revocation import revocation_of
from verify.trust import TrustStore, Use

MOST_DEPTH = 8
MOST_PATHS = 32


@dataclass(frozen=True, slots=True)
class PathResult:
    """`sub` is None when the path is trusted. `certificates` runs from leaf to anchor, as far as it could be built."""

    certificates: tuple[Certificate, ...]
    lines: tuple[CertificateLine, ...]
    sub: Sub | None
    findings: tuple[Finding, ...]

    @property
    def trusted(self) -> bool:
        return self.sub is None


def validate(
    leaf: Certificate, trust: TrustStore, *, extra: Iterable[Certificate] = (), moment: Moment, use: Use
) -> PathResult:
    """The best path for `leaf`: a trusted one if there is any, else the one that fails last."""
    paths = list(_paths(leaf, trust, tuple(extra)))
    if not paths:
        return _no_chain(leaf)
    best: PathResult | None = None
    for path in paths:
        result = _judge(path, trust, moment, use)
        if result.trusted:
            return result
        best = best or result
    assert best is not None  # noqa: S101 - there was at least one path
    return best


def _paths(leaf: Certificate, trust: TrustStore, extra: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
    """Every chain of verified links from `leaf` to an anchor, at most MOST_PATHS, depth first."""
    count = tried = 0
    stack: list[tuple[Certificate, ...]] = [(leaf,)]
    while stack and count < MOST_PATHS and tried < 4 * MOST_PATHS:
        path = stack.pop()
        last = path[-1]
        if last.fingerprint in trust.anchor_prints:
            count += 1
            yield path
            continue
        if len(path) >= MOST_DEPTH:
            continue
        prints = {certificate.fingerprint for certificate in path}
        known = trust.by_subject.get(last.issuer.raw, ())
        for issuer in (*(c for c in extra if c.subject.raw == last.issuer.raw), *known):
            tried += 1
            if issuer.fingerprint not in prints and issued(issuer, last):
                prints.add(issuer.fingerprint)
                stack.append((*path, issuer))


def _no_chain(leaf: Certificate) -> PathResult:
    finding = Finding(
        "certificate.unknown_issuer",
        Severity.UNKNOWN,
        Text(
            f"信任库中没有“{leaf.issuer.common_name or leaf.issuer.text}”，不认识该签章者，不能判断其身份。",
            f"The signer is vouched for by {leaf.issuer.common_name or leaf.issuer.text!r}, which is not in the trust "
            "store: sealed by someone this verifier does not know.",
        ),
    )
    return PathResult((leaf,), (_line(leaf, "unknown"),), Sub.NO_CERTIFICATE_CHAIN_FOUND, (finding,))


def _judge(path: Sequence[Certificate], trust: TrustStore, moment: Moment, use: Use) -> PathResult:
    """Constraints, then validity, then revocation from the anchor down: a revoked CA matters more than its leaf."""
    failures: list[tuple[Sub, Finding]] = []
    if not trust.may(path[-1], use):
        failures.append(
            path_checks.constraint(
                "certificate.anchor_scope",
                path[-1],
                "该根证书未被授权用于此用途",
                "the root is not trusted for this use",
            )
        )
    for depth, certificate in enumerate(path):
        failures += path_checks.check_shape(certificate, depth, path)
    failures += path_checks.check_leaf(path[0], use) if len(path) > 1 or not path[0].is_ca else []
    notes: list[Finding] = []
    lines: list[CertificateLine] = []
    for depth in range(len(path) - 1, -1, -1):
        certificate = path[depth]
        failures += path_checks.check_validity(certificate, moment, leaf=depth == 0)
        if depth == len(path) - 1:
            lines.insert(0, _line(certificate, "anchor"))
            continue
        state = revocation_of(certificate, path[depth + 1], trust, moment.now)
        failed, said = path_checks.check_revocation(certificate, state, moment, leaf=depth == 0)
        failures += failed
        notes += said
        status = "revoked" if state.revoked else "unknown" if state.checked is None else "good"
        lines.insert(0, replace(_line(certificate, status), source=state.source))
    findings = tuple(finding for _, finding in failures) + tuple(notes)
    return PathResult(tuple(path), tuple(lines), _worst(failures), findings)


_ORDER = (
    Sub.CHAIN_CONSTRAINTS_FAILURE,
    Sub.CRYPTO_CONSTRAINTS_FAILURE,
    Sub.REVOKED_CA_NO_POE,
    Sub.REVOKED,
    Sub.REVOKED_NO_POE,
    Sub.NOT_YET_VALID,
    Sub.EXPIRED,
    Sub.OUT_OF_BOUNDS_NO_POE,
    Sub.TRY_LATER,
)


def _worst(failures: list[tuple[Sub, Finding]]) -> Sub | None:
    return min((sub for sub, _ in failures), key=_ORDER.index, default=None)


def _line(certificate: Certificate, status: str) -> CertificateLine:
    return CertificateLine(
        certificate.subject.text,
        certificate.issuer.text,
        f"{certificate.serial:x}",
        certificate.not_before,
        certificate.not_after,
        certificate.scheme.value if certificate.scheme else "unknown",
        status,
    )
