"""Ending a seal's certificates (印章证书撤销) when its life is over, so that every verifier learns it from the CA too.

Stamps made before keep standing: their time stamps prove they are older.
"""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select, update

from ca.errors import CertificateUnfinished
from ca.models import CaCertificate
from ca.reading.crl import Reason as Revocation
from ca.revoke import revoke
from foundation.failpoints import reach
from foundation.principal import SYSTEM
from seal.management.models import SealFile
from seal.management.reasons import Reason
from seal.management.states import OVER
from seal.room import SealRoom

_REASONS = {
    Reason.SUPERSEDED: Revocation.SUPERSEDED,
    Reason.KEY_COMPROMISE: Revocation.KEY_COMPROMISE,
    Reason.LOST: Revocation.KEY_COMPROMISE,
    Reason.NAME_CHANGED: Revocation.AFFILIATION_CHANGED,
    Reason.MISUSE: Revocation.PRIVILEGE_WITHDRAWN,
}


def end(room: SealRoom, file_id: UUID) -> bool:
    """Revoke what certificates there are, if the seal's life is over and that was not done; says whether it did."""
    ground = room.ground
    with ground.db.read() as session:
        row = session.get_one(SealFile, file_id)
        if row.state not in OVER or row.ended_at is not None or row.code is None:
            return False
        ids = list(session.scalars(select(CaCertificate.id).where(CaCertificate.request_key.startswith(_keys(row)))))
    reason = _REASONS.get(_why(row), Revocation.CESSATION_OF_OPERATION)
    for identifier in ids:
        try:
            revoke(room.ca, SYSTEM, certificate_id=identifier, reason=reason)
        except CertificateUnfinished:  # a crash left it half-made: finished by `ca.recover`, ended at the next run
            return False
    reach("seal.management.ended")
    with ground.db.begin() as session:
        session.execute(
            update(SealFile)
            .where(SealFile.id == file_id, SealFile.ended_at.is_(None))
            .values(ended_at=ground.clock.now().replace(microsecond=0))
        )
    return True


def unended(room: SealRoom) -> list[UUID]:
    """Seals whose life is over and whose certificates a crash left standing."""
    with room.ground.db.read() as session:
        query = select(SealFile.id).where(SealFile.state.in_(OVER), SealFile.ended_at.is_(None))
        return list(session.scalars(query.order_by(SealFile.id)))


def _keys(row: SealFile) -> str:
    """How `seal.make` names its requests for this seal's certificates."""
    return f"seal.certificate:{row.code}:"


def _why(row: SealFile) -> Reason:
    """Why it ended, as published: the first state that was an end."""
    ends = [Reason(one["reason"]) for one in json.loads(row.public) if one["state"] in ("revoked", "superseded")]
    return ends[0] if ends else Reason.NO_LONGER_NEEDED
