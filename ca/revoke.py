"""Revoking (撤销), putting on hold (挂起) and lifting a hold (解除挂起).

Constant work however many are revoked: one row with the ready CRL entry, the stored OCSP answers gone, and one audit
row, in one transaction. Lists are rebuilt elsewhere (facts: pki 5.2). Saying the same thing twice is saying it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.errors import CertificateRevoked, CertificateUnknown, NotOnHold
from ca.models import CaCertificate, CaRevocation
from ca.reading.crl import Reason
from ca.revocation_models import CaRelease
from ca.revocations import (
    REASONS,
    check_invalidity,
    check_may_be_held,
    check_reason,
    check_row,
    encode_entry,
    enter,
    forget_stale,
    lift,
    supersedes,
)
from ca.room import CaRoom
from ca.search import scope
from foundation.principal import Principal

__all__ = ["REASONS", "Release", "Revocation", "encode_entry", "hold", "release", "revoke"]


@dataclass(frozen=True, slots=True)
class Revocation:
    certificate_id: UUID
    authority: str
    serial: int
    revoked_at: datetime
    reason: Reason
    invalidity: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    certificate_id: UUID
    authority: str
    serial: int
    held_at: datetime
    released_at: datetime


def revoke(
    room: CaRoom,
    principal: Principal,
    *,
    reason: Reason,
    certificate_id: UUID | None = None,
    authority: str | None = None,
    serial: int | None = None,
    invalidity: datetime | None = None,
) -> Revocation:
    """Revoke by id, or by CA slug and serial. What was said before stands unless this says more (`supersedes`).

    `invalidity` is when the key is thought to have been lost (RFC 5280 5.3.2), not later than now.
    """
    now = room.ground.clock.now().replace(microsecond=0)
    check_reason(reason)
    check_invalidity(invalidity, now)
    with room.ground.db.begin() as session:
        row, found = _locked(session, principal, certificate_id, authority, serial)
        check_row(row, reason)
        if found is not None and not supersedes(reason, invalidity, found):
            return _answer(found)
        before = None if found is None else Reason(found.reason)
        made = enter(session, row, found, now, reason, invalidity)
        _record(room, session, principal, row, "revoke", reason=reason, before=before)
        return _answer(made)


def hold(
    room: CaRoom,
    principal: Principal,
    *,
    certificate_id: UUID | None = None,
    authority: str | None = None,
    serial: int | None = None,
) -> Revocation:
    """Suspend a certificate until it is released or revoked. One on hold stays as it is; a revoked one is refused."""
    now = room.ground.clock.now().replace(microsecond=0)
    with room.ground.db.begin() as session:
        row, found = _locked(session, principal, certificate_id, authority, serial)
        check_row(row, Reason.CERTIFICATE_HOLD)
        if found is not None:
            if found.reason != Reason.CERTIFICATE_HOLD:
                raise CertificateRevoked
            return _answer(found)
        check_may_be_held(row, now)
        made = enter(session, row, None, now, Reason.CERTIFICATE_HOLD, None)
        _record(room, session, principal, row, "hold")
        return _answer(made)


def release(
    room: CaRoom,
    principal: Principal,
    *,
    certificate_id: UUID | None = None,
    authority: str | None = None,
    serial: int | None = None,
) -> Release:
    """Lift a hold: the next full list no longer names the certificate, delta lists say that it left.

    Only a hold can be lifted; a revocation is for good. Lifting a lifted hold is answered as the first time.
    """
    now = room.ground.clock.now().replace(microsecond=0)
    with room.ground.db.begin() as session:
        row, found = _locked(session, principal, certificate_id, authority, serial)
        if found is None:
            lifted = session.get(CaRelease, (row.authority, row.serial))
            if lifted is None:
                raise NotOnHold
            return _released(lifted)
        if found.reason != Reason.CERTIFICATE_HOLD:
            raise CertificateRevoked
        made = lift(session, row, found, now)
        _record(room, session, principal, row, "release")
        return _released(made)


def _locked(
    session: Session, principal: Principal, certificate_id: UUID | None, authority: str | None, serial: int | None
) -> tuple[CaCertificate, CaRevocation | None]:
    """The row, if the caller may reach it, and its revocation; locked, so that an answer is stored before or after."""
    query = select(CaCertificate).where(scope(principal)).with_for_update()
    if certificate_id is not None:
        query = query.where(CaCertificate.id == certificate_id)
    elif authority is not None and serial is not None:
        query = query.where(CaCertificate.authority == authority, CaCertificate.serial == f"{serial:x}")
    else:
        raise ValueError("say which certificate: its id, or its CA and serial")
    row = session.scalars(query).one_or_none()
    if row is None:
        raise CertificateUnknown
    return row, session.get(CaRevocation, (row.authority, row.serial))


def _record(
    room: CaRoom,
    session: Session,
    principal: Principal,
    row: CaCertificate,
    verb: str,
    *,
    reason: Reason | None = None,
    before: Reason | None = None,
) -> None:
    """What every change of status does besides its own row."""
    forget_stale(session, row.authority, [row.serial], revoked=verb != "release")
    payload: dict[str, str] = {"authority": row.authority, "serial": row.serial}
    if reason is not None:
        payload["reason"] = reason.name.lower()
    if before is not None:
        payload["before"] = before.name.lower()
    room.ground.audit.record(
        session, principal, action=f"ca.certificate.{verb}", object=f"certificate:{row.id}", payload=payload
    )


def _answer(row: CaRevocation) -> Revocation:
    serial, reason = int(row.serial, 16), Reason(row.reason)
    return Revocation(row.certificate_id, row.authority, serial, row.revoked_at, reason, row.invalidity)


def _released(row: CaRelease) -> Release:
    return Release(row.certificate_id, row.authority, int(row.serial, 16), row.held_at, row.released_at)
