"""What a judgement starts from (核验前提): whom to believe, when "now" is, whom to ask, how strict to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foundation.clock import Clock
from verify.moments import Moment
from verify.seal_status import SealStatusSource
from verify.status import StatusSource
from verify.trust import TrustStore

MOST_OCTETS = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Context:
    """What the verifier believes, when "now" is, and whom it may ask. `status` None: nobody (offline)."""

    trust: TrustStore
    clock: Clock
    at: datetime | None = None
    status: StatusSource | None = None
    seals: SealStatusSource | None = None
    """Asks the state of a seal; lists of the trust store are asked also offline."""
    offline: bool = False
    most_octets: int = MOST_OCTETS
    strict: bool = False
    """Every departure from the standards counts as an error, also those that real seals need (`verify.strictness`)."""

    proved: datetime | None = None
    """An evidence record shows that the whole file existed then."""

    @property
    def moment(self) -> Moment:
        now = self.clock.now()
        return Moment(self.at or now, self.proved, offline=self.offline, wall=now)
