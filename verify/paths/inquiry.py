"""One question about one certificate, with all it needs (核验上下文): trust, time, work left, and what is being asked.

The status of a certificate may hang on the signer of a list, whose status hangs on another list; `asking` keeps such
chains short and free of circles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ca.reading import Certificate
from hsm.schemes import Scheme
from verify.moments import Moment
from verify.paths.limits import MOST_NESTING, Budget
from verify.paths.pool import Pool
from verify.paths.signatures import Signatures

MOST_LATE = timedelta(minutes=5)
"""Clocks differ; an answer made this far in the future is still taken."""


@dataclass(frozen=True, slots=True)
class Link:
    """Who signed the certificate in question, with the key completed by inherited parameters; the anchor on top."""

    issuer: Certificate
    spki: bytes
    anchor: Certificate


Vouch = Callable[[Certificate, Certificate, "Inquiry"], bool]
"""Does this signer of lists lead to this very anchor, unrevoked (RFC 5280 6.3.3 (f))? Given by `judging`."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    pool: Pool
    moment: Moment
    budget: Budget
    signatures: Signatures
    vouch: Vouch
    allow_weak: bool = False
    asking: tuple[bytes, ...] = ()
    """Certificates whose status is being asked for, outermost first."""
    times: set[datetime] = field(default_factory=set)
    """Every time something was compared with: between two of them the answer stays the same."""
    vouched: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)

    def about(self, certificate: Certificate) -> Inquiry:
        return replace(self, asking=(*self.asking, certificate.der))

    def takes(self, scheme: Scheme | None) -> bool:
        """Whether a signature under this scheme counts for a list or an answer; None is an old one outside `Scheme`."""
        return self.allow_weak or (scheme is not None and not scheme.weak)

    def may_ask(self, certificate: Certificate) -> bool:
        return len(self.asking) <= MOST_NESTING and certificate.der not in self.asking

    def reliable(self, octets: bytes, until: datetime) -> bool:
        """Data a file brought along must have existed before its signer's certificate ended (EN 319 102-1 5.6.2.2)."""
        self.note(until)
        return min(self.pool.trust.known_since(octets) or self.moment.now, self.moment.now) <= until

    def frozen(self, octets: bytes) -> bool:
        return self.pool.trust.is_archived(octets)

    def note(self, *times: datetime | None) -> None:
        self.times.update(time for time in times if time is not None)
