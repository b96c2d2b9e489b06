"""What we say of a certificate (证书状态): good only for serials we gave out, unknown for every other.

An intent counts as given out: its signature may exist (facts: security P11; Dogtag's responder that says good for
serials nobody issued, facts: pki 5.3). A hold is revoked with reason certificateHold until it is lifted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.models import CaCertificate, CaRevocation
from ca.reading.crl import Reason
from ca.reading.ocsp import CertStatus
from ca.room import CaRoom


@dataclass(frozen=True, slots=True)
class Status:
    status: CertStatus
    revoked_at: datetime | None = None
    reason: Reason | None = None


def statuses(room: CaRoom, authority: str, serials: list[int]) -> dict[int, Status]:
    """The present status of each serial under that CA, in one consistent read."""
    with room.ground.db.read() as session:
        found = statuses_in(session, authority, [f"{serial:x}" for serial in serials])
    return {int(text, 16): status for text, status in found.items()}


def statuses_in(session: Session, authority: str, serials: Collection[str]) -> dict[str, Status]:
    """The same within the caller's transaction, for serials in hexadecimal."""
    known = set(
        session.scalars(
            select(CaCertificate.serial).where(CaCertificate.authority == authority, CaCertificate.serial.in_(serials))
        )
    )
    revoked = session.execute(
        select(CaRevocation.serial, CaRevocation.revoked_at, CaRevocation.reason).where(
            CaRevocation.authority == authority, CaRevocation.serial.in_(serials)
        )
    )
    found = {serial: Status(CertStatus.GOOD if serial in known else CertStatus.UNKNOWN) for serial in serials}
    for serial, at, reason in revoked:
        found[serial] = Status(CertStatus.REVOKED, at, Reason(reason))
    return found
