"""Whose key it is (密钥属主): one opaque reference for a holder in one capacity, the same for every certificate of his.

A natural person is known by the number on the document, an organisation by its code and the common name (a department
has several seals). The reference is a keyed index, so it may stand in logs and audit rows.
"""

from __future__ import annotations

from ca import oids
from ca.names import Name, Subject
from ca.profiles import Profile
from ca.reading.certificate import Certificate
from ca.reading.identity import IdentityExtensions, identity_of
from ca.room import CaRoom

TABLE, COLUMN = "ca_kmc_pair", "owner"
SUFFIX = "-encryption"


def owner_reference(room: CaRoom, profile: Profile, subject: Subject, identity: IdentityExtensions) -> str:
    return _reference(room, profile, dict(subject.attributes()), identity)


def owner_of_certificate(room: CaRoom, profile: Profile, certificate: Certificate) -> str:
    """The same reference, from what a certificate of ours says."""
    return _reference(room, profile, _attributes(certificate.subject), identity_of(certificate))


def _attributes(name: Name) -> dict[str, str]:
    return dict(name.attributes)


def _reference(room: CaRoom, profile: Profile, name: dict[str, str], identity: IdentityExtensions) -> str:
    base = profile.name.removesuffix(SUFFIX)
    if profile.personal:
        number = _person(identity) or "|".join(f"{oid}={text}" for oid, text in sorted(name.items()))
        parts = (number, identity.organization_code or name.get(oids.ORGANIZATION, ""))
    else:
        code = identity.organization_code or identity.registration_number or name.get(oids.ORGANIZATION, "")
        parts = (code, name.get(oids.COMMON_NAME, ""))
    return f"{base}:{room.ground.cipher.blind(TABLE, COLUMN, '|'.join((base, *parts)))}"


def _person(identity: IdentityExtensions) -> str | None:
    for kind in ("citizen_number", "passport_number", "military_number", "insurance_number"):
        number = getattr(identity, kind)
        if number is not None:
            return f"{kind}={number}"
    return None
