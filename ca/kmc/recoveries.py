"""Recovering keys (密钥恢复): asked for, proven or argued, agreed to by others, collected. Seen from the CA.

User recovery: the holder has a new signing certificate and signs the challenge with it. Judicial recovery: an organ, a
case and a legal basis. Who agreed and what left is the escrow's own record (`hsm.escrow.grants`) under the same id.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from ca.kmc.errors import (
    DutiesMixed,
    NotTheRequester,
    ProofFailed,
    RecoveryUnknown,
    Unproven,
)
from ca.kmc.guard import escrow_of
from ca.kmc.models import CaKmcRecovery
from ca.kmc.statements import Statement
from ca.reading.certificate import Certificate, read_certificate
from ca.room import CaRoom
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from hsm.digests import same
from hsm.errors import BadSignature
from hsm.escrow.errors import GrantClosed, GrantMissing
from hsm.escrow.shapes import Grant, GrantKind, GrantOrder, GrantState
from hsm.public_keys import describe
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify

TABLE = "ca_kmc_recovery"
MOST_CERTIFICATES = 20
_HOUR = 3600


@dataclass(frozen=True, slots=True, repr=False)
class Recovery:
    id: UUID
    kind: GrantKind
    requester: str
    statement: Statement
    recipient: Certificate
    opened_at: datetime
    expires_at: datetime
    proven_at: datetime | None
    collected_at: datetime | None
    state: GrantState | None
    """None while the holder's proof is awaited."""
    grant: Grant | None
    transcript: str | None

    @property
    def keys(self) -> tuple[UUID, ...]:
        return tuple(UUID(one["id"]) for one in self.statement.members["keys"])


def prove(room: CaRoom, principal: Principal, recovery_id: UUID, signature: bytes) -> Recovery:
    """The holder's signature over the challenge; then the others may decide."""
    found = _own(room, principal, recovery_id)
    if found.kind is not GrantKind.USER or found.grant is not None:
        return found
    _still_open(found)
    scheme = Scheme.SM2_SM3 if holder_is_sm2(found.recipient) else Scheme.RSA_SHA256
    try:
        verify(found.recipient.spki, scheme, found.statement.challenge, signature, sm2_id=DEFAULT_SM2_ID)
    except BadSignature as error:
        raise ProofFailed from error
    ground = room.ground
    with ground.db.begin() as session:
        session.execute(
            update(CaKmcRecovery)
            .where(CaKmcRecovery.id == recovery_id, CaKmcRecovery.proven_at.is_(None))
            .values(proven_at=ground.clock.now())
            .execution_options(synchronize_session=False)
        )
        ground.audit.record(
            session,
            principal,
            action="ca.kmc.recovery_prove",
            object=f"recovery:{recovery_id}",
            payload={"certificate_sha256": found.recipient.fingerprint},
        )
    reach("kmc.proven")
    open_grant(room, principal, found)
    return recovery(room, principal, recovery_id)


def decide(room: CaRoom, principal: Principal, recovery_id: UUID, digest: bytes, *, approve: bool) -> Recovery:
    """Yes or no to the statement with this digest. The escrow sees to it that it is somebody else's, once."""
    principal.require(Permission.KM_APPROVE)
    if principal.may(Permission.CA_ISSUE):
        raise DutiesMixed
    found = recovery(room, principal, recovery_id)
    if found.grant is None:
        _still_open(found)
        raise Unproven
    escrow_of(room).decide(recovery_id, digest, principal, approve=approve)
    return recovery(room, principal, recovery_id)


def withdraw(room: CaRoom, principal: Principal, recovery_id: UUID) -> Recovery:
    found = _own(room, principal, recovery_id)
    if found.grant is not None:
        escrow_of(room).withdraw(recovery_id, principal)
        return recovery(room, principal, recovery_id)
    _still_open(found)
    with room.ground.db.begin() as session:
        row = session.get_one(CaKmcRecovery, recovery_id)
        row.withdrawn_at = room.ground.clock.now()
        room.ground.audit.record(
            session, principal, action="ca.kmc.recovery_withdraw", object=f"recovery:{recovery_id}", payload={}
        )
    return recovery(room, principal, recovery_id)


def recovery(room: CaRoom, principal: Principal, recovery_id: UUID) -> Recovery:
    """Officers of the centre see all, anybody else what he asked for."""
    with room.ground.db.read() as session:
        row = session.get(CaKmcRecovery, recovery_id)
    if row is None or not (principal.may(Permission.KM_READ) or row.requester == principal.label):
        raise RecoveryUnknown
    return view(room, row)


def recoveries(room: CaRoom, principal: Principal, *, after: UUID | None = None, limit: int = 50) -> list[Recovery]:
    """Newest first."""
    principal.require(Permission.KM_READ)
    query = select(CaKmcRecovery).order_by(CaKmcRecovery.id.desc()).limit(max(1, min(limit, 100)))
    if after is not None:
        query = query.where(CaKmcRecovery.id < after)
    with room.ground.db.read() as session:
        rows = session.scalars(query).all()
    return [view(room, row) for row in rows]


def view(room: CaRoom, row: CaKmcRecovery) -> Recovery:
    cipher = room.ground.cipher
    statement = Statement(cipher.decrypt(TABLE, "statement", row.id, row.statement).encode())
    certificate = read_certificate(base64.b64decode(cipher.decrypt(TABLE, "recipient", row.id, row.recipient)))
    expires = datetime.fromisoformat(statement.members["expires_at"])
    try:
        grant: Grant | None = escrow_of(room).grant(row.id)
    except GrantMissing:
        grant = None
    state = grant.state if grant is not None else None
    if grant is None and row.withdrawn_at is not None:
        state = GrantState.WITHDRAWN
    elif grant is None and room.ground.clock.now() >= expires:
        state = GrantState.EXPIRED
    return Recovery(
        row.id,
        GrantKind(row.kind),
        row.requester,
        statement,
        certificate,
        row.opened_at,
        expires,
        row.proven_at,
        row.collected_at,
        state,
        grant,
        cipher.decrypt(TABLE, "transcript", row.id, row.transcript) if row.transcript is not None else None,
    )


def holder_is_sm2(certificate: Certificate) -> bool:
    return describe(certificate.spki) == "SM2"


def open_grant(room: CaRoom, principal: Principal, found: Recovery) -> Grant:
    """Hand the request to the escrow; the same again is the same."""
    hours = room.ground.settings.kmc.approval_hours
    left = int((found.expires_at - room.ground.clock.now()).total_seconds())
    return escrow_of(room).open_grant(
        GrantOrder(
            found.id,
            found.kind,
            found.keys,
            found.recipient.spki,
            found.statement.digest,
            int(found.statement.members["quorum"]),
            max(left, 1),
            hours * _HOUR,
        ),
        principal,
    )


def _own(room: CaRoom, principal: Principal, recovery_id: UUID) -> Recovery:
    principal.require(Permission.KM_OPERATE)
    found = recovery(room, principal, recovery_id)
    if not same(found.requester.encode(), principal.label.encode()):
        raise NotTheRequester
    return found


def _still_open(found: Recovery) -> None:
    if found.state is not None:
        raise GrantClosed(found.state)
