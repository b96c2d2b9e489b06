"""Establishing the hierarchy (建立证书体系): SM2 and RSA, each root → issuing, with TSA and OCSP certificates.

Every step is idempotent, so it may run at each start and after a crash in the middle. Certificates of our own services
are renewed here, with the same key, before they run out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ca.frozen import freeze
from ca.issue import IssuedCertificate, issue, issued, run
from ca.models import CaAuthority, CaCertificate, State
from ca.names import Subject, write_name
from ca.prepare import Wanted, key_id_of, wanted_from
from ca.profiles import ISSUING, OCSP, ROOT, TSA, Profile, Role
from ca.reading.identity import NO_IDENTITY
from ca.room import CaRoom
from ca.suites import Suite
from ca.template import Issuer
from foundation.principal import SYSTEM
from hsm.digests import sha256
from hsm.keys import KeyRef, Purpose

CA_PURPOSES: Final = frozenset({Purpose.CERTIFICATE, Purpose.CRL})
_RENEW_BEFORE: Final = timedelta(days=30)
_SERVICES: Final = (
    (TSA, Purpose.TIMESTAMP),
    (OCSP, Purpose.OCSP),
)


def establish(room: CaRoom, suites: Iterable[Suite] | None = None) -> None:
    """Make what is missing: for each suite a root, an issuing CA, and the certificates of its services."""
    freeze(room)
    for suite in room.suites if suites is None else suites:
        establish_root(room, suite)
        _issuing(room, suite)
        grow_shards(room, f"{suite}-issuing")
        for profile, purpose in _SERVICES:
            service_certificate(room, suite, profile, purpose)


def service_key(suite: Suite, profile: Profile) -> str:
    return f"ca/{suite}-{profile.name}"


def service_certificate(
    room: CaRoom, suite: Suite, profile: Profile, purpose: Purpose, *, title: str | None = None
) -> IssuedCertificate:
    """The newest certificate of a service; a new one when it is missing, about to run out, or of an older key.

    `title` names it otherwise than its profile does.
    """
    algorithm = suite.authority_algorithm if profile is TSA else suite.leaf_algorithm
    key = room.keys.ensure(service_key(suite, profile), algorithm, {purpose})
    prefix = f"ca.service:{suite}:{profile.name}:"
    query = select(CaCertificate).where(CaCertificate.request_key.startswith(prefix, autoescape=True))
    with room.ground.db.read() as session:
        rows = session.scalars(query.order_by(CaCertificate.recorded_at, CaCertificate.id)).all()
    number = len(rows) + 1
    if rows and rows[-1].key_hash == sha256(key.spki).hex():
        if rows[-1].state == State.RECORDED:
            number = len(rows)  # a crash left it: asked for again, it is finished
        elif rows[-1].not_after - room.ground.clock.now() > _RENEW_BEFORE:
            return issued(room, rows[-1])
    subject = _subject(room, suite, title or profile.title.zh)
    return issue(
        room, SYSTEM, suite=suite, profile=profile.name, subject=subject, spki=key.spki, request_key=f"{prefix}{number}"
    )


def _subject(room: CaRoom, suite: Suite, title: str) -> Subject:
    region = room.ground.settings.region.name_zh
    return Subject(f"{region}{title} {suite.upper()}", organization=f"{region}电子政务电子认证服务")


def establish_root(room: CaRoom, suite: Suite, more: frozenset[Purpose] = frozenset()) -> None:
    """A self-signed root, unless there is one: made here, or installed from a ceremony (`ca.offline`)."""
    slug = f"{suite}-root"
    if exists(room, slug):
        return
    key = room.keys.ensure(f"ca/{slug}", suite.authority_algorithm, CA_PURPOSES | more)
    subject = root_subject(room, suite)
    issuer = Issuer(slug, suite, write_name(subject), key_id_of(key.spki))
    wanted = Wanted(ROOT, issuer, None, subject, key.spki, NO_IDENTITY, f"ca.authority:{slug}", None)
    enter(room, run(room, SYSTEM, wanted), slug, suite, Role.ROOT, None, key.name)


def issuing_subject(room: CaRoom, suite: Suite) -> Subject:
    return _subject(room, suite, "电子政务CA")


def root_subject(room: CaRoom, suite: Suite) -> Subject:
    return _subject(room, suite, "电子政务根CA")


def _issuing(room: CaRoom, suite: Suite) -> None:
    slug = f"{suite}-issuing"
    if exists(room, slug):
        return
    key = _ca_key(room, suite, slug)
    root = room.authority(f"{suite}-root")
    subject = issuing_subject(room, suite)
    wanted = wanted_from(root, ISSUING, subject, key.spki, NO_IDENTITY, f"ca.authority:{slug}")
    enter(room, run(room, SYSTEM, wanted), slug, suite, Role.ISSUING, root.slug, key.name)


def grow_shards(room: CaRoom, slug: str) -> None:
    """As many partial lists as the settings want. Never fewer: certificates name the ones there were."""
    wanted = room.ground.settings.shards
    if room.authority(slug).shards >= wanted:
        return
    with room.ground.db.begin() as session:
        row = session.scalars(select(CaAuthority).where(CaAuthority.slug == slug).with_for_update()).one()
        if row.shards < wanted:
            row.shards = wanted
            room.ground.audit.record(
                session, SYSTEM, action="ca.authority.shards", object=f"authority:{slug}", payload={"shards": wanted}
            )
    room.forget(slug)


def _ca_key(room: CaRoom, suite: Suite, slug: str) -> KeyRef:
    return room.keys.ensure(f"ca/{slug}", suite.authority_algorithm, CA_PURPOSES)


def exists(room: CaRoom, slug: str) -> bool:
    with room.ground.db.read() as session:
        return session.get(CaAuthority, slug) is not None


def enter(
    room: CaRoom, certificate: IssuedCertificate, slug: str, suite: Suite, role: Role, parent: str | None, key_name: str
) -> None:
    """`key_name` is empty for a root whose key is offline."""
    row = CaAuthority(
        slug=slug,
        suite=suite,
        role=role,
        parent=parent,
        key_name=key_name,
        certificate_id=certificate.id,
        crl_number=0,
        created_at=room.ground.clock.now(),
    )
    try:
        with room.ground.db.begin() as session:
            session.add(row)
            room.ground.audit.record(
                session,
                SYSTEM,
                action="ca.authority.establish",
                object=f"authority:{slug}",
                payload={"certificate": str(certificate.id), "sha256": certificate.fingerprint},
            )
    except IntegrityError:
        if not exists(room, slug):  # another process entered the same certificate first
            raise
