"""Collecting recovered keys (领取恢复的密钥): the envelopes, and the transcript that says how they came to leave."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import update

from ca.kmc.centre import centre_certificate
from ca.kmc.deliveries import parties_for
from ca.kmc.errors import NotTheRequester, Unproven
from ca.kmc.guard import escrow_of
from ca.kmc.models import CaKmcRecovery
from ca.kmc.recipients import holder, organ
from ca.kmc.recoveries import TABLE, Recovery, recovery
from ca.kmc.transcript import write_transcript
from ca.room import CaRoom
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from hsm.escrow.errors import GrantClosed
from hsm.escrow.shapes import Envelope, EscrowedKey, Form, GrantKind, GrantState


@dataclass(frozen=True, slots=True, repr=False)
class RecoveredKey:
    key: EscrowedKey
    envelope: Envelope


@dataclass(frozen=True, slots=True, repr=False)
class Collected:
    recovery: Recovery
    keys: tuple[RecoveredKey, ...]
    transcript: bytes


def collect(room: CaRoom, principal: Principal, recovery_id: UUID, form: Form) -> Collected:
    """Only the one who asked, only once enough others agreed. Asked again it is the same, octet for octet."""
    principal.require(Permission.KM_OPERATE)
    found = recovery(room, principal, recovery_id)
    if found.requester != principal.label:
        raise NotTheRequester
    if found.state is None:
        raise Unproven
    if found.state not in (GrantState.APPROVED, GrantState.RELEASED):
        raise GrantClosed(found.state)
    _check_recipient(room, found)
    escrow = escrow_of(room)
    envelopes = escrow.release(recovery_id, form, parties_for(room, form, found.recipient), principal)
    reach("kmc.released")
    keys = tuple(RecoveredKey(escrow.find(one.key_id), one) for one in envelopes)
    transcript = found.transcript or _transcribe(room, principal, found)
    return Collected(recovery(room, principal, recovery_id), keys, transcript.encode())


def _check_recipient(room: CaRoom, found: Recovery) -> None:
    """Days passed since it was asked for: the certificate must still be good."""
    if found.kind is GrantKind.JUDICIAL:
        organ(room, found.recipient.der)
        return
    with room.ground.db.read() as session:
        row = session.get_one(CaKmcRecovery, found.id)
    if row.certificate_id is None:
        raise Unproven
    holder(room, row.certificate_id)


def _transcribe(room: CaRoom, principal: Principal, found: Recovery) -> str:
    """The escrow signs its own account; here it is put together with statement and certificates, and kept."""
    ground, centre = room.ground, centre_certificate(room)
    said = escrow_of(room).attest(found.id, principal)
    above = room.authority("sm2-issuing"), room.authority("sm2-root")
    text = write_transcript(found.statement, said, centre, [one.certificate for one in above], found.recipient).decode()
    with ground.db.begin() as session:
        won = session.execute(
            update(CaKmcRecovery)
            .where(CaKmcRecovery.id == found.id, CaKmcRecovery.transcript.is_(None))
            .values(
                transcript=ground.cipher.encrypt(TABLE, "transcript", found.id, text), collected_at=ground.clock.now()
            )
            .execution_options(synchronize_session=False)
            .returning(CaKmcRecovery.id)
        ).first()
        if won is not None:
            ground.audit.record(
                session,
                principal,
                action="ca.kmc.recovery_collect",
                object=f"recovery:{found.id}",
                payload={"kind": found.kind.value, "statement_sha256": found.statement.digest.hex()},
            )
    stored = recovery(room, principal, found.id).transcript
    return stored or text
