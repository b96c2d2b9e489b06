"""The life of a seal after it is made (印章停用、恢复、注销), 国办发〔2025〕33号: in use ⇄ suspended → revoked.

Revoking also revokes the seal's certificates, so that every verifier learns it from the CA's lists. Stamps made before
keep standing: their time stamps prove they are older.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from ca.reading import Reason, read_certificate
from ca.revoke import revoke as revoke_certificate
from ca.suites import Suite
from foundation.errors import Conflict
from foundation.principal import SYSTEM, Permission, Principal
from foundation.text import Text
from seal.errors import SealUnknown
from seal.find import record
from seal.models import SealRow, SealState
from seal.orders import SealRecord
from seal.room import SealRoom

_FROM = {
    SealState.SUSPENDED: frozenset({SealState.IN_USE}),
    SealState.IN_USE: frozenset({SealState.SUSPENDED}),
    SealState.REVOKED: frozenset({SealState.IN_USE, SealState.SUSPENDED}),
}


class NoSuchStep(Conflict):
    def __init__(self, now: str, wanted: SealState) -> None:
        super().__init__(
            "seal.no_such_step",
            Text(
                f"印章当前状态为 {now}，不能变更为 {wanted}。",
                f"The seal is {now}; it cannot become {wanted} from there.",
            ),
        )


def change_state(room: SealRoom, principal: Principal, seal_id: UUID, wanted: SealState) -> SealRecord:
    """Suspend, resume or revoke a seal. The step taken before is answered again, so a lost answer does no harm."""
    principal.require(Permission.SEAL_MAKE)
    before = _step(room, principal, seal_id, wanted)
    if wanted is SealState.REVOKED:
        # also when the row was revoked before: a crash between the two is healed by asking again
        _revoke_certificates(room, before)
    with room.ground.db.read() as session:
        return record(session.get_one(SealRow, seal_id))


def _step(room: SealRoom, principal: Principal, seal_id: UUID, wanted: SealState) -> SealRow:
    with room.ground.db.begin() as session:
        row = session.get(SealRow, seal_id)
        if row is None:
            raise SealUnknown
        if row.state == wanted:
            return row
        allowed = _FROM.get(wanted, frozenset())
        now = row.state
        changed = session.execute(
            update(SealRow)
            .where(SealRow.id == seal_id, SealRow.state.in_(allowed))
            .values(state=wanted, changed_at=room.ground.clock.now())
            .returning(SealRow.id)
        ).first()
        if changed is None:
            raise NoSuchStep(now, wanted)
        room.ground.audit.record(
            session,
            principal,
            action="seal.state",
            object=f"seal:{seal_id}",
            payload={"code": row.code, "from": str(now), "to": wanted.value},
        )
    return row


def _revoke_certificates(room: SealRoom, row: SealRow) -> None:
    for suite, octets in ((Suite.SM2, row.sm2_certificate), (Suite.RSA, row.rsa_certificate)):
        if octets is not None:
            serial = read_certificate(octets).serial
            revoke_certificate(
                room.ca, SYSTEM, reason=Reason.CESSATION_OF_OPERATION, authority=f"{suite}-issuing", serial=serial
            )
