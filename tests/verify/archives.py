"""Files of every level from the test PKI (各级长期签章): B-B to B-LTA, renewed three times, each in its hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from ca.reading import Certificate, read_certificate
from foundation.clock import FixedClock
from hsm.digests import Digest
from hsm.keys import Algorithm
from seal.longlife.extending import extend
from seal.longlife.levels import Level, Status
from tests.verify import pki, sealing
from tests.verify.list_cases import answer
from tests.verify.pki import NOW, Entity, Region
from verify.judge import Context, judge
from verify.report import Report, Sub, Verdict
from verify.trust import TrustStore

DAY = timedelta(days=1)
RENEWALS = (600, 1200, 1800)
"""Days after sealing. Each authority of a stamp lives 730 days and starts a month before its first."""


@dataclass
class Sources:
    """What the region would publish on a day; with `good`, an OCSP answer of that day about the seal too."""

    entities: dict[bytes, Entity]
    at: datetime
    days: int = 30
    good: Entity | None = None

    def issuer(self, certificate: Certificate) -> Certificate | None:
        found = self.entities.get(certificate.issuer.raw)
        return read_certificate(found.certificate) if found else None

    def status(self, certificate: Certificate, after: datetime) -> Status | None:
        if self.at < after:
            return None
        issuer = self.entities[certificate.issuer.raw]
        said = self.good is not None and certificate.serial == self.good.serial
        told = answer(self.good, issuer, issuer, at=self.at) if said and self.good else None
        return Status(issuer.crl(at=self.at, days=self.days), told)


@dataclass
class Stamper:
    tsa: Entity
    at: datetime

    @property
    def digest(self) -> Digest:
        return self.tsa.scheme.digest

    @property
    def reserved(self) -> int:
        return 3000

    def token(self, imprint: bytes) -> bytes:
        return sealing.token(self.tsa, imprint, at=self.at, digested=True)


@dataclass
class Archive:
    """One seal that lives a year, and its file at every level."""

    region: Region
    seal: Entity
    tsas: list[Entity]
    files: dict[str, bytes] = field(default_factory=dict)

    def sources(self, at: datetime, *, good: bool = False) -> Sources:
        known = {one.subject: one for one in (self.region.root, self.region.issuing)}
        return Sources(known, at, good=self.seal if good else None)

    def stamper(self, number: int, at: datetime) -> Stamper:
        return Stamper(self.tsas[number], at)

    def crls(self, at: datetime, days: int = 30) -> list[bytes]:
        return [self.region.root.crl(at=at, days=days), self.region.issuing.crl(at=at, days=days)]

    def ask(self, data: bytes, days: float, crls: list[bytes] | None = None, *, wall: float = 4000) -> Report:
        """At so many days after sealing; with fresh lists of that hour unless others are given."""
        at = NOW + days * DAY
        store = TrustStore.build([self.region.root.certificate], crls=self.crls(at) if crls is None else crls)
        return judge(data, name=None, context=Context(store, FixedClock(NOW + wall * DAY), at=at))

    def said(self, level: str, days: float, crls: list[bytes] | None = None) -> tuple[Verdict, Sub | None]:
        report = self.ask(self.files[level], days, crls)
        return report.verdict, report.signatures[0].sub_indication


def accepted(pdf: bytes) -> None:
    """The chain check of these files is their judgement in the tests themselves."""
    assert pdf.startswith(b"%PDF-")


def archive(algorithm: Algorithm, *, good: bool = False) -> Archive:
    """Made once a process; whoever asks finds nobody revoked, whatever the test before did."""
    made = _made(algorithm, good)
    for entity in (made.region.root, made.region.issuing):
        entity.revoked.clear()
    return made


@cache
def _made(algorithm: Algorithm, good: bool) -> Archive:
    region = pki.region(f"长期 {algorithm.value}", algorithm)
    seal = pki.make("一年", region.issuing, days=365, algorithm=algorithm, organization="印川市民政局")
    tsas = [
        pki.make(f"时间戳 {n} {algorithm.value}", region.issuing, kind="tsa", algorithm=algorithm, days=730,
                 start=NOW + (day - 30) * DAY)
        for n, day in enumerate((0, *RENEWALS))
    ]  # fmt: skip
    made = Archive(region, seal, tsas)
    made.files["B-B"] = sealing.pdf(seal, chain=(region.issuing,))
    made.files["B-T"] = sealing.pdf(seal, chain=(region.issuing,), tsa=tsas[0])
    day = NOW + DAY
    made.files["B-LT"] = extend(made.files["B-T"], Level.B_LT, made.sources(day, good=good))
    made.files["B-LTA"] = extend(
        made.files["B-T"], Level.B_LTA, made.sources(day, good=good), stamper=made.stamper(0, day)
    )
    file = made.files["B-LTA"]
    for number, days in enumerate(RENEWALS, 1):
        at = NOW + days * DAY
        file = extend(file, Level.B_LTA, made.sources(at), stamper=made.stamper(number, at), check=accepted)
        made.files[f"renewed {number}"] = file
    return made
