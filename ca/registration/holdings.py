"""My certificates (我的证书): what a person, an agent or a department holds, and what may be asked for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.errors import CertificateUnknown
from ca.models import CaCertificate, State
from ca.reading.certificate import read_certificate
from ca.registration import about, access
from ca.registration.about import About, Now
from ca.registration.room import RegistrationRoom
from ca.registration.states import EVERY, Kind
from ca.storing import opened, opened_name
from foundation.errors import Unauthenticated
from foundation.masking import mask_name
from foundation.principal import Principal
from foundation.text import Text

MOST = 100


@dataclass(frozen=True, slots=True)
class Holding:
    id: UUID
    authority: str
    serial: str
    profile: str
    name: str
    organization: str | None
    owner: str | None
    now: Now
    not_before: datetime
    not_after: datetime
    days_left: int
    may: tuple[Kind, ...]


def holdings(
    room: RegistrationRoom, principal: Principal, *, after: UUID | None = None, limit: int = 50
) -> tuple[tuple[Holding, ...], UUID | None]:
    """The caller's certificates, newest first, and where the next page begins."""
    if principal.anonymous:
        raise Unauthenticated("auth.required", Text("此操作需要登录，请登录后再试。", "This needs a login."))
    own, limit, ground = access.own_index(room, principal), max(1, min(limit, MOST)), room.ground
    query = select(CaCertificate).where(CaCertificate.state == State.ISSUED, about.held_by(principal, own))
    if after is not None:
        query = query.where(CaCertificate.id < after)
    now = ground.clock.now()
    with ground.db.read() as session:
        rows = list(session.scalars(query.order_by(CaCertificate.id.desc()).limit(limit + 1)))
        found = [_holding(room, session, row, now) for row in rows[:limit]]
    return tuple(found), rows[limit - 1].id if rows[limit:] else None


def holding(room: RegistrationRoom, principal: Principal, certificate_id: UUID) -> Holding:
    """One certificate of the caller's; anybody else's is not there."""
    own, ground = access.own_index(room, principal), room.ground
    query = select(CaCertificate).where(
        CaCertificate.id == certificate_id, CaCertificate.state == State.ISSUED, about.held_by(principal, own)
    )
    with ground.db.read() as session:
        row = session.scalars(query).one_or_none() if not principal.anonymous else None
        if row is None:
            raise CertificateUnknown
        return _holding(room, session, row, ground.clock.now())


def _holding(room: RegistrationRoom, session: Session, row: CaCertificate, now: datetime) -> Holding:
    ground = room.ground
    stands = about.standing(session, row, now)
    one = About(
        row.id,
        row.profile,
        row.authority.split("-")[0],
        row.owner,
        row.key_hash,
        read_certificate(opened(ground.cipher, row, "der")),
        stands,
        subscriber=True,
        registered=None,
    )
    name = opened_name(ground.cipher, row)
    return Holding(
        row.id,
        row.authority,
        row.serial,
        row.profile,
        mask_name(name) if row.personal else name,
        row.organization,
        row.owner,
        stands,
        row.not_before,
        row.not_after,
        max(0, (row.not_after - now).days),
        tuple(kind for kind in Kind if kind in EVERY and about.allowed(one, kind, now)),
    )
