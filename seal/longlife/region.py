"""Our own region as the source of revocation data and time stamps (本区域凭据来源): our CAs, our responder, our TSA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ca import crl, timestamps
from ca.chain import authorities
from ca.ocsp_build import respond, responder_of
from ca.ocsp_request import forms
from ca.ocsp_store import LIFE
from ca.profiles import TSA, Role
from ca.reading import Certificate, read_crl
from ca.room import Authority, CaRoom
from ca.services import service
from ca.status import statuses
from ca.suites import Suite
from hsm.digests import Digest
from hsm.keys import Purpose
from seal.longlife.extending import extend
from seal.longlife.levels import ChainCheck, Level, Status
from seal.room import SealRoom

MOST_LIST = 64 * 1024
"""A longer list would stand in every file; there an answer about the one certificate does as well."""
_ROOM = 1400
"""Octets of a token beside its two certificates."""


@dataclass(frozen=True)
class RegionSources:
    """`at_once`: an OCSP answer signed now; else the lists as published, unless they are too long to carry along."""

    ca: CaRoom
    at_once: bool = False

    def issuer(self, certificate: Certificate) -> Certificate | None:
        above = self._above(certificate)
        return above.certificate if above is not None else None

    def status(self, certificate: Certificate, after: datetime) -> Status | None:
        above = self._above(certificate)
        if above is None:
            return None
        octets = crl.current(self.ca, above.slug)
        large = len(octets) > MOST_LIST
        if above.role is Role.ISSUING and (large or self.at_once):
            now = self.ca.ground.clock.now()
            return self._answer(certificate, above) if now >= after else None
        return Status(crl=octets) if read_crl(octets).this_update > after else None

    def _answer(self, certificate: Certificate, above: Authority) -> Status:
        now = self.ca.ground.clock.now().replace(microsecond=0)
        about = forms(self.ca, above).cert_id(Digest.SHA1.value, certificate.serial)
        status = statuses(self.ca, above.slug, [certificate.serial])[certificate.serial]
        responder = responder_of(self.ca, above)
        answer = respond(self.ca, responder, [(about, status)], now, LIFE)
        return Status(answer=answer, certificates=(responder.certificate.der,))

    def _above(self, certificate: Certificate) -> Authority | None:
        wanted = certificate.issuer.raw
        return next((one for one in authorities(self.ca) if one.certificate.subject.raw == wanted), None)


@dataclass(frozen=True)
class RegionStamper:
    ca: CaRoom
    suite: Suite

    @property
    def digest(self) -> Digest:
        return self.suite.digest

    @property
    def reserved(self) -> int:
        tsa = service(self.ca, self.suite, TSA, Purpose.TIMESTAMP)
        issuing = self.ca.authority(f"{self.suite}-issuing").certificate
        return _ROOM + len(tsa.certificate.der) + len(issuing.der)

    def token(self, imprint: bytes) -> bytes:
        return timestamps.token(self.ca, self.suite, self.digest, imprint)


def stamp_ends(ca: CaRoom, suite: Suite) -> datetime:
    """Until when a stamp made now can be judged without a newer one over it."""
    return service(ca, suite, TSA, Purpose.TIMESTAMP).certificate.not_after


def extend_now(
    room: SealRoom, pdf: bytes, level: Level, *, suite: Suite = Suite.SM2, check: ChainCheck | None = None
) -> bytes:
    """For an order that asks for `level` at once; `suite` is the algorithm of the document time stamp."""
    return extend(pdf, level, RegionSources(room.ca, at_once=True), stamper=RegionStamper(room.ca, suite), check=check)
