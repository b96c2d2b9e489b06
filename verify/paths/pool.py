"""Certificates to build paths from (证书池): the trust store's own, and those a file brings along, by subject name."""

from __future__ import annotations

from collections.abc import Iterable

from ca.reading import Certificate
from verify.paths.limits import MOST_FAN_OUT, MOST_NAMESAKES
from verify.paths.names import Comparable, comparable
from verify.trust import TrustStore


class Pool:
    """What the trust store holds comes first: nothing in a file may crowd it out."""

    def __init__(self, trust: TrustStore, extra: Iterable[Certificate] = ()) -> None:
        self.trust = trust
        self.crowded = False
        """The file brought so many certificates of one name that some are not looked at."""
        self._extra: dict[Comparable, list[Certificate]] = {}
        for certificate in (*extra, *trust.companions):
            if certificate.der not in trust.held:
                namesakes = self._extra.setdefault(comparable(certificate.subject.raw), [])
                if len(namesakes) < MOST_NAMESAKES:
                    namesakes.append(certificate)
                else:
                    self.crowded = True

    @property
    def brought(self) -> bool:
        return bool(self._extra)

    def named(self, name: Comparable) -> list[Certificate]:
        return [*self.trust.by_name.get(name, ()), *self._extra.get(name, ())]

    def issuers(self, certificate: Certificate) -> tuple[list[Certificate], bool]:
        """Who may have signed it, the likeliest first, and whether some were left out."""
        found = self.named(comparable(certificate.issuer.raw))
        if len(found) < 2:
            return found, False
        wanted = certificate.authority_key_id
        # key identifiers are hints (RFC 5280 4.2.1.1): a wrong one sorts last, and stays
        found.sort(key=lambda c: (c.subject_key_id != wanted, c.der not in self.trust.held))
        return found[:MOST_FAN_OUT], len(found) > MOST_FAN_OUT
