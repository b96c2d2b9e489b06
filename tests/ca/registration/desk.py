"""A registration desk for tests: the real room over a region, invented people, and an inbox instead of phones."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.names import Subject
from ca.reading.identity import NO_IDENTITY, IdentityExtensions
from ca.registration import apply, evidence, search, steps
from ca.registration.content import Content
from ca.registration.errors import RegistrationUnknown
from ca.registration.filing import Application
from ca.registration.models import CaRegistration
from ca.registration.policy import Channel, Delivery, Evidence
from ca.registration.room import KnownPerson, RegistrationRoom
from ca.registration.states import Kind, State, Step
from ca.suites import Suite
from foundation import der
from foundation.audit.models import AuditRow
from foundation.errors import NotFound
from foundation.numbers import citizen_number_check, make_uscc
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from tests.ca.conftest import Region

OFFICE = make_uscc("11", "219900", "MB100001")
OTHER_OFFICE = make_uscc("11", "219900", "MB100002")
COMPANY = make_uscc("91", "219900", "MA10008X")
OFFICE_NAME = "印川市市场监督管理局"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def number(order: str) -> str:
    first = f"21990119900307{order}"
    return first + citizen_number_check(first)


PEOPLE = {
    UUID(int=1): KnownPerson("林知夏", number("001"), "13900000001"),
    UUID(int=2): KnownPerson("欧阳修文", number("002"), "13900000002"),
    UUID(int=11): KnownPerson("周衡", number("011"), "13900000011"),
    UUID(int=12): KnownPerson("何渡", number("012"), "13900000012"),
    UUID(int=13): KnownPerson("沈晴", number("013"), "13900000013"),
    UUID(int=14): KnownPerson("顾明远", number("014"), "13900000014"),
}


class Accounts:
    def identity(self, person_id: UUID) -> KnownPerson:
        try:
            return PEOPLE[person_id]
        except KeyError:
            raise NotFound("test.person", None) from None  # type: ignore[arg-type]


@dataclass
class Inbox:
    messages: list[tuple[str, str]] = field(default_factory=list)

    def send(self, session: Session, phone: str, text: str) -> None:
        self.messages.append((phone, text))

    def code(self, registration_id: UUID) -> str:
        text = next(text for _, text in reversed(self.messages) if str(registration_id) in text)
        return text.split("领取码 ")[1].split("，")[0]


def person(index: int, *permissions: Permission, department: str | None = None) -> Principal:
    kind = PrincipalKind.OFFICIAL if department else PrincipalKind.CITIZEN
    identifier = UUID(int=index)
    return Principal(kind, f"person:{identifier}", frozenset(permissions), department, identifier)


CITIZEN, NEIGHBOUR = person(1), person(2)
REGISTRAR = person(11, Permission.RA_APPLY, department=OFFICE)
OFFICER = person(12, Permission.RA_REVIEW, department=OTHER_OFFICE)
APPROVER = person(13, Permission.RA_APPROVE, department=OTHER_OFFICE)
BOTH = person(14, Permission.RA_REVIEW, Permission.RA_APPROVE, department=OTHER_OFFICE)
AUDITOR = Principal(PrincipalKind.OFFICIAL, "person:auditor", frozenset({Permission.AUDIT_READ}), OTHER_OFFICE)
PROGRAM = Principal(
    PrincipalKind.CLIENT, "client:scjgj", frozenset({Permission.RA_APPLY}), department=OFFICE, client_id="scjgj"
)
STRANGER = Principal(
    PrincipalKind.CLIENT, "client:jtj", frozenset({Permission.RA_APPLY}), department=OTHER_OFFICE, client_id="jtj"
)


def csr(key: Sm2PrivateKey | None = None) -> bytes:
    key = key or Sm2PrivateKey.generate()
    info = der.sequence(der.integer(0), der.sequence(), key.spki, der.tlv(0xA0, b""))
    signature = key.sign(info, sm2_id=DEFAULT_SM2_ID)
    return der.sequence(info, der.sequence(der.oid("1.2.156.10197.1.501")), der.bit_string(signature))


@dataclass
class Desk:
    region: Region
    room: RegistrationRoom
    inbox: Inbox

    def own(self, **more: Any) -> Application:
        """A citizen's application for a certificate of her own."""
        return application("citizen", Channel.SELF, Content(Subject(""), csr=more.pop("csr", csr())), **more)

    def official(self, **more: Any) -> Application:
        """A department's application for one of its officials."""
        said = Content(
            Subject("欧阳修文", OFFICE_NAME, "运政科"),
            IdentityExtensions(citizen_number=PEOPLE[UUID(int=2)].citizen_number),
            csr=more.pop("csr", None),
            phone="13900000002",
        )
        return application("official", Channel.DEPARTMENT, said, **more)

    def seal_maker(self, **more: Any) -> Application:
        said = Content(Subject("印川市制章系统", OFFICE_NAME), csr=more.pop("csr", csr()))
        return application("seal-maker", Channel.DEPARTMENT, said, **more)

    def counter(self, **more: Any) -> Application:
        known = PEOPLE[UUID(int=1)]
        said = Content(
            Subject(known.name), IdentityExtensions(citizen_number=known.citizen_number), phone=more.pop("phone", None)
        )
        return application("citizen", Channel.COUNTER, said, **more)

    def about(self, kind: Kind, certificate: UUID, **more: Any) -> Application:
        said = Content(Subject(""), NO_IDENTITY, csr=more.pop("csr", None), phone=more.pop("phone", None))
        chosen = more.pop("delivery", Delivery.NONE)
        return Application(
            kind, "citizen", Suite.SM2, Channel.SELF, chosen, more.pop("content", said), certificate, **more
        )

    def file(self, who: Principal, wanted: Application) -> UUID:
        return apply.file(self.room, who, wanted)

    def submitted(self, who: Principal, wanted: Application) -> UUID:
        identifier = self.file(who, wanted)
        if wanted.channel in (Channel.COUNTER, Channel.COMPANY) and wanted.kind is Kind.NEW:
            evidence.attach(self.room, who, identifier, Evidence.IDENTITY, "证件.png", PNG)
        self.take(who, identifier, Step.SUBMIT)
        return identifier

    def take(self, who: Principal, identifier: UUID, step: Step, reason: str | None = None) -> State:
        return steps.take(self.room, who, identifier, step, digest=self.digest(who, identifier), reason=reason)

    def digest(self, who: Principal, identifier: UUID) -> str | None:
        try:
            return search.read(self.room, who, identifier).digest
        except RegistrationUnknown:
            return None

    def approved(self, who: Principal, wanted: Application) -> UUID:
        identifier = self.submitted(who, wanted)
        if self.take(OFFICER, identifier, Step.REVIEW) is State.REVIEWED:
            self.take(APPROVER, identifier, Step.APPROVE)
        return identifier

    def certificate(self, who: Principal, wanted: Application) -> UUID:
        """The id of the certificate an application led to."""
        found = self.row(self.approved(who, wanted)).issued_id
        assert found is not None
        return found

    def row(self, identifier: UUID) -> CaRegistration:
        with self.room.ground.db.read() as session:
            return session.get_one(CaRegistration, identifier)

    def state(self, identifier: UUID) -> str:
        return self.row(identifier).state

    def audited(self, identifier: UUID) -> list[str]:
        with self.room.ground.db.read() as session:
            rows = session.scalars(select(AuditRow).where(AuditRow.object == f"registration:{identifier}")).all()
        return [row.action for row in rows]


def application(profile: str, channel: Channel, said: Content, **more: Any) -> Application:
    chosen = more.pop("delivery", Delivery.TOKEN)
    return Application(Kind.NEW, profile, more.pop("suite", Suite.SM2), channel, chosen, said, **more)


def base64_text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
