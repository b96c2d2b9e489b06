"""What our own verifier believes (本区域信任库): this region's CAs, their lists, the code keys and templates.

The same content is published as a trust folder, so another province judges our files with what we judge them with.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network

from sqlalchemy import select

from ca import crl, crl_pulse
from ca.chain import authorities
from ca.profiles import Role
from ca.room import Authority, CaRoom
from foundation.glances import Glance
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


@dataclass(frozen=True, slots=True)
class _Composed:
    store: TrustStore
    made_of: object
    """The very octets and changes it is composed of."""
    pulse: object
    """As it was before anything was read, so that a change in between is seen at the next question."""
    until: datetime
    """When the first of our lists wants to be replaced."""


@dataclass
class RegionTrust:
    """Composes the store anew when a list changed; parsing certificates for every request would cost more.

    Before every judgement one statement asks whether anything did, so a revocation counts from its commit.
    """

    ca: CaRoom
    licence: LicenceRoom
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _glance: Glance | None = None
    _composed: _Composed | None = None

    def store(self) -> TrustStore:
        glance, composed = self._glance, self._composed
        if glance is not None and composed is not None:
            now = self.ca.ground.clock.now()
            if glance.row() == composed.pulse and now < composed.until:
                return composed.store
        with self._lock:
            return self._renewed().store

    def _renewed(self) -> _Composed:
        known = authorities(self.ca)
        glance = Glance(self.ca.ground.db, select(*crl_pulse.columns(known), *editions.version()))
        pulse = glance.row()
        lists = {authority: crl.freshest(self.ca, authority.slug) for authority in known}
        made_of = (tuple(lists.values()), tuple(pulse[-len(editions.version()) :]))
        before = self._composed
        store = before.store if before is not None and before.made_of == made_of else self._compose(lists)
        self._glance, self._composed = glance, _Composed(store, made_of, pulse, _until(store, known))
        return self._composed

    def _compose(self, lists: Mapping[Authority, tuple[bytes, ...]]) -> TrustStore:
        ours = TrustStore.build(
            [one.certificate.der for one in lists if one.role is Role.ROOT],
            intermediates=[one.certificate.der for one in lists if one.role is not Role.ROOT],
            leaves=[key.certificate for key in code.certified_keys(self.licence)],
            crls=[octets for every in lists.values() for octets in every],
            templates=published(),
            online=online(self.ca.ground.settings.verify),
        )
        return editions.book(self.ca.ground).lay_over(ours)

    def forget(self) -> None:
        """Compose anew at the next question: a code key was renewed."""
        with self._lock:
            self._composed = None


def _until(store: TrustStore, known: list[Authority]) -> datetime:
    """The half life of the list that reaches it first; those of an offline root wait for its next ceremony."""
    waiting = {one.certificate.subject.raw for one in known if one.offline}
    lives = [(one.this_update, one.next_update) for one in store.crls if one.issuer.raw not in waiting]
    return min((begun + (end - begun) / 2 for begun, end in lives if end is not None), default=_NEVER)


_NEVER = datetime.min.replace(tzinfo=UTC)
