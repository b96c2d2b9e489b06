"""What lists and answers say together (撤销状态汇总): everything is gathered first, then the newest decides.

One good OCSP answer must not outvote a later list that back-dates a revocation (facts: sealing 2.3 note a). Lists for
some reasons only are weighed reason by reason (RFC 5280 6.3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ca.reading import Reason
from ca.reading.points import ALL_REASONS
from verify.paths.known_lists import Unusable

HARMLESS = frozenset({Reason.AFFILIATION_CHANGED, Reason.SUPERSEDED, Reason.CESSATION_OF_OPERATION})
"""Reasons that say the key was in good hands until then. For any other, also an unstated one, a time stamp before the
revocation proves too little: nobody knows since when the key was abused."""

FORWARD = HARMLESS | {Reason.UNSPECIFIED, Reason.PRIVILEGE_WITHDRAWN}
"""For a signer EN 319 102-1 asks only whether the signature is proved to be older. We except what says that the key or
its owner was not to be trusted; there the invalidity date decides. Authorities are held to `HARMLESS` (RFC 3161 4)."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Statement:
    """One list, list with delta, or answer about one certificate. `revoked_at` None: it says nothing against it."""

    made: datetime
    until: datetime | None
    source: str
    reasons: int = ALL_REASONS
    late: bool = False
    """Made after the certificate expired, when entries may have been dropped: its silence is weak (RFC 5280 3.3)."""
    revoked_at: datetime | None = None
    reason: Reason | None = None
    invalidity: datetime | None = None
    frozen: bool = False
    """Brought along by the file and under a document time stamp: what the archive had when it was made (B-LTA)."""
    data: bytes | None = None
    """SHA-256 of the list or answer, for the report."""

    @property
    def weight(self) -> tuple[bool, datetime, bool]:
        """Weak silence gives way to anything, then the newest counts, then the bad news."""
        revoked = self.revoked_at is not None
        return (revoked or not self.late, self.made, revoked)


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is known about one certificate. `checked` is None when there is no usable data at all."""

    checked: datetime | None = None
    """When the deciding data was made."""
    valid_until: datetime | None = None
    source: str | None = None
    revoked_at: datetime | None = None
    reason: Reason | None = None
    invalidity: datetime | None = None
    late: bool = False
    unusable: frozenset[Unusable] = frozenset()
    frozen: bool = False
    data: bytes | None = None

    @property
    def revoked(self) -> bool:
        return self.revoked_at is not None

    def stale(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until < now

    def covers(self, proved: datetime | None, *, as_of: bool) -> bool:
        """Out of date by now, it still shows that the certificate was good when the signature existed."""
        if proved is None or self.checked is None:
            return False
        return self.checked >= proved or (
            (as_of or self.frozen) and (self.valid_until is None or proved <= self.valid_until)
        )

    def spares(self, proved: datetime | None, harmless: frozenset[Reason] = HARMLESS) -> bool:
        """A signature proved to exist at `proved` survives this revocation."""
        if self.revoked_at is None:
            return True
        if proved is None or proved >= self.revoked_at:
            return False
        if self.invalidity is not None:
            return proved < self.invalidity
        return self.reason in harmless


def weigh(statements: Iterable[Statement], unusable: frozenset[Unusable]) -> Revocation:
    """For each reason the weightiest statement; one that revokes is enough, all reasons must be covered to be good."""
    known = sorted(statements, key=lambda statement: statement.weight, reverse=True)
    deciding: list[Statement] = []
    open_reasons = ALL_REASONS
    for statement in known:
        if statement.reasons & open_reasons:
            deciding.append(statement)
            open_reasons &= ~statement.reasons
    revoking = [(s.reason in HARMLESS, s.revoked_at, s) for s in deciding if s.revoked_at is not None]
    if revoking:
        return _told(min(revoking, key=lambda item: item[:2])[2], unusable)
    if open_reasons or not deciding:
        return Revocation(unusable=unusable | {Unusable.REASONS} if deciding else unusable)
    return _told(min(deciding, key=lambda statement: (not statement.late, statement.until or _NEVER)), unusable)


def _told(statement: Statement, unusable: frozenset[Unusable]) -> Revocation:
    return Revocation(
        statement.made,
        statement.until,
        statement.source,
        statement.revoked_at,
        statement.reason,
        statement.invalidity,
        statement.late,
        unusable,
        statement.frozen,
        statement.data,
    )
