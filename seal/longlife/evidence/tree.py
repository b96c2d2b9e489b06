"""Hash trees (散列树), RFC 4998 4.2 and 4.3: built over many digests, reduced to what one of them needs.

A father is the digest of its children in binary ascending order; one without a sibling goes up as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from hsm.digests import Digest

Reduced = tuple[tuple[bytes, ...], ...]
"""Lists of digests, the one with the leaf first; empty for a tree of one leaf."""


class Tree:
    """All levels, leaves first. The order of the leaves is their own: the same set always makes the same tree."""

    def __init__(self, leaves: Sequence[bytes], digest: Digest) -> None:
        level = sorted(set(leaves))
        if not level:
            raise ValueError("a hash tree needs a leaf")
        self.levels = [level]
        while len(level) > 1:
            pairs = (level[at : at + 2] for at in range(0, len(level), 2))
            level = [father(pair, digest) for pair in pairs]
            self.levels.append(level)

    @property
    def root(self) -> bytes:
        return self.levels[-1][0]

    @property
    def leaves(self) -> list[bytes]:
        return self.levels[0]

    def reduced(self, leaf: bytes) -> Reduced:
        """What leads from `leaf` to the root; `KeyError` when it is not in the tree."""
        at = bisect_left(self.leaves, leaf)
        if at == len(self.leaves) or self.leaves[at] != leaf:
            raise KeyError("no such leaf")
        lists: list[tuple[bytes, ...]] = []
        for level in self.levels[:-1]:
            sibling = at ^ 1
            if sibling < len(level):
                known = (level[sibling],) if lists else (leaf, level[sibling])
                lists.append(tuple(sorted(known)))
            at //= 2
        return tuple(lists)


def father(children: Sequence[bytes], digest: Digest) -> bytes:
    return digest.of(b"".join(sorted(children))) if len(children) > 1 else children[0]


def root_of(leaf: bytes, reduced: Reduced, digest: Digest) -> bytes | None:
    """The root that `leaf` leads to; None when the first list does not hold it (RFC 4998 4.3)."""
    if not reduced:
        return leaf
    if leaf not in reduced[0]:
        return None
    current = father(reduced[0], digest)
    for known in reduced[1:]:
        current = father(known if current in known else (*known, current), digest)
    return current
