"""Walking one path (证书路径核验): RFC 5280 6.1 from the anchor down, in a visible order.

What stands above the leaf is walked once and remembered with the trust store, when nothing was found against it; a
leaf then costs one signature. A signer of lists is walked the same way, to the same anchor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ca.reading import Certificate
from foundation.der import DerError
from verify.anchors import Use
from verify.material import Known, packed
from verify.paths import checks, timing, usage
from verify.paths.building import Search
from verify.paths.checks import BASIC, ISSUING, Step, next_graph
from verify.paths.faults import Failures
from verify.paths.inquiry import Inquiry, Link
from verify.paths.known_lists import Unusable
from verify.paths.memory import Path
from verify.paths.policies import agreed
from verify.paths.pool import Pool
from verify.paths.signatures import completed
from verify.paths.state import UNLIMITED, Issuers, PathRules, State, constrained, counted, mappings_of, start
from verify.paths.statements import Revocation
from verify.paths.status import status_of
from verify.paths.subtrees import Subtrees
from verify.report import CertificateLine, Finding


@dataclass(slots=True)
class Walk:
    """What was found so far on one path, and where it stands."""

    asked: PathRules
    wanted: frozenset[str] | None
    inquiry: Inquiry
    anchor: Certificate
    failures: Failures
    notes: list[Finding]
    lines: list[CertificateLine]
    unusable: set[Unusable]
    policies: frozenset[str] = frozenset()


def walk(path: Path, use: Use | None, asked: PathRules, inquiry: Inquiry) -> Walk:
    """Everything that is found against `path` for `use`; None for a signer of lists, whose use is judged elsewhere."""
    anchor, trust = path[-1], inquiry.pool.trust
    held_to = trust.rules_of(anchor)
    found = Walk(asked, _wanted(asked.policies, held_to.policies), inquiry, anchor, [], [], [], set())
    found.failures += usage.check_scope(anchor, trust, use) if use is not None else []
    found.failures += timing.check_withdrawn(anchor, held_to, inquiry.moment)
    inquiry.note(held_to.withdrawn_since, held_to.trusted_from, held_to.trusted_until)
    if len(path) == 1:
        _anchor_alone(anchor, use, found)
        return found
    issuers = _issuers(path[1:], found)
    leaf = path[0]
    found.failures += usage.check_leaf(leaf, use) if use is not None else []
    found.lines = list(issuers.lines)
    _certificate(leaf, path[1], issuers.state, found, final=True)
    return found


def _wanted(asked: frozenset[str] | None, held_to: frozenset[str] | None) -> frozenset[str] | None:
    if asked is None or held_to is None:
        return asked if held_to is None else held_to
    return asked & held_to


def _anchor_alone(anchor: Certificate, use: Use | None, found: Walk) -> None:
    """A certificate that is itself trusted: nothing above it can say anything about it."""
    found.failures += checks.check_critical(anchor)
    found.failures += [] if anchor.is_ca or use is None else usage.check_leaf(anchor, use)
    found.failures += timing.check_validity(anchor, found.inquiry.moment, leaf=True)
    found.lines = [_line(anchor, "anchor")]


def _issuers(above: Path, found: Walk) -> Issuers:
    """From the anchor to the leaf's issuer, remembered when clean; `found` takes what is against it."""
    inquiry, trust = found.inquiry, found.inquiry.pool.trust
    if not all(certificate.der in trust.held for certificate in above):
        return _walk_issuers(above, found)
    key = (tuple(certificate.der for certificate in above), found.asked, inquiry.moment.as_of)
    known = trust.memory.recall(key, inquiry.moment)
    if known is not None:
        return known
    # judged by the trust store alone: evidence a file brings along must not decide for the next file
    own = replace(inquiry, pool=Pool(trust), times=set(), vouched={})
    trial = replace(found, inquiry=own, failures=[], notes=[], lines=[], unusable=set())
    issuers = _walk_issuers(above, trial)
    if not trial.failures and not trial.notes:
        trust.memory.remember(key, inquiry.moment, own.times, issuers)
        inquiry.times.update(own.times)
        return issuers
    return _walk_issuers(above, found)


