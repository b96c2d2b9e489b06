"""The certificate room (证书服务): ground, keys, and what is compiled once per process."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ca import oids
from ca.clock_guard import ClockGuard
from ca.errors import AuthorityUnknown, CertificateUnknown
from ca.models import CaAuthority, CaCertificate
from ca.profiles import PROFILES, Profile, Role, profile_named
from ca.profiles.reading import read_own
from ca.reading.certificate import Certificate, read_certificate
from ca.storing import opened
from ca.suites import Suite
from ca.template import Issuer, Places, Template, compile_template
from foundation.ground import Ground
from hsm.escrow.shapes import Escrow
from hsm.store import KeyStore


@dataclass(frozen=True, slots=True)
class Authority:
    """One of our CAs. Never changes once made, so it is kept for the life of the process."""

    slug: str
    suite: Suite
    role: Role
    parent: str | None
    key_name: str
    certificate_id: UUID
    certificate: Certificate
    shards: int = 0
    """Partial revocation lists of new certificates. May grow in the database; each certificate keeps its own."""

    @property
    def offline(self) -> bool:
        """A root whose key is not here: its certificate and lists come from ceremonies (`ca.offline`)."""
        return not self.key_name

    @property
    def issuer(self) -> Issuer:
        key_id = self.certificate.subject_key_id
        if key_id is None:  # our own template always writes one
            raise AuthorityUnknown(self.slug)
        return Issuer(self.slug, self.suite, self.certificate.subject.raw, key_id)


@dataclass(frozen=True)
class CaRoom:
    ground: Ground
    keys: KeyStore
    places: Places
    crl_life: dict[Role, timedelta] = field(
        default_factory=lambda: {Role.ROOT: timedelta(days=30), Role.ISSUING: timedelta(days=2)}
    )
    locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))
    outer_locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(64)))
    _authorities: dict[str, Authority] = field(default_factory=dict)
    _templates: dict[tuple[str, int, str], Template] = field(default_factory=dict)
    kept: dict[object, object] = field(default_factory=dict)
    """One CRL per CA, one certificate per service, and the like: as many as there are CAs."""
    own_profiles: dict[str, Profile] = field(default_factory=dict)
    """The operator's, beside the shipped ones."""
    escrow: Escrow | None = None
    """The key-management centre's keys; without it there are no encryption certificates."""
    guard: ClockGuard = field(init=False)
    """Watches the clock from the start of the process on."""

    def __post_init__(self) -> None:
        ground = self.ground
        object.__setattr__(self, "guard", ClockGuard(ground.clock, ground.ids, ground.settings.ca.clock_server))

    @classmethod
    def build(cls, ground: Ground, keys: KeyStore, escrow: Escrow | None = None) -> CaRoom:
        arc = f"{oids.EXAMPLE_ARC}.{int(ground.settings.region.code)}"
        folder = ground.settings.ca.profiles_dir
        own = read_own(folder, PROFILES) if folder is not None else {}
        return cls(ground, keys, Places(ground.settings.web.public_url, arc), own_profiles=own, escrow=escrow)

    @property
    def production(self) -> bool:
        return self.ground.settings.environment == "production"

    @property
    def suites(self) -> tuple[Suite, ...]:
        """The enabled ones, each with a hierarchy of its own."""
        return tuple(Suite(name) for name in self.ground.settings.ca.suites)

    def profiles(self) -> tuple[Profile, ...]:
        return (*PROFILES.values(), *self.own_profiles.values())

    def find_profile(self, name: str) -> Profile | None:
        return self.own_profiles.get(name) or PROFILES.get(name)

    def profile(self, name: str) -> Profile:
        """A shipped profile or one of the operator's, by name."""
        return self.own_profiles.get(name) or profile_named(name)

    def lock(self, name: str) -> threading.Lock:
        """One of a few locks, by name: the same request never signs twice at once in one process."""
        return self.locks[hash(name) % len(self.locks)]

    def outer_lock(self, name: str) -> threading.Lock:
        """Held around work that takes a `lock` of its own: two names may share one, and would wait for each other."""
        return self.outer_locks[hash(name) % len(self.outer_locks)]

    def authority(self, slug: str) -> Authority:
        found = self._authorities.get(slug)
        if found is None:
            found = self._authorities[slug] = self._load(slug)
        return found

    def forget(self, slug: str) -> None:
        """Read an authority's row anew: its shards grew."""
        self._authorities.pop(slug, None)

    def _load(self, slug: str) -> Authority:
        with self.ground.db.read() as session:
            row = session.get(CaAuthority, slug)
            if row is None:
                raise AuthorityUnknown(slug)
            certificate = session.get(CaCertificate, row.certificate_id)
            if certificate is None:
                raise CertificateUnknown
            octets = opened(self.ground.cipher, certificate, "der")
        return Authority(
            row.slug,
            Suite(row.suite),
            Role(row.role),
            row.parent,
            row.key_name,
            row.certificate_id,
            read_certificate(octets),
            row.shards,
        )

    def template(self, profile: Profile, issuer: Issuer) -> Template:
        place = (profile.name, profile.version, issuer.slug)
        found = self._templates.get(place)
        if found is None or found.issuer != issuer or found.profile is not profile:
            found = self._templates[place] = compile_template(profile, issuer, self.places)
        return found
