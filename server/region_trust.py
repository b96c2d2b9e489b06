"""What our own verifier believes (本区域信任库): this region's CAs, their lists, the code keys and templates.

The same content is published as a trust folder, so another province judges our files with what we judge them with.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from ipaddress import ip_network

from ca import crl
from ca.chain import authorities
from ca.profiles import Role
from ca.room import CaRoom
from foundation.verify_settings import VerifySettings
from licence import code
from licence.room import LicenceRoom
from licence.templates import published
from verify.fetching import Fetcher
from verify.regions import editions
from verify.times.online import Asking
from verify.trust import TrustStore


def online(settings: VerifySettings) -> Asking | None:
    """Whoever may be asked for what is missing; nobody, unless hosts are listed."""
    if not settings.fetch_hosts:
        return None
    networks = tuple(ip_network(one) for one in settings.fetch_networks)
    return Asking(Fetcher(frozenset(settings.fetch_hosts), networks, settings.fetch_seconds, settings.fetch_bytes))


@dataclass
class RegionTrust:
    """Composes the store anew when a list changed; parsing certificates for every request would cost more."""

    ca: CaRoom
    licence: LicenceRoom
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _crls: tuple[bytes, ...] = ()
    _regions: tuple[object, ...] = ()
    _store: TrustStore | None = None

    def store(self) -> TrustStore:
        known = authorities(self.ca)
        lists = tuple(one for authority in known for one in crl.freshest(self.ca, authority.slug))
        regions = editions.version(self.ca.ground)
        with self._lock:
            if self._store is None or lists != self._crls or regions != self._regions:
                ours = TrustStore.build(
                    [one.certificate.der for one in known if one.role is Role.ROOT],
                    intermediates=[one.certificate.der for one in known if one.role is not Role.ROOT],
                    leaves=[key.certificate for key in code.certified_keys(self.licence)],
                    crls=lists,
                    templates=published(),
                    online=online(self.ca.ground.settings.verify),
                )
                self._store = editions.book(self.ca.ground).lay_over(ours)
                self._crls, self._regions = lists, regions
            return self._store

    def forget(self) -> None:
        """Compose anew at the next question: a code key was renewed."""
        with self._lock:
            self._store = None
