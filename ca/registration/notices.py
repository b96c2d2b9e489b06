"""Expiry notices (到期提醒) 30, 7 and 1 days before: written once each, sent to the phone that was given.

A certificate that was replaced, or is revoked, needs none. Whoever runs the job, and however often: one notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError

from ca.models import CaCertificate, CaRevocation
from ca.models import State as CertificateState
from ca.reading.crl import Reason
from ca.registration import access, content
from ca.registration.models import CaExpiryNotice, CaRegistration
from ca.registration.room import RegistrationRoom
from ca.registration.states import Kind, State
from foundation.clock import SHANGHAI
from foundation.principal import Principal

DAYS = (1, 7, 30)
_BATCH = 200
MOST = 100


@dataclass(frozen=True, slots=True)
class Notice:
    certificate_id: UUID
    days: int
    owner: str | None
    not_after: datetime
    written_at: datetime
    sent: bool


def write(room: RegistrationRoom) -> int:
    """Write the notices that are due; returns how many."""
    count, after = 0, None
    while True:
        rows = _ending(room, after)
        for row in rows:
            count += _write(room, row)
        if len(rows) < _BATCH:
            return count
        after = rows[-1].id


def _ending(room: RegistrationRoom, after: UUID | None) -> list[CaCertificate]:
    """Certificates somebody asked for that end within a month and were not replaced or revoked."""
    now = room.ground.clock.now()
    ours = [profile.name for profile in room.ca.profiles() if profile.requestable]
    replaced = select(CaRegistration.id).where(
        CaRegistration.certificate_id == CaCertificate.id,
        CaRegistration.kind.in_((Kind.RENEW, Kind.REKEY, Kind.CHANGE)),
        CaRegistration.state.in_((State.ISSUED, State.DELIVERED)),
    )
    revoked = select(CaRevocation.serial).where(
        CaRevocation.certificate_id == CaCertificate.id, CaRevocation.reason != Reason.CERTIFICATE_HOLD
    )
    query = select(CaCertificate).where(
        CaCertificate.state == CertificateState.ISSUED,
        CaCertificate.not_after > now,
        CaCertificate.not_after <= now + timedelta(days=max(DAYS)),
        CaCertificate.profile.in_(ours),
        ~replaced.exists(),
        ~revoked.exists(),
    )
    if after is not None:
        query = query.where(CaCertificate.id > after)
    with room.ground.db.read() as session:
        return list(session.scalars(query.order_by(CaCertificate.id).limit(_BATCH)))


def _write(room: RegistrationRoom, row: CaCertificate) -> int:
    ground = room.ground
    left = row.not_after - ground.clock.now()
    days = next(one for one in DAYS if left <= timedelta(days=one))
    try:
        with ground.db.begin() as session:
            if session.get(CaExpiryNotice, (row.id, days)) is not None:
                return 0
            came = session.scalars(select(CaRegistration).where(CaRegistration.issued_id == row.id)).first()
            phone = content.opened(ground, came).phone if came is not None else None
            session.add(
                CaExpiryNotice(
                    certificate_id=row.id,
                    days=days,
                    owner=row.owner,
                    holder_index=came.holder_index if came is not None else None,
                    filer=came.filer if came is not None else None,
                    not_after=row.not_after,
                    written_at=ground.clock.now(),
                    sent=phone is not None,
                )
            )
            session.flush()
            if phone is not None:
                room.messages.send(session, phone, _text(row))
    except IntegrityError:  # another process wrote it this moment
        return 0
    return 1


def _text(row: CaCertificate) -> str:
    until = f"{row.not_after.astimezone(SHANGHAI):%Y-%m-%d}"
    return (
        f"您的数字证书（序列号尾号 {row.serial[-6:]}）将于 {until} 到期，请及时续期。"
        f" Your certificate (serial ending {row.serial[-6:]}) ends on {until}. Please renew it."
    )


def listed(room: RegistrationRoom, principal: Principal, *, limit: int = MOST) -> list[Notice]:
    """Notices the caller may see, newest first."""
    own = access.own_index(room, principal)
    query = select(CaExpiryNotice).order_by(CaExpiryNotice.written_at.desc(), CaExpiryNotice.certificate_id)
    if not access.oversees(principal):
        query = query.where(_mine(principal, own))
    with room.ground.db.read() as session:
        rows = session.scalars(query.limit(max(1, min(limit, MOST)))).all()
    return [Notice(one.certificate_id, one.days, one.owner, one.not_after, one.written_at, one.sent) for one in rows]


def _mine(principal: Principal, own: str | None) -> ColumnElement[bool]:
    found = [CaExpiryNotice.filer == principal.label]
    if own is not None:
        found.append(CaExpiryNotice.holder_index == own)
    department = access.for_department(principal)
    if department is not None:
        found.append(CaExpiryNotice.owner == department)
    return or_(*found)
