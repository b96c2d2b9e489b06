"""Ending a licence before its last day (注销、撤销、吊销). Once, with a reason, and for good."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from foundation.errors import Conflict
from foundation.principal import Permission, Principal
from foundation.text import Text
from licence import allocation, integrity, register
from licence.models import LicenceRow, Status
from licence.register import Licence
from licence.room import LicenceRoom


class Reason(StrEnum):
    """Ministries number these differently (facts/standards §5.4); the words are the same."""

    CANCELLED = "cancelled"
    """注销: at the holder's request, or because the holder is no more."""
    WITHDRAWN = "withdrawn"
    """撤销: it should not have been issued."""
    PUNISHED = "punished"
    """吊销: taken away as a penalty."""
    ISSUED_IN_ERROR = "issued-in-error"
    """发证错误."""
    SUPERSEDED = "superseded"
    """换发: another licence took its place."""


def revoke(room: LicenceRoom, principal: Principal, licence_id: UUID, *, reason: Reason, note: str = "") -> Licence:
    """Revoke a licence of the caller's own department. The same request again changes nothing and answers the same."""
    principal.require(Permission.LICENCE_REVOKE)
    ground = room.ground
    with ground.db.begin() as session:
        row = register.revocable(session, room, principal, licence_id)
        if row.status == Status.REVOKED:
            if row.revocation != reason:
                raise already_revoked()
            return register.view(room, row)
        _end(room, principal, row, reason, note)
        allocation.release_if_brought(session, row.intent_id, f"revoked:{reason}")
        ground.audit.record(
            session,
            principal,
            action="licence.revoke",
            object=f"licence:{row.id}",
            payload={"identifier": row.identifier, "reason": reason.value, "status_index": row.status_index},
        )
        return register.view(room, row)


def _end(room: LicenceRoom, principal: Principal, row: LicenceRow, reason: Reason, note: str) -> None:
    row.status = Status.REVOKED.value
    row.revoked_at = room.ground.clock.now()
    row.revoked_by = principal.label
    row.revocation = reason.value
    # free text by an official may well name people
    row.revocation_note_sealed = (
        room.ground.cipher.encrypt("licence", "revocation_note", row.id, note) if note else None
    )
    integrity.protect(room.ground.mac, row)


def already_revoked() -> Conflict:
    return Conflict(
        "licence.already_revoked",
        Text(
            "该证照已因其他原因失效，不能再次注销或更改原因。",
            "This licence was already revoked for another reason; the reason cannot be changed.",
        ),
    )
