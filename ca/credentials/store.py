"""Handing out, using and ending credentials (登记凭据管理)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select, update

from ca.credentials.models import CaCredential
from ca.credentials.names import check_patterns
from ca.enrol import check_requestable
from ca.room import CaRoom
from foundation.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from foundation.numbers import is_uscc
from foundation.principal import Kind, Principal
from foundation.text import Text

LONGEST = timedelta(days=1096)
_TABLE, _SECRET_OCTETS, _REFERENCE_OCTETS = "ca_credential", 32, 12


class Protocol(StrEnum):
    ACME = "acme"
    EST = "est"
    CMP = "cmp"


@dataclass(frozen=True, slots=True)
class NewCredential:
    protocol: Protocol
    title: str
    department: str
    organization: str
    profile: str
    names: tuple[str, ...]
    lasts: timedelta = timedelta(days=366)
    uses: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """Shown once: the secret cannot be asked for again."""

    id: UUID
    reference: str
    secret: str
    """32 octets, base64url: what `--eab-hmac-key` and passwords take."""


@dataclass(frozen=True, slots=True)
class Credential:
    id: UUID
    reference: str
    protocol: Protocol
    title: str
    department: str
    organization: str
    profile: str
    names: tuple[str, ...]
    uses_left: int | None
    valid_until: datetime
    created_by: str
    disabled_at: datetime | None

    @property
    def principal(self) -> Principal:
        """Who an audit row names: the credential, acting for its department."""
        return Principal(
            Kind.CLIENT, f"{self.protocol}:{self.reference}", department=self.department, client_id=self.reference
        )


def create(room: CaRoom, principal: Principal, new: NewCredential) -> Made:
    """A new credential, and its secret for the only time. A program may make them for its own department only."""
    _check(room, principal, new)
    ground = room.ground
    now, identifier = ground.clock.now(), ground.ids.uuid7()
    made = Made(identifier, ground.ids.token(_REFERENCE_OCTETS), ground.ids.token(_SECRET_OCTETS))
    with ground.db.begin() as session:
        session.add(
            CaCredential(
                id=identifier,
                reference=made.reference,
                protocol=new.protocol,
                secret=ground.cipher.encrypt(_TABLE, "secret", identifier, made.secret),
                title=new.title,
                department=new.department,
                organization=new.organization,
                profile=new.profile,
                names=list(new.names),
                uses_left=new.uses,
                valid_until=now + new.lasts,
                created_by=principal.label,
                created_at=now,
            )
        )
        ground.audit.record(
            session,
            principal,
            action="ca.credential.create",
            object=f"credential:{identifier}",
            payload={"protocol": new.protocol.value, "profile": new.profile, "department": new.department},
        )
    return made


def _check(room: CaRoom, principal: Principal, new: NewCredential) -> None:
    check_patterns(new.names)
    check_requestable(room, new.profile)
    if room.profile(new.profile).personal:
        raise InvalidInput(
            "ca.credential_profile",
            Text(
                "人员证书须经实名审核签发，不能用登记凭据自动申请，请选择设备或网站类模板。",
                "Certificates of people need their identity checked; choose a profile for machines.",
            ),
        )
    if not is_uscc(new.department) or not new.organization:
        raise InvalidInput(
            "ca.credential_department",
            Text(
                "请填写单位名称和正确的统一社会信用代码。",
                "State the organisation and its valid unified social credit code.",
            ),
        )
    if not timedelta(hours=1) <= new.lasts <= LONGEST or (new.uses is not None and new.uses < 1):
        raise InvalidInput(
            "ca.credential_life",
            Text(
                "凭据有效期须在 1 小时至 3 年之间，次数至少为 1。",
                "A credential lasts between one hour and three years and is good for at least one use.",
            ),
        )
    if principal.kind is Kind.CLIENT and principal.department != new.department:
        raise Forbidden(
            "ca.other_department",
            Text("应用只能为本部门建立登记凭据。", "A program may make credentials for its own department only."),
        )


def find(room: CaRoom, protocol: Protocol, reference: str) -> Credential:
    """A credential in force. One that is unknown, ended or disabled is refused in the same words."""
    return _found(room, protocol, reference)[0]


def secret_of(room: CaRoom, protocol: Protocol, reference: str) -> tuple[Credential, bytes]:
    """The credential and its secret as the octets the machine was given (the text itself, base64url)."""
    return _found(room, protocol, reference)


def authenticate(room: CaRoom, protocol: Protocol, reference: str, secret: str) -> Credential:
    """For protocols that send the secret itself over TLS (EST by HTTP Basic)."""
    found, known = _found(room, protocol, reference)
    if not hmac.compare_digest(known, secret.encode("utf-8", "surrogatepass")):
        raise CredentialRefused
    return found


class CredentialRefused(Unauthenticated):
    def __init__(self) -> None:
        super().__init__(
            "ca.credential",
            Text(
                "登记凭据不存在、已过期或已停用，请向发证机构重新领取。",
                "The credential is unknown, over or disabled. Ask the certificate office for a new one.",
            ),
        )


def _found(room: CaRoom, protocol: Protocol, reference: str) -> tuple[Credential, bytes]:
    with room.ground.db.read() as session:
        row = session.scalars(
            select(CaCredential).where(CaCredential.reference == reference[:64], CaCredential.protocol == protocol)
        ).one_or_none()
    if row is None or row.disabled_at is not None or row.valid_until <= room.ground.clock.now():
        raise CredentialRefused
    return _shape(row), room.ground.cipher.decrypt(_TABLE, "secret", row.id, row.secret).encode()


def spend(room: CaRoom, credential: Credential) -> None:
    """Count one use. Two at once cannot both take the last one."""
    if credential.uses_left is None:
        return
    with room.ground.db.begin() as session:
        taken = session.execute(
            update(CaCredential)
            .where(CaCredential.id == credential.id, CaCredential.uses_left > 0)
            .values(uses_left=CaCredential.uses_left - 1)
            .returning(CaCredential.id)
        ).first()
        if taken is None:
            raise CredentialRefused
        room.ground.audit.record(
            session,
            credential.principal,
            action="ca.credential.use",
            object=f"credential:{credential.id}",
            payload={},
        )


def disable(room: CaRoom, principal: Principal, identifier: UUID) -> None:
    """No more certificates by this credential; those issued stay."""
    now = room.ground.clock.now()
    with room.ground.db.begin() as session:
        row = session.get(CaCredential, identifier)
        if row is None or not _sees(principal, row):
            raise NotFound("ca.credential_unknown", Text("没有找到该登记凭据。", "There is no such credential."))
        if row.disabled_at is None:
            row.disabled_at = now
            room.ground.audit.record(
                session,
                principal,
                action="ca.credential.disable",
                object=f"credential:{identifier}",
                payload={"protocol": row.protocol},
            )


def listed(room: CaRoom, principal: Principal, *, over: bool = False) -> list[Credential]:
    """Newest first; without those that are over, unless asked for."""
    now = room.ground.clock.now()
    query = select(CaCredential).order_by(CaCredential.id.desc()).limit(500)
    if not over:
        query = query.where(CaCredential.disabled_at.is_(None), CaCredential.valid_until > now)
        query = query.where(or_(CaCredential.uses_left.is_(None), CaCredential.uses_left > 0))
    if principal.kind is Kind.CLIENT:
        query = query.where(CaCredential.department == (principal.department or ""))
    with room.ground.db.read() as session:
        return [_shape(row) for row in session.scalars(query)]


def _sees(principal: Principal, row: CaCredential) -> bool:
    return principal.kind is not Kind.CLIENT or principal.department == row.department


def _shape(row: CaCredential) -> Credential:
    return Credential(
        id=row.id,
        reference=row.reference,
        protocol=Protocol(row.protocol),
        title=row.title,
        department=row.department,
        organization=row.organization,
        profile=row.profile,
        names=tuple(row.names),
        uses_left=row.uses_left,
        valid_until=row.valid_until,
        created_by=row.created_by,
        disabled_at=row.disabled_at,
    )
