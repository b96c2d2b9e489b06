"""Who answers for us (服务证书): certificate and key of OCSP responder and TSA, found once and renewed in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.hierarchy import service_certificate, service_key
from ca.profiles import Profile
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.shapes import fields
from ca.room import CaRoom
from ca.suites import Suite
from foundation import der
from hsm.keys import Purpose
from hsm.signing import Signer, ToBeSigned

_LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Service:
    suite: Suite
    purpose: Purpose
    key_name: str
    certificate: Certificate
    look_again: datetime

    @property
    def key_bits(self) -> bytes:
        return fields(der.parse(self.certificate.spki), 2, 2, "public key")[1].as_bits()

    def sign(self, signer: Signer, data: bytes, intent: str) -> bytes:
        return signer.sign(ToBeSigned(self.purpose, data, intent))


def service(room: CaRoom, suite: Suite, profile: Profile, purpose: Purpose) -> Service:
    """The service's newest certificate; looked up again now and then, so a renewed one is taken up."""
    place, now = ("service", suite, profile.name), room.ground.clock.now()
    kept = room.kept.get(place)
    if isinstance(kept, Service) and kept.look_again - _LOOK_AGAIN <= now < kept.look_again:
        return kept
    made = service_certificate(room, suite, profile, purpose)
    found = Service(suite, purpose, service_key(suite, profile), read_certificate(made.der), now + _LOOK_AGAIN)
    room.kept[place] = found
    return found
