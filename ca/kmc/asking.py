"""Asking for recovery (申请密钥恢复): for a holder with a new signing certificate, or for an organ with a case.

The request is on record before the escrow hears of it, and the same request again is the same. A user recovery waits
for the holder's proof first; a judicial one is put before the approvers at once.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ca.errors import CertificateUnknown
from ca.kmc.errors import NothingEscrowed, PairKeyTaken
from ca.kmc.guard import escrow_of
from ca.kmc.models import CaKmcRecovery
from ca.kmc.recipients import Recipient, holder, organ
from ca.kmc.recoveries import TABLE, Recovery, open_grant, view
from ca.kmc.statements import Case, compose
from ca.models import CaCertificate, State
from ca.reading.certificate import read_certificate
from ca.room import CaRoom
from ca.storing import opened
from foundation.errors import InvalidInput
from foundation.failpoints import reach
from foundation.principal import Permission, Principal
from foundation.text import Text
from hsm.escrow.shapes import EscrowedKey, GrantKind

MOST_CERTIFICATES = 20


def open_user(room: CaRoom, principal: Principal, certificate_id: UUID, request_key: str) -> Recovery:
    """For the holder of this new signing certificate: every key he ever had in this capacity."""
    principal.require(Permission.KM_OPERATE)
    to = holder(room, certificate_id)
    keys = escrow_of(room).history(to.owner or "")
    return _open(room, principal, GrantKind.USER, keys, to, None, request_key)


def open_judicial(
    room: CaRoom,
    principal: Principal,
    certificates: Sequence[UUID],
    recipient: bytes,
    case: Case,
    request_key: str,
    *,
    with_history: bool = False,
) -> Recovery:
    """The keys of these encryption certificates, of one holder; all he ever had only when that is asked for."""
    principal.require(Permission.KM_OPERATE)
    if not 0 < len(certificates) <= MOST_CERTIFICATES:
        raise InvalidInput("kmc.certificates", Text("请指定 1 至 20 张加密证书。", "Name 1 to 20 certificates."))
    keys = tuple(dict.fromkeys(escrow_of(room).holds(_spki(room, one)) for one in certificates))
    if len({key.owner for key in keys}) != 1:
        raise InvalidInput(
            "kmc.one_holder",
            Text("一份申请只能涉及一个持有人。", "One request concerns one holder. Ask separately for each."),
        )
    if with_history:
        keys = escrow_of(room).history(keys[0].owner)
    to = organ(room, recipient)
    return _open(room, principal, GrantKind.JUDICIAL, keys, to, case, request_key)


def _open(
    room: CaRoom,
    principal: Principal,
    kind: GrantKind,
    keys: Sequence[EscrowedKey],
    to: Recipient,
    case: Case | None,
    request_key: str,
) -> Recovery:
    if not keys:
        raise NothingEscrowed
    ground, settings, identifier = room.ground, room.ground.settings.kmc, room.ground.ids.uuid7()
    now = ground.clock.now()
    statement = compose(
        identifier,
        kind,
        keys,
        to.certificate,
        owner=keys[0].owner,
        requester=principal.label,
        quorum=settings.judicial_approvals if kind is GrantKind.JUDICIAL else settings.user_approvals,
        opened_at=now,
        expires_at=now + timedelta(hours=settings.request_hours),
        nonce=ground.ids.random(16),
        case=case,
        foreign=to.certificate_id is None,
    )
    row = CaKmcRecovery(
        id=identifier,
        request_key=request_key,
        kind=kind,
        owner=keys[0].owner,
        requester=principal.label,
        statement=ground.cipher.encrypt(TABLE, "statement", identifier, statement.octets.decode()),
        digest=statement.digest.hex(),
        recipient=ground.cipher.encrypt(TABLE, "recipient", identifier, base64.b64encode(to.certificate.der).decode()),
        certificate_id=to.certificate_id,
        opened_at=now,
    )
    try:
        with ground.db.begin() as session:
            session.add(row)
            ground.audit.record(
                session,
                principal,
                action="ca.kmc.recovery_open",
                object=f"recovery:{identifier}",
                payload={"kind": kind.value, "owner": row.owner, "keys": len(keys), "statement_sha256": row.digest},
            )
    except IntegrityError:
        row = _asked_before(room, principal, request_key, kind, keys, to)
    reach("kmc.recovery_recorded")
    found = view(room, row)
    if kind is GrantKind.JUDICIAL and found.state is None:
        open_grant(room, principal, found)
        found = view(room, row)
    return found


def _asked_before(
    room: CaRoom,
    principal: Principal,
    request_key: str,
    kind: GrantKind,
    keys: Sequence[EscrowedKey],
    to: Recipient,
) -> CaKmcRecovery:
    """The same request again; `PairKeyTaken` when the key stands for another one."""
    with room.ground.db.read() as session:
        row = session.scalars(select(CaKmcRecovery).where(CaKmcRecovery.request_key == request_key)).one()
    found = view(room, row)
    asked = (kind, principal.label, to.certificate.fingerprint, {key.id for key in keys})
    if (found.kind, found.requester, found.recipient.fingerprint, set(found.keys)) != asked:
        raise PairKeyTaken
    return row


def _spki(room: CaRoom, certificate_id: UUID) -> bytes:
    with room.ground.db.read() as session:
        row = session.get(CaCertificate, certificate_id)
    if row is None or row.state != State.ISSUED:
        raise CertificateUnknown
    return read_certificate(opened(room.ground.cipher, row, "der")).spki
