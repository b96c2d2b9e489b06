"""Who can approve with a cloud signature (可用云签名审批的人): so that rules name them without copying fingerprints."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from foundation.principal import Permission, Principal
from seal.approval.cloud.models import KeyState, SealCloudKey
from seal.approval.cloud.room import CloudRoom

MOST = 100


@dataclass(frozen=True, slots=True)
class Holder:
    person: str
    certificate: str


def holders(room: CloudRoom, principal: Principal) -> list[Holder]:
    """The active keys of the caller's department, for the owners of its seals."""
    principal.require(Permission.SEAL_POLICY)
    query = select(SealCloudKey.person, SealCloudKey.certificate).where(
        SealCloudKey.department == principal.department, SealCloudKey.state == KeyState.ACTIVE
    )
    with room.ground.db.read() as session:
        rows = session.execute(query.order_by(SealCloudKey.id).limit(MOST)).all()
    return [Holder(person, certificate) for person, certificate in rows if certificate]
