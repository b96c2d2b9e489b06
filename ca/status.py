"""What we say of a certificate (证书状态): good only for serials we gave out, unknown for every other.

An intent counts as given out: its signature may exist (facts: security P11; Dogtag's responder that says good for
serials nobody issued, facts: pki 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

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
    texts = {f"{serial:x}": serial for serial in serials}
    with room.ground.db.read() as session:
        known = set(
            session.scalars(
                select(CaCertificate.serial).where(
                    CaCertificate.authority == authority, CaCertificate.serial.in_(texts)
                )
            )
        )
        revoked = session.scalars(
            select(CaRevocation).where(CaRevocation.authority == authority, CaRevocation.serial.in_(texts))
        ).all()
    found = {serial: Status(CertStatus.GOOD if text in known else CertStatus.UNKNOWN) for text, serial in texts.items()}
    for row in revoked:
        found[texts[row.serial]] = Status(CertStatus.REVOKED, row.revoked_at, Reason(row.reason))
    return found
