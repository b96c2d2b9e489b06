"""The variables of a path being walked (路径状态), RFC 5280 6.1.1 and 6.1.2, with the constraints of its anchor.

Immutable: each certificate gives a new one, so what was worked out for an issuer serves all its leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ca import oids
from ca.reading import Certificate
from ca.reading.constraints import (
    PolicyConstraints,
    read_inhibit_any,
    read_name_constraints,
    read_policy_constraints,
    read_policy_mappings,
)
from verify.anchors import AnchorRules
from verify.paths.policies import Graph
from verify.paths.signatures import completed
from verify.paths.subtrees import Subtrees
from verify.report import CertificateLine

UNLIMITED = 1 << 30
"""More certificates than any path has: the n+1 of RFC 5280 6.1.2, without knowing n."""


@dataclass(frozen=True, slots=True)
class PathRules:
    """What the caller asks of a path (RFC 5280 6.1.1 (c) to (g))."""

    policies: frozenset[str] | None = None
    """user-initial-policy-set; None is any-policy."""
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    allow_weak: bool = False
    """Take algorithms that are no longer safe: for old test suites, never for a verdict."""


@dataclass(frozen=True, slots=True)
class State:
    spki: bytes
    """The working public key, completed with inherited parameters."""
    graph: Graph | None
    explicit_policy: int
    inhibit_any: int
    policy_mapping: int
    subtrees: Subtrees
    max_path: int


@dataclass(frozen=True, slots=True)
class Issuers:
    """Everything above a leaf, found good: the state below it and its lines in the report, issuer first."""

    state: State
    lines: tuple[CertificateLine, ...]


def start(anchor: Certificate, asked: PathRules, held_to: AnchorRules) -> State:
    """6.1.2. The anchor's own constraints count too (RFC 5937). May raise `DerError`."""
    first = State(
        anchor.spki,
        Graph(),
        0 if asked.explicit_policy or held_to.policies is not None else UNLIMITED,
        0 if asked.inhibit_any else UNLIMITED,
        0 if asked.inhibit_mapping else UNLIMITED,
        Subtrees().narrowed(held_to.names),
        UNLIMITED,
    )
    return replace(constrained(first, anchor), spki=anchor.spki)


def constrained(state: State, certificate: Certificate) -> State:
    """6.1.4 (d) to (j), (m): what this certificate imposes on those below it. May raise `DerError`."""
    policy = policy_constraints(certificate)
    names = certificate.find(oids.NAME_CONSTRAINTS)
    inhibit = certificate.find(oids.INHIBIT_ANY_POLICY)
    return replace(
        state,
        spki=completed(certificate.spki, state.spki),
        explicit_policy=_least(state.explicit_policy, policy.require_explicit),
        policy_mapping=_least(state.policy_mapping, policy.inhibit_mapping),
        inhibit_any=_least(state.inhibit_any, read_inhibit_any(inhibit.value) if inhibit is not None else None),
        subtrees=state.subtrees.narrowed(read_name_constraints(names.value)) if names is not None else state.subtrees,
        max_path=_least(state.max_path, certificate.path_len),
    )


def counted(state: State, certificate: Certificate) -> State:
    """6.1.4 (h) and (l): one more certificate; self-issued ones do not count."""
    if certificate.self_issued:
        return state
    return replace(
        state,
        explicit_policy=max(state.explicit_policy - 1, 0),
        policy_mapping=max(state.policy_mapping - 1, 0),
        inhibit_any=max(state.inhibit_any - 1, 0),
        max_path=max(state.max_path - 1, 0),
    )


def policy_constraints(certificate: Certificate) -> PolicyConstraints:
    extension = certificate.find(oids.POLICY_CONSTRAINTS)
    return PolicyConstraints() if extension is None else read_policy_constraints(extension.value)


def mappings_of(certificate: Certificate) -> dict[str, frozenset[str]]:
    extension = certificate.find(oids.POLICY_MAPPINGS)
    found: dict[str, set[str]] = {}
    for theirs, ours in read_policy_mappings(extension.value) if extension is not None else ():
        found.setdefault(theirs, set()).add(ours)
    return {policy: frozenset(others) for policy, others in found.items()}


def _least(present: int, stated: int | None) -> int:
    return present if stated is None else min(present, stated)
