"""Asking how a seal stands (印章状态核验; facts: standards 2.5 step 6): whom to ask.

By the region's register where one is at hand, or by a signed list in the trust store, which needs no network. What the
states mean for a stamp stands in `seal_states`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Protocol

from ca.profiles import PROFILES
from ca.reading import Certificate, read_certificate
from foundation.der import DerError
from foundation.errors import InvalidInput
from hsm.errors import BadKey, BadSignature
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify
from seal.status_service import wire
from seal.status_service.wire import Period, Statement
from verify.anchors import Use
from verify.moments import Moment
from verify.path import validate
from verify.trust import TrustStore

_PROFILE = PROFILES["seal-status"]


@dataclass(frozen=True, slots=True)
class SealStanding:
    """What is known of one seal: its public states, oldest first, and as of when."""

    periods: tuple[Period, ...]
    as_of: datetime
    until: datetime | None = None
    """When the statement should have been replaced; None: asked just now."""


class SealStatusSource(Protocol):
    """None: this source does not know the seal. Raises `Unavailable` when it cannot be asked."""

    def seal_standing(self, code: str) -> SealStanding | None: ...


class TrustedLists:
    """Signed lists of a trust store, read for one judgement; `faults` says which are not believed, and why."""

    def __init__(self, trust: TrustStore, moment: Moment) -> None:
        self._trust, self._moment = trust, moment

    @cached_property
    def _judged(self) -> tuple[tuple[Statement, ...], tuple[str, ...]]:
        good: list[Statement] = []
        faults: list[str] = []
        for octets in self._trust.seal_lists:
            try:
                good.append(check_statement(octets, self._trust, self._moment))
            except InvalidInput as error:
                faults.append(error.detail.en)
        return tuple(good), tuple(faults)

    @property
    def faults(self) -> tuple[str, ...]:
        return self._judged[1]

    def seal_standing(self, code: str) -> SealStanding | None:
        """By the newest list that speaks for the code's region and is not of a later day than the judgement."""
        known = [one for one in self._judged[0] if code[:6] in one.regions]
        if not known:
            return None
        newest = max(known, key=lambda one: one.this_update)
        return SealStanding(newest.seals.get(code, ()), newest.this_update, newest.next_update)


def check_statement(octets: bytes, trust: TrustStore, moment: Moment) -> Statement:
    """A list or an answer, verified; raises `BadStatement`."""
    leaf, above, statement = _signed(octets)
    if not any(policy.endswith(f".1.{_PROFILE.number}") for policy in leaf.policies):
        raise wire.BadStatement("not signed by a publisher of seal states")
    at = replace(moment, proved=statement.this_update)
    if not validate(leaf, trust, extra=above, moment=at, use=Use.SEAL).trusted:
        raise wire.BadStatement("publisher not trusted")
    return statement


@lru_cache(maxsize=8)
def _signed(octets: bytes) -> tuple[Certificate, tuple[Certificate, ...], Statement]:
    """Reading and mathematics, the same whatever is believed: once for a list, and not for every file judged by it."""
    signed, statement = wire.read(octets)
    try:
        leaf, *above = (read_certificate(certificate) for certificate in signed.certificates)
        verify(leaf.spki, Scheme.SM2_SM3, signed.signing_input, signed.signature, sm2_id=DEFAULT_SM2_ID)
    except (DerError, BadKey, BadSignature) as error:
        raise wire.BadStatement("signature") from error
    return leaf, tuple(above), statement
