"""Which list (列表种类): a CA's full list, one of its shards (分片), or its delta list (增量).

The scope names a list in the database and, with `.crl`, its address: `sm2-issuing`, `sm2-issuing/3`,
`sm2-issuing/delta`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from ca.profiles import Role
from ca.room import Authority
from ca.template import Places


class Kind(StrEnum):
    FULL = "full"
    SHARD = "shard"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class ListName:
    authority: str
    shard: int | None = None
    delta: bool = False

    @property
    def kind(self) -> Kind:
        if self.delta:
            return Kind.DELTA
        return Kind.FULL if self.shard is None else Kind.SHARD

    @property
    def scope(self) -> str:
        if self.delta:
            return f"{self.authority}/delta"
        return self.authority if self.shard is None else f"{self.authority}/{self.shard}"

    def url(self, places: Places) -> str:
        return places.delta_crl(self.authority) if self.delta else places.crl(self.authority, self.shard)


def has_delta(authority: Authority) -> bool:
    """A root's list is short and changes once in years."""
    return authority.role is Role.ISSUING


def lists_of(authority: Authority, shards: int) -> list[ListName]:
    """All lists of a CA, the full one first: deltas add to it."""
    slug = authority.slug
    found = [ListName(slug)]
    if has_delta(authority):
        found += [ListName(slug, delta=True), *(ListName(slug, shard) for shard in range(shards))]
    return found


def life_of(kind: Kind, full: timedelta) -> timedelta:
    """A list is replaced at half of its life at the latest: full lists and shards daily, deltas twice a day."""
    return min(full, timedelta(days=1)) if kind is Kind.DELTA else full
