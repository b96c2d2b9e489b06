"""Revoking a pair (撤销双证书): both certificates, each with the reason that fits it.

The encryption key travelled under the signing key, so a lost signing key may have given it away: both are compromised.
The encryption certificate may be revoked alone; the signing certificate never, or mail would go to a key whose holder
can no longer be told from others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ca.kmc.errors import PairUnfinished, PairUnknown
from ca.kmc.find import pair, pair_with
from ca.reading.crl import Reason
from ca.revoke import Revocation, revoke
from ca.room import CaRoom
from foundation.failpoints import reach
from foundation.principal import Principal


class Which(StrEnum):
    BOTH = "both"
    ENCRYPTION = "encryption"


@dataclass(frozen=True, slots=True)
class PairRevocation:
    signing: Revocation | None
    encryption: Revocation


def revoke_pair(
    room: CaRoom,
    principal: Principal,
    pair_id: UUID,
    reason: Reason,
    *,
    which: Which = Which.BOTH,
    invalidity: datetime | None = None,
) -> PairRevocation:
    """The encryption certificate first: killed in between, the pair is still used by its holder and asked for again."""
    found = pair(room, principal, pair_id)
    encryption = revoke(room, principal, reason=reason, certificate_id=found.encryption.id, invalidity=invalidity)
    reach("kmc.encryption_revoked")
    if which is Which.ENCRYPTION:
        return PairRevocation(None, encryption)
    signing = revoke(room, principal, reason=reason, certificate_id=found.signing.id, invalidity=invalidity)
    return PairRevocation(signing, encryption)


def revoke_one(
    room: CaRoom, principal: Principal, certificate_id: UUID, reason: Reason, *, invalidity: datetime | None = None
) -> Revocation:
    """Any certificate by its id: the signing half of a pair takes its encryption half along, all others go alone."""
    try:
        found = pair_with(room, principal, certificate_id)
    except (PairUnknown, PairUnfinished):
        return revoke(room, principal, reason=reason, certificate_id=certificate_id, invalidity=invalidity)
    if found.encryption.id == certificate_id:
        return revoke_pair(room, principal, found.id, reason, which=Which.ENCRYPTION, invalidity=invalidity).encryption
    both = revoke_pair(room, principal, found.id, reason, invalidity=invalidity)
    return both.signing or both.encryption
