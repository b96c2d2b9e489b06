"""Requests about a certificate that exists (续期、换密钥、变更、冻结、解冻、撤销): whose it is, and what it allows.

The certificate itself says what is carried over; a holder, its organisation or the RA may ask (RFC 5280 5.3.1, 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from ca import oids
from ca.errors import CertificateUnknown
from ca.models import CaCertificate, CaRevocation
from ca.models import State as CertificateState
from ca.names import Subject
from ca.reading.certificate import Certificate, read_certificate
from ca.reading.crl import Reason
from ca.reading.identity import IdentityExtensions, identity_of
from ca.registration import access, policy
from ca.registration.models import CaRegistration
from ca.registration.policy import Channel
from ca.registration.room import RegistrationRoom
from ca.registration.states import FINAL, Kind
from ca.storing import opened
from foundation.errors import Conflict
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from foundation.text import Text

_FIELDS = {
    oids.COMMON_NAME: "common_name",
    oids.ORGANIZATION: "organization",
    oids.ORGANIZATIONAL_UNIT: "organizational_unit",
    oids.COUNTRY: "country",
    oids.STATE: "state",
    oids.LOCALITY: "locality",
    oids.SERIAL_NUMBER: "serial_number",
}


class Now(StrEnum):
    """How a certificate stands, for the purposes of a request."""

    VALID = "valid"
    HELD = "held"
    REVOKED = "revoked"
    EXPIRED = "expired"


_ALLOWS: dict[Kind, frozenset[Now]] = {
    Kind.RENEW: frozenset((Now.VALID,)),
    Kind.REKEY: frozenset((Now.VALID, Now.HELD)),
    Kind.CHANGE: frozenset((Now.VALID,)),
    Kind.HOLD: frozenset((Now.VALID,)),
    Kind.RELEASE: frozenset((Now.HELD,)),
    Kind.REVOKE: frozenset((Now.VALID, Now.HELD)),
}


@dataclass(frozen=True, slots=True, repr=False)
class About:
    """A certificate and the caller's relation to it."""

    id: UUID
    profile: str
    suite: str
    owner: str | None
    key_hash: str
    certificate: Certificate
    now: Now
    subscriber: bool
    """The holder, or the organisation it belongs to; otherwise an RA officer."""
    registered: Channel | None
    """How it was applied for, when it came through registration."""

    def subject(self) -> Subject:
        said = {_FIELDS[oid]: text for oid, text in self.certificate.subject.attributes if oid in _FIELDS}
        return Subject(**said)

    def identity(self) -> IdentityExtensions:
        return identity_of(self.certificate)


def held_by(principal: Principal, own: str | None) -> ColumnElement[bool]:
    """Certificates of the caller or of the caller's department, as a condition over `CaCertificate`."""
    through = [CaRegistration.filer == principal.label]
    if principal.person_id is not None:
        through.append(CaRegistration.filer_person == principal.person_id)
    agents = and_(or_(*through), CaRegistration.channel.in_((Channel.SELF, Channel.COMPANY)))
    mine = agents if own is None else or_(agents, CaRegistration.holder_index == own)
    found: list[ColumnElement[bool]] = [exists().where(CaRegistration.issued_id == CaCertificate.id, mine)]
    department = access.for_department(principal)
    if department is not None:
        found.append(CaCertificate.owner == department)
    return or_(*found)


def find(
    room: RegistrationRoom, session: Session, principal: Principal, own: str | None, certificate_id: UUID
) -> About:
    """The certificate, if the caller may ask anything about it; otherwise it is not found."""
    row = session.get(CaCertificate, certificate_id)
    if row is None or row.state != CertificateState.ISSUED:
        raise CertificateUnknown
    query = select(CaCertificate.id).where(CaCertificate.id == certificate_id, held_by(principal, own))
    subscriber = not principal.anonymous and session.scalars(query).first() is not None
    officer = principal.kind is PrincipalKind.OFFICIAL and principal.may(Permission.RA_REVIEW)
    if not (subscriber or officer):
        raise CertificateUnknown
    came = session.scalars(select(CaRegistration.channel).where(CaRegistration.issued_id == row.id)).first()
    return About(
        row.id,
        row.profile,
        row.authority.split("-")[0],
        row.owner,
        row.key_hash,
        read_certificate(opened(room.ground.cipher, row, "der")),
        standing(session, row, room.ground.clock.now()),
        subscriber,
        Channel(came) if came is not None else None,
    )


def standing(session: Session, row: CaCertificate, now: datetime) -> Now:
    gone = session.get(CaRevocation, (row.authority, row.serial))
    if row.not_after < now:
        return Now.EXPIRED
    if gone is None:
        return Now.VALID
    return Now.HELD if gone.reason == Reason.CERTIFICATE_HOLD else Now.REVOKED


def allowed(one: About, kind: Kind, now: datetime) -> bool:
    """Whether `kind` may be asked for at all as the certificate stands; pages show only these."""
    if one.now not in _ALLOWS.get(kind, frozenset()):
        return False
    return kind is not Kind.RENEW or one.certificate.not_after - now <= policy.RENEWAL_WINDOW


def check(session: Session, one: About, kind: Kind, now: datetime) -> None:
    """Raises what keeps `kind` from being asked for."""
    if not allowed(one, kind, now):
        raise _conflict(
            "standing",
            "该证书当前的状态或有效期不允许此项申请（续期须在到期前 90 天内）。",
            "The certificate does not allow this now (renewal: in the last 90 days before it ends).",
        )
    if kind is Kind.RENEW:
        same = select(func.count()).select_from(CaCertificate).where(CaCertificate.key_hash == one.key_hash)
        if (session.scalar(same) or 0) >= policy.MOST_WITH_ONE_KEY:
            raise _conflict(
                "key_used_up",
                "该密钥已续期过一次，请改为“换密钥”。",
                "This key was renewed once already. Ask for a new key instead.",
            )
    open_ones = select(CaRegistration.id).where(
        CaRegistration.certificate_id == one.id,
        CaRegistration.kind == kind,
        CaRegistration.state.not_in([*FINAL, "issued"]),
    )
    if session.scalars(open_ones.limit(1)).first() is not None:
        raise _conflict(
            "pending", "该证书已有同类申请在办理。", "A request of this kind is already under way for the certificate."
        )


def _conflict(code: str, zh: str, en: str) -> Conflict:
    return Conflict(f"ca.registration.{code}", Text(zh, en))
