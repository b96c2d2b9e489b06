"""Revoking a certificate (撤销证书).

Constant work however many are revoked: one row with the ready CRL entry and one audit row, in one transaction. Lists
are rebuilt by whoever next asks for one (facts: pki 5.2). Revoking twice is the same as once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca import oids
from ca.errors import CertificateUnknown
from ca.models import CaCertificate, CaRevocation, State
from ca.profiles import PROFILES, ROOT
from ca.reading.crl import Reason
from ca.room import CaRoom
from ca.search import scope
from ca.template import extension
from foundation import der
from foundation.errors import Conflict, InvalidInput
from foundation.principal import Principal
from foundation.text import Text

REASONS = (
    Reason.UNSPECIFIED,
    Reason.KEY_COMPROMISE,
    Reason.CA_COMPROMISE,
    Reason.AFFILIATION_CHANGED,
    Reason.SUPERSEDED,
    Reason.CESSATION_OF_OPERATION,
    Reason.PRIVILEGE_WITHDRAWN,
)
"""What may be said. Hold is not offered: a suspended seal is a state of the seal, not of the certificate."""


@dataclass(frozen=True, slots=True)
class Revocation:
    certificate_id: UUID
    authority: str
    serial: int
    revoked_at: datetime
    reason: Reason


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
    """Revoke by id, or by CA slug and serial. A certificate revoked before stays as it was, with its first reason.

    `invalidity` is when the key is thought to have been lost (RFC 5280 5.3.2), not later than now.
    """
    now = room.ground.clock.now().replace(microsecond=0)
    _check_reason(reason)
    if invalidity is not None and invalidity > now:
        raise InvalidInput(
            "ca.invalidity", Text("失效时间不能晚于现在。", "The invalidity date may not lie in the future.")
        )
    try:
        with room.ground.db.begin() as session:
            row = _certificate(session, principal, certificate_id, authority, serial)
            _check_row(row, reason)
            found = session.get(CaRevocation, (row.authority, row.serial))
            if found is not None:
                return _answer(found)
            entered = _enter(row, now, reason, invalidity)
            session.add(entered)
            room.ground.audit.record(
                session,
                principal,
                action="ca.certificate.revoke",
                object=f"certificate:{row.id}",
                payload={"authority": row.authority, "serial": row.serial, "reason": reason.name.lower()},
            )
            return _answer(entered)
    except IntegrityError:  # another process revoked it in the same moment
        with room.ground.db.read() as session:
            row = _certificate(session, principal, certificate_id, authority, serial)
            return _answer(session.get_one(CaRevocation, (row.authority, row.serial)))


def _check_reason(reason: Reason) -> None:
    if reason not in REASONS:
        raise InvalidInput(
            "ca.reason",
            Text(
                "不支持该撤销原因，请从列表中选择。",
                f"This reason cannot be given. Choose one of {', '.join(r.name.lower() for r in REASONS)}.",
            ),
        )


def _certificate(
    session: Session, principal: Principal, certificate_id: UUID | None, authority: str | None, serial: int | None
) -> CaCertificate:
    """The row, if the caller may reach it: a department's program reaches its department's certificates only."""
    query = select(CaCertificate).where(scope(principal))
    if certificate_id is not None:
        query = query.where(CaCertificate.id == certificate_id)
    elif authority is not None and serial is not None:
        query = query.where(CaCertificate.authority == authority, CaCertificate.serial == f"{serial:x}")
    else:
        raise ValueError("say which certificate: its id, or its CA and serial")
    row = session.scalars(query).one_or_none()
    if row is None:
        raise CertificateUnknown
    return row


def _check_row(row: CaCertificate, reason: Reason) -> None:
    if row.state != State.ISSUED:
        raise Conflict(
            "ca.certificate_unfinished",
            Text(
                "该证书尚未签发完成，请先恢复未完成的签发。",
                "This certificate is not finished. Recover unfinished work first.",
            ),
        )
    profile = PROFILES.get(row.profile)
    if reason is Reason.CA_COMPROMISE and not (profile and profile.is_ca):
        raise InvalidInput(
            "ca.reason",
            Text("“CA 密钥泄露”只适用于 CA 证书。", "CA compromise is a reason for certificates of CAs only."),
        )
    if profile is ROOT:
        raise InvalidInput(
            "ca.root",
            Text(
                "根证书不能自我撤销，请从信任列表中移除。",
                "A root cannot revoke itself; remove it from the trust lists.",
            ),
        )


def _enter(row: CaCertificate, now: datetime, reason: Reason, invalidity: datetime | None) -> CaRevocation:
    return CaRevocation(
        authority=row.authority,
        serial=row.serial,
        certificate_id=row.id,
        revoked_at=now,
        reason=int(reason),
        invalidity=invalidity,
        not_after=row.not_after,
        entry=encode_entry(int(row.serial, 16), now, reason, invalidity),
    )


def encode_entry(serial: int, at: datetime, reason: Reason, invalidity: datetime | None) -> bytes:
    """One entry of a CRL (RFC 5280 5.1.2.6, 5.3). `unspecified` is said by leaving the reason out (5.3.1)."""
    said = b""
    if reason is not Reason.UNSPECIFIED:
        said += extension(oids.CRL_REASON, der.enumerated(reason))
    if invalidity is not None:
        said += extension(oids.INVALIDITY_DATE, der.generalized_time(invalidity.astimezone(UTC)))
    return der.sequence(der.integer(serial), der.x509_time(at), der.sequence(said) if said else b"")


def _answer(row: CaRevocation) -> Revocation:
    return Revocation(row.certificate_id, row.authority, int(row.serial, 16), row.revoked_at, Reason(row.reason))
