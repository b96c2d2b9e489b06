"""Which policy guards which purpose (签名策略总表). A purpose that is missing here is refused by the signer."""

from __future__ import annotations

from functools import partial

import ca.policies
import licence.policies
import seal.policies
import sso.policies
import verify.regions.policy
import verify.reports.policy
from ca.room import CaRoom
from foundation.ground import Ground
from hsm.escrow.shapes import Escrow
from hsm.keys import Purpose
from hsm.service import checkpoint_policy
from hsm.service.journal import Journal
from hsm.service.policies import Policies
from hsm.store import KeyStore


def policies(ground: Ground, keys: KeyStore, journal: Journal, escrow: Escrow) -> Policies:
    certificates = CaRoom.build(ground, keys, escrow)
    return {
        **ca.policies.policies(certificates),
        **seal.policies.policies(ground, certificates, journal.memory.floors, journal.memory.looks),
        **sso.policies.policies(ground),
        **verify.regions.policy.policies(ground, certificates),
        **licence.policies.policies(ground),
        Purpose.REPORT: partial(verify.reports.policy.check, ground),
        Purpose.CHECKPOINT: partial(checkpoint_policy.check, ground, journal),
    }
