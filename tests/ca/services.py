"""Certificates of the region's own services and CAs."""

from __future__ import annotations

from ca.hierarchy import service_certificate
from ca.issue import issue, run
from ca.prepare import wanted_from
from ca.profiles import OCSP, PROFILES, TSA
from ca.reading import NO_IDENTITY
from ca.reading.alternative import NO_NAMES
from ca.room import CaRoom
from ca.suites import Suite
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.keys import Purpose
from tests.ca.conftest import IDENTITIES, NAMES, SERVICE, SUBJECTS, Region


def service_der(room: CaRoom, suite: Suite, profile: str) -> bytes:
    kind, purpose = (TSA, Purpose.TIMESTAMP) if profile == "tsa" else (OCSP, Purpose.OCSP)
    return service_certificate(room, suite, kind, purpose).der


def certificate_of(region: Region, suite: Suite, profile: str) -> bytes:
    """One of any profile: of the hierarchy, of a service, of a constrained CA, or a leaf of a fresh key."""
    room, kind = region.room, PROFILES[profile]
    if profile in ("root", "issuing"):
        return room.authority(f"{suite}-{profile}").certificate.der
    if profile in ("tsa", "ocsp"):
        return service_der(room, suite, profile)
    key = f"one-{suite}-{profile}-{room.ground.ids.token(6)}"
    subject = SUBJECTS.get(profile, SERVICE)
    if kind.is_ca:
        spki = private_keys.generate(suite.authority_algorithm).spki
        wanted = wanted_from(room.authority(f"{suite}-root"), kind, subject, spki, NO_IDENTITY, key)
        return run(room, SYSTEM, wanted).der
    if kind.encrypts:
        return region.issue(suite, profile, key).der
    return issue(
        room,
        SYSTEM,
        suite=suite,
        profile=profile,
        subject=subject,
        spki=private_keys.generate(suite.leaf_algorithm).spki,
        identity=IDENTITIES.get(profile, NO_IDENTITY),
        names=NAMES.get(profile, NO_NAMES),
        request_key=key,
    ).der
