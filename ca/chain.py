"""Chains and authorities (证书链): what goes into a signature, a trust folder or a page."""

from __future__ import annotations

from sqlalchemy import select

from ca.errors import AuthorityUnknown
from ca.models import CaAuthority
from ca.profiles import Role
from ca.reading.certificate import read_certificate
from ca.room import Authority, CaRoom


def authorities(room: CaRoom) -> list[Authority]:
    """Our CAs, roots before what they signed."""
    with room.ground.db.read() as session:
        slugs = session.scalars(select(CaAuthority.slug)).all()
    return sorted((room.authority(slug) for slug in slugs), key=lambda one: (one.role is not Role.ROOT, one.slug))


def chain(room: CaRoom, certificate: bytes) -> list[bytes]:
    """The CAs above one of our certificates, nearest first: issuing, root."""
    parsed = read_certificate(certificate)
    by_name = {authority.certificate.subject.raw: authority for authority in authorities(room)}
    found: list[bytes] = []
    while not parsed.self_issued:
        above = by_name.get(parsed.issuer.raw)
        if above is None or len(found) > len(by_name):
            raise AuthorityUnknown(parsed.issuer.text)
        found.append(above.certificate.der)
        parsed = above.certificate
    return found
