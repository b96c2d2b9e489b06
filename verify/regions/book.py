"""The regions in force (现行区域信任): what people agreed to and what lists say, put together for a trust store.

A region entered by hand prevails over the same one in a list; a root withdrawn anywhere is withdrawn, at the earliest
day said. A list past its next update goes on (whole regions must not stop over a late file), and reports say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from verify.regions.shapes import Region, RegionList, Root
from verify.trust import TrustStore


@dataclass(frozen=True, slots=True)
class Book:
    """`own`: agreed by hand. `lists`: the newest edition of each scheme."""

    own: tuple[Region, ...] = ()
    lists: tuple[RegionList, ...] = ()

    @property
    def regions(self) -> tuple[Region, ...]:
        """Each code once, those by hand first."""
        found: dict[str, Region] = {region.code: region for region in self.own}
        for edition in self.lists:
            for region in edition.regions:
                found.setdefault(region.code, _aging(region, edition))
        return tuple(found.values())

    def withdrawn(self, fingerprint: str) -> datetime | None:
        """Since when a root is believed no more: the earliest day said anywhere."""
        every = (root for region in _everywhere(self) for root in region.roots)
        days = [one.rules.withdrawn_since for one in every if one.certificate.fingerprint == fingerprint]
        return min((day for day in days if day is not None), default=None)

    def lay_over(self, trust: TrustStore) -> TrustStore:
        """`trust` with the regions beside what it believes already, whose own rules stay as they are."""
        roots: dict[str, Root] = {}
        for region in self.regions:
            for root in region.roots:
                roots.setdefault(root.certificate.fingerprint, root)
        for region in _everywhere(self):
            for root in region.roots:
                print_ = root.certificate.fingerprint
                roots[print_] = _withdrawn(roots.get(print_, root), root)
        new = {print_: root for print_, root in roots.items() if print_ not in trust.anchor_prints}
        purposes = {print_: root.uses for print_, root in new.items() if root.uses is not None}
        below = [one for region in self.regions for one in region.intermediates]
        return replace(
            trust,
            anchors=(*trust.anchors, *(root.certificate for root in new.values())),
            intermediates=(*trust.intermediates, *below),
            purposes={**trust.purposes, **purposes},
            rules={**trust.rules, **{print_: root.rules for print_, root in new.items()}},
        )


def _everywhere(book: Book) -> Iterable[Region]:
    yield from book.own
    for edition in book.lists:
        yield from edition.regions


def _aging(region: Region, edition: RegionList) -> Region:
    roots = tuple(replace(root, rules=replace(root.rules, stale_after=edition.next_update)) for root in region.roots)
    return replace(region, roots=roots)


def _withdrawn(kept: Root, other: Root) -> Root:
    days = [root.rules.withdrawn_since for root in (kept, other) if root.rules.withdrawn_since is not None]
    return replace(kept, rules=replace(kept.rules, withdrawn_since=min(days))) if days else kept