def _walk_issuers(above: Path, found: Walk) -> Issuers:
    anchor = above[-1]
    inquiry = found.inquiry
    inquiry.note(anchor.not_before, anchor.not_after)
    found.failures += checks.check_authority(anchor)
    found.failures += checks.check_may_certify(anchor)
    found.failures += checks.check_critical(anchor)
    found.failures += timing.check_validity(anchor, inquiry.moment, leaf=False)
    found.lines = [_line(anchor, "anchor")]
    try:
        state = start(anchor, found.asked, inquiry.pool.trust.rules_of(anchor))
    except DerError:
        found.failures.append(checks.malformed(anchor))
        state = State(anchor.spki, None, 0, 0, 0, Subtrees(), UNLIMITED)
    for certificate, issuer in zip(reversed(above[:-1]), reversed(above[1:]), strict=True):
        state = _certificate(certificate, issuer, state, found, final=False)
    return Issuers(state, tuple(found.lines))


def _certificate(certificate: Certificate, issuer: Certificate, state: State, found: Walk, *, final: bool) -> State:
    """6.1.3 for every certificate, 6.1.4 for those with another one below; the state for the next."""
    inquiry = found.inquiry
    inquiry.note(certificate.not_before, certificate.not_after)
    graph = next_graph(certificate, state, final=final)
    step = Step(certificate, issuer, state, graph, final, found.asked, found.wanted, inquiry)
    found.failures += checks.run(BASIC if final else (*BASIC, *ISSUING), step)
    found.failures += timing.check_validity(certificate, inquiry.moment, leaf=final)
    link = Link(issuer, state.spki, found.anchor)
    revocation = status_of(certificate, link, inquiry.about(certificate))
    failed, said = timing.check_revocation(certificate, revocation, inquiry.moment, leaf=final)
    found.failures += failed
    found.notes += said
    status = "revoked" if revocation.revoked else "unknown" if revocation.checked is None else "good"
    if revocation.checked is None:
        found.unusable |= revocation.unusable
    found.lines.insert(0, _line(certificate, status, revocation))
    if final:
        found.policies = agreed(graph, found.wanted)
        return state
    return _below(certificate, replace(state, graph=graph), found)


def _below(certificate: Certificate, state: State, found: Walk) -> State:
    """6.1.4 in its order: mappings (b), counters (h), (l), then this certificate's own constraints."""
    after = counted(state, certificate)
    try:
        if state.graph is not None:
            mapped = state.graph.map(mappings_of(certificate), allowed=state.policy_mapping > 0)
            after = replace(after, graph=mapped)
        return constrained(after, certificate)
    except DerError:
        found.failures.append(checks.malformed(certificate))
        return replace(after, spki=completed(certificate.spki, state.spki))


def vouch(signer: Certificate, anchor: Certificate, inquiry: Inquiry) -> bool:
    """A signer of lists leads to this very anchor with nothing against it (RFC 5280 6.3.3 (f))."""
    inner = inquiry.about(signer)
    search = Search(inquiry.pool, inquiry.budget, inquiry.signatures)
    for path in search.paths(signer):
        if path[-1].der != anchor.der:
            continue
        found = walk(path, None, PathRules(allow_weak=inquiry.allow_weak), inner)
        inquiry.times.update(inner.times)
        if not found.failures:
            return True
    return False


def _line(certificate: Certificate, status: str, said: Revocation | None = None) -> CertificateLine:
    known = None
    if said is not None and said.data is not None and said.checked is not None:
        ocsp, reason = (said.source or "").startswith("ocsp"), said.reason.name if said.reason else None
        known = Known(ocsp, packed(said.data), said.checked, said.revoked_at, reason)
    return CertificateLine(
        certificate.subject.text,
        certificate.issuer.text,
        f"{certificate.serial:x}",
        certificate.not_before,
        certificate.not_after,
        certificate.scheme.value if certificate.scheme else "unknown",
        status,
        said.source if said is not None else None,
        certificate.fingerprint,
        packed(certificate.der),
        known,
    )
