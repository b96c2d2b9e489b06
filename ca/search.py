"""Finding certificates (证书检索): newest first, page by page, natural persons masked.

A look-up by name goes through the blind index and leaves an audit row. A department's program sees its department's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from ca.errors import CertificateUnknown
from ca.models import CaCertificate, CaRevocation, State
from ca.reading.crl import Reason
from ca.room import CaRoom
from ca.storing import blind_name, opened, opened_name
from foundation.masking import mask_name
from foundation.principal import Kind, Principal

MOST = 100


class Standing(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    HELD = "held"
    EXPIRED = "expired"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Query:
    profile: str | None = None
    authority: str | None = None
    standing: Standing | None = None
    serial: int | None = None
    expires_before: datetime | None = None
    expires_after: datetime | None = None
    fingerprint: str | None = None
    digest: str | None = None
    """SHA-256 of the certificate or of its public key, hexadecimal."""
    owner: str | None = None
    """USCC of the organisation."""
    name: str | None = field(default=None, repr=False)
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate as lists show it. `octets` is None for a natural person's, and before it is issued."""

    id: UUID
    authority: str
    serial: str
    profile: str
    subject: str
    organization: str | None
    personal: bool
    standing: Standing
    not_before: datetime
    not_after: datetime
    issued_at: datetime | None
    fingerprint: str | None
    revoked_at: datetime | None
    reason: Reason | None
    octets: bytes | None


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Entry, ...]
    next: UUID | None


def search(room: CaRoom, principal: Principal, query: Query) -> Page:
    """Certificates the caller may see, narrowed by `query`."""
    limit = max(1, min(query.limit, MOST))
    statement = (
        select(CaCertificate, CaRevocation)
        .outerjoin(CaRevocation, CaRevocation.certificate_id == CaCertificate.id)
        .where(scope(principal), *_conditions(room, query))
        .order_by(CaCertificate.id.desc())
        .limit(limit + 1)
    )
    with room.ground.db.read() as session:
        rows = [(row, gone) for row, gone in session.execute(statement)]
        page = Page(
            tuple(_entry(room, row, gone, whole=False) for row, gone in rows[:limit]),
            rows[limit - 1][0].id if rows[limit:] else None,
        )
    if query.name is not None:
        _record(room, principal, query.name, len(page.items))
    return page


def find(room: CaRoom, principal: Principal, certificate_id: UUID) -> Entry:
    """One certificate; somebody else's is not found, like one that never was."""
    with room.ground.db.read() as session:
        return _entry(room, *visible(session, principal, certificate_id), whole=True)


def visible(session: Session, principal: Principal, certificate_id: UUID) -> tuple[CaCertificate, CaRevocation | None]:
    row = session.scalars(
        select(CaCertificate).where(CaCertificate.id == certificate_id, scope(principal))
    ).one_or_none()
    if row is None:
        raise CertificateUnknown
    return row, session.get(CaRevocation, (row.authority, row.serial))


def scope(principal: Principal) -> ColumnElement[bool]:
    """A department's program reaches its department's certificates; those who run the CA reach all."""
    if principal.kind is not Kind.CLIENT:
        return true()
    return CaCertificate.owner == principal.department if principal.department else false()


def _conditions(room: CaRoom, query: Query) -> list[ColumnElement[bool]]:
    """What was asked for, each condition only where something was said."""
    said: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (query.profile, lambda: CaCertificate.profile == query.profile),
        (query.authority, lambda: CaCertificate.authority == query.authority),
        (query.serial, lambda: CaCertificate.serial == f"{query.serial:x}"),
        (query.expires_before, lambda: CaCertificate.not_after < query.expires_before),
        (query.expires_after, lambda: CaCertificate.not_after >= query.expires_after),
        (query.fingerprint, lambda: CaCertificate.fingerprint == query.fingerprint),
        (query.digest, lambda: or_(CaCertificate.fingerprint == query.digest, CaCertificate.key_hash == query.digest)),
        (query.owner, lambda: CaCertificate.owner == query.owner),
        (query.name, lambda: CaCertificate.subject_blind == blind_name(room.ground.cipher, query.name or "")),
        (query.standing, lambda: _having(query.standing or Standing.VALID, room.ground.clock.now())),
        (query.after, lambda: CaCertificate.id < query.after),
    )
    return [condition() for value, condition in said if value is not None and value != ""]


def _having(standing: Standing, now: datetime) -> ColumnElement[bool]:
    revoked = CaRevocation.certificate_id.is_not(None)  # the outer join is there
    issued = CaCertificate.state != State.RECORDED
    match standing:
        case Standing.UNFINISHED:
            return CaCertificate.state == State.RECORDED
        case Standing.REVOKED:
            return and_(revoked, CaRevocation.reason != Reason.CERTIFICATE_HOLD)
        case Standing.HELD:
            return CaRevocation.reason == Reason.CERTIFICATE_HOLD
        case Standing.EXPIRED:
            return and_(issued, ~revoked, CaCertificate.not_after < now)
        case Standing.VALID:
            return and_(issued, ~revoked, CaCertificate.not_after >= now)


def _entry(room: CaRoom, row: CaCertificate, gone: CaRevocation | None, *, whole: bool) -> Entry:
    name = opened_name(room.ground.cipher, row)
    shown = whole and not row.personal and row.state == State.ISSUED
    return Entry(
        id=row.id,
        authority=row.authority,
        serial=row.serial,
        profile=row.profile,
        subject=mask_name(name) if row.personal else name,
        organization=row.organization,
        personal=row.personal,
        standing=_standing(row, gone, room.ground.clock.now()),
        not_before=row.not_before,
        not_after=row.not_after,
        issued_at=row.issued_at,
        fingerprint=row.fingerprint,
        revoked_at=gone.revoked_at if gone else None,
        reason=Reason(gone.reason) if gone else None,
        octets=opened(room.ground.cipher, row, "der") if shown else None,
    )


def _standing(row: CaCertificate, gone: CaRevocation | None, now: datetime) -> Standing:
    if row.state == State.RECORDED:
        return Standing.UNFINISHED
    if gone is not None:
        return Standing.HELD if gone.reason == Reason.CERTIFICATE_HOLD else Standing.REVOKED
    return Standing.VALID if row.not_after >= now else Standing.EXPIRED


def _record(room: CaRoom, principal: Principal, name: str, found: int) -> None:
    with room.ground.db.begin() as session:
        room.ground.audit.record(
            session,
            principal,
            action="ca.look_up",
            object=f"certificate-name:{blind_name(room.ground.cipher, name)}",
            payload={"found": found},
        )
