"""What the lints look at (待签证书): the parsed octets, the profile, the issuer and the order they came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ca.profiles import Profile
from ca.reading.alternative import NO_NAMES, AlternativeNames
from ca.reading.certificate import Certificate
from ca.reading.identity import IdentityExtensions
from ca.template import Issuer, Places


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """What was asked for. Recovery has none: there the MAC over the intent stands for it."""

    subject: bytes
    spki: bytes
    identity: IdentityExtensions
    names: AlternativeNames = NO_NAMES


@dataclass(frozen=True, slots=True)
class Proposal:
    tbs: Certificate
    profile: Profile
    issuer: Issuer
    issuer_certificate: Certificate | None
    """None for a root, which signs itself."""
    places: Places
    now: datetime
    """When the intent was recorded; notBefore may not be another moment."""
    production: bool
    order: Order | None
    shard: int | None = None
    """The partial revocation list its row names; None for the full one."""
