"""The department's half of hash-only stamping (本地用章): no database, no key, no network of its own.

Who runs it gives a `Service` that carries the four small messages; the file itself is in none of them. Everything
written is decided by the file, the request and the order's frozen time, so a run after a crash asks for the very same
digest and gets the very same signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from ca.suites import Suite
from hsm.digests import sha256, sm3
from seal.cms_writing import template
from seal.held import Held
from seal.pdf.appearance import Appearance
from seal.places import Places
from seal.placing import Mark
from seal.ses import read_seal


@dataclass(frozen=True, slots=True)
class LocalSeal:
    """A seal as the server hands it out, for one suite."""

    name: str
    department_name: str
    code: str
    esl: bytes
    appearance: Appearance
    certificate: bytes
    chain: tuple[bytes, ...]

    def held(self, suite: Suite) -> Held:
        """As the writers and the comparing functions want it."""
        signer = template(self.certificate, self.chain, suite.scheme)
        gm = template(self.certificate, self.chain, suite.scheme, gm=True)
        listed = read_seal(self.esl)
        by_digest = sm3(self.certificate) in {value for _, value in listed.digests}
        found = listed.certificates or ((self.certificate,) if by_digest else ())
        return Held(sha256(self.esl).hex(), self.code, self.esl, found, self.appearance, {suite: signer}, gm)


@dataclass(frozen=True, slots=True)
class Ask:
    """One order to open. `part` tells the signatures of one file apart (SM2 first, RSA second)."""

    format: str
    suite: Suite
    sha256: bytes
    size: int
    marks: tuple[Mark, ...]
    closing: bool
    part: int = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    order_id: UUID
    signing_time: datetime


class Service(Protocol):
    """The server, however it is reached."""

    def seal(self, suite: Suite) -> LocalSeal: ...

    def open(self, ask: Ask) -> Frozen: ...

    def sign(self, order_id: UUID, digest: bytes, property_info: str | None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What to do with one file."""

    document: bytes
    place: Places
    suites: tuple[Suite, ...] = (Suite.SM2,)
    reason: str | None = None
    closing: bool = True
