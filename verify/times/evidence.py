"""Revocation data a file brings along (附带的撤销数据): weighed together with our own, the newest decides.

It needs no trust, for its signatures are checked like those of any list; but it must have existed while the key that
signed it still meant something. A document time stamp over it proves that (EN 319 102-1 5.6.2.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

from ca.reading import Certificate, CertificateList, OcspResponse, read_crl, read_ocsp_response
from foundation.der import DerError
from verify.links import parsed
from verify.paths.known_lists import KnownList
from verify.paths.names import comparable
from verify.times.items import Item, Sort
from verify.trust import TrustStore

MOST_ITEMS = 500
"""Of one file, all kinds together."""


@dataclass(frozen=True)
class EvidenceStore(TrustStore):
    """A trust store for one file: ours, with what the file brought. Never kept for the next file."""

    companions: tuple[Certificate, ...] = ()
    proved: dict[bytes, datetime | None] = field(default_factory=dict)
    """Octets of what the file brought → since when it is proved to exist."""
    damaged: int = 0

    def known_since(self, octets: bytes) -> datetime | None:
        return self.proved[octets] if octets in self.proved else super().known_since(octets)

    def is_archived(self, octets: bytes) -> bool:
        return self.proved.get(octets) is not None

    def prove(self, octets: bytes, at: datetime) -> None:
        known = self.proved.get(octets)
        if octets in self.proved and (known is None or at < known):
            self.proved[octets] = at


def enlarge(trust: TrustStore, items: Iterable[Item]) -> TrustStore:
    """`trust` itself when nothing in `items` is new to it. What cannot be read is counted, never believed."""
    own = {crl.der for crl in trust.crls} | {answer.der for answer in trust.ocsp}
    certificates: dict[bytes, Certificate] = {}
    lists: dict[bytes, CertificateList] = {}
    answers: dict[bytes, OcspResponse] = {}
    damaged = 0
    for item in list(items)[:MOST_ITEMS]:
        if item.octets in own:
            continue
        try:
            if item.sort is Sort.CERTIFICATE:
                certificates[item.octets] = parsed(item.octets)
            elif item.sort is Sort.LIST:
                lists[item.octets] = read_crl(item.octets)
            else:
                answers[item.octets] = read_ocsp_response(item.octets)
        except DerError:
            damaged += 1
    if not (certificates or lists or answers or damaged):
        return trust
    before = trust if isinstance(trust, EvidenceStore) else None
    same = {one.name: getattr(trust, one.name) for one in fields(TrustStore) if one.name not in ("crls", "ocsp")}
    store = EvidenceStore(
        **same,
        crls=(*trust.crls, *lists.values()),
        ocsp=(*trust.ocsp, *answers.values()),
        companions=(*(before.companions if before else ()), *certificates.values()),
        proved={**(before.proved if before else {}), **dict.fromkeys((*lists, *answers))},
        damaged=damaged + (before.damaged if before else 0),
    )
    # what was worked out for the region's own store serves here too: parsed lists may have 100 MB
    known = [(comparable(crl.issuer.raw), KnownList(crl)) for crl in lists.values()]
    singles = [(one.about.serial, (answer, one)) for answer in answers.values() for one in answer.answers]
    shared = {name: getattr(trust, name) for name in ("anchor_prints", "anchored", "held", "by_name", "routes")}
    store.__dict__.update(shared, lists=_merged(trust.lists, known), answers=_merged(trust.answers, singles))
    return store


_K = TypeVar("_K")
_V = TypeVar("_V")


def _merged(before: Mapping[_K, tuple[_V, ...]], more: Iterable[tuple[_K, _V]]) -> dict[_K, tuple[_V, ...]]:
    found = dict(before)
    for key, value in more:
        found[key] = (*found.get(key, ()), value)
    return found
