"""Certificate policies along a path (证书策略): RFC 5280 6.1.2 to 6.1.5 with the policy graph of RFC 9618.

The tree of RFC 5280 doubles with every mapping (CVE-2023-0464); the graph holds one node per policy and depth, so its
size grows with what the certificates say and with nothing else. Immutable: each certificate gives a new graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ca.oids import ANY_POLICY

_ANY = frozenset((ANY_POLICY,))


@dataclass(frozen=True, slots=True)
class Node:
    """One policy at one depth: what the next certificate may call it, and by which policies above it is reached."""

    expected: frozenset[str]
    parents: frozenset[str]


Level = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Graph:
    """Levels from the anchor down; the last one belongs to the certificate processed last."""

    levels: tuple[Level, ...] = ({ANY_POLICY: Node(_ANY, frozenset())},)

    def descend(self, policies: Iterable[str], *, any_allowed: bool) -> Graph | None:
        """6.1.3 (d): one more certificate with these policies; None when nothing is left."""
        above = self.levels[-1]
        reached: dict[str, set[str]] = {}
        for valid, node in above.items():
            for expected in node.expected:
                reached.setdefault(expected, set()).add(valid)
        stated = frozenset(policies)
        level: dict[str, Node] = {}
        for policy in stated - _ANY:
            parents = reached.get(policy) or (_ANY if ANY_POLICY in above else frozenset())
            if parents:
                level[policy] = Node(frozenset((policy,)), frozenset(parents))
        if ANY_POLICY in stated and any_allowed:
            for policy, parents in reached.items():
                if policy not in level:
                    level[policy] = Node(frozenset((policy,)), frozenset(parents))
        return _pruned((*self.levels, level))

    def map(self, mappings: Mapping[str, frozenset[str]], *, allowed: bool) -> Graph | None:
        """6.1.4 (b): what the next certificate calls our policies; where mapping is inhibited, mapped ones go."""
        level = dict(self.levels[-1])
        for policy, others in mappings.items():
            if not allowed:
                level.pop(policy, None)
            elif policy in level:
                level[policy] = replace(level[policy], expected=others)
            elif ANY_POLICY in level:
                level[policy] = Node(others, _ANY)
        return _pruned((*self.levels[:-1], level))

    def acceptable(self) -> frozenset[str]:
        """6.1.5 (g): the policies the authorities agree on, in the words of the topmost one."""
        found = {policy for level in self.levels for policy, node in level.items() if node.parents & _ANY}
        found.discard(ANY_POLICY)
        if ANY_POLICY in self.levels[-1]:
            found.add(ANY_POLICY)
        return frozenset(found)


def _pruned(levels: tuple[Level, ...]) -> Graph | None:
    """Drop nodes that lead nowhere, from below upwards."""
    kept = [levels[-1]]
    for level in reversed(levels[:-1]):
        used = {parent for node in kept[-1].values() for parent in node.parents}
        kept.append({policy: node for policy, node in level.items() if policy in used})
    if not kept[-1]:
        return None
    return Graph(tuple(reversed(kept)))


def agreed(graph: Graph | None, wanted: frozenset[str] | None) -> frozenset[str]:
    """The user-constrained policy set; `wanted` None is the any-policy of RFC 5280 6.1.1 (c)."""
    found = graph.acceptable() if graph is not None else frozenset()
    if wanted is None or ANY_POLICY in wanted:
        return found
    return wanted if ANY_POLICY in found else wanted & found
