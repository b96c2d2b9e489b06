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
from foundation.errors import Damaged
from foundation.text import Text
from hsm.keys import Purpose
from hsm.signing import Signer, ToBeSigned

_LOOK_AGAIN = timedelta(minutes=1)
"""So long may a key sign after it was retired, and an old certificate serve after it was renewed."""


@dataclass(frozen=True, slots=True)
class Service:
    suite: Suite
    purpose: Purpose
    key_name: str
    certificate: Certificate
    signer: Signer
    look_again: datetime

    @property
    def key_bits(self) -> bytes:
        return fields(der.parse(self.certificate.spki), 2, 2, "public key")[1].as_bits()

    def sign(self, data: bytes, intent: str, content: bytes = b"") -> bytes:
        return self.signer.sign(ToBeSigned(self.purpose, data, intent, content))


def service(room: CaRoom, suite: Suite, profile: Profile, purpose: Purpose) -> Service:
    """The service's newest certificate; looked up again now and then, so a renewed one is taken up."""
    place, now = ("service", suite, profile.name), room.ground.clock.now()
    kept = room.kept.get(place)
    if isinstance(kept, Service) and kept.look_again - _LOOK_AGAIN <= now < kept.look_again:
        return kept
    made = service_certificate(room, suite, profile, purpose)
    certificate, signer = read_certificate(made.der), room.keys.signer(service_key(suite, profile))
    if signer.ref.spki != certificate.spki:
        raise Damaged(
            "ca.key_mismatch",
            Text(
                "服务密钥与服务证书不一致，已停止签名。",
                "A service's key does not belong to its certificate; nothing was signed.",
            ),
        )
    found = Service(suite, purpose, signer.ref.name, certificate, signer, now + _LOOK_AGAIN)
    room.kept[place] = found
    return found
