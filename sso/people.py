"""People (自然人): who may log in, found by phone, citizen number or user name without keeping any of them in clear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.errors import Conflict, FieldFault, InvalidInput
from foundation.ground import Ground
from foundation.numbers import is_citizen_number
from foundation.principal import Principal
from foundation.text import Text
from sso import passwords
from sso.errors import no_such
from sso.models import Credential, Person
from sso.revocation import end_everything

_PHONE = re.compile(r"1[3-9]\d{9}")
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")
_FULL_WIDTH = str.maketrans({chr(0xFF01 + n): chr(0x21 + n) for n in range(94)} | {"\u3000": " "})
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128


@dataclass(frozen=True)
class NewPerson:
    name: str
    citizen_number: str
    phone: str
    password: str
    username: str | None = None

    def __repr__(self) -> str:
        return "NewPerson(…)"  # a traceback must not print somebody


@dataclass(frozen=True)
class Known:
    """A person in clear, for the moment it takes to answer. Never stored, never logged."""

    id: UUID
    name: str
    citizen_number: str
    phone: str

    def __repr__(self) -> str:
        return f"Known(id={self.id})"


def label(person_id: UUID) -> str:
    """How audit rows and sessions name a person."""
    return f"person:{person_id}"


def person_of(subject: str | None) -> UUID | None:
    """The person of a session's subject."""
    return UUID(subject.removeprefix("person:")) if subject is not None and subject.startswith("person:") else None


def add_person(ground: Ground, principal: Principal, new: NewPerson) -> UUID:
    """Register a person. Conflict when the citizen number, phone or user name is taken; which one is not told."""
    new = _checked(new)
    person_id = ground.ids.uuid7()
    hashed = passwords.hashed(ground, new.password)  # half a second of work stays outside the transaction
    now = ground.clock.now()
    seal, blind = ground.cipher.encrypt, ground.cipher.blind
    person = Person(
        id=person_id,
        name=seal("person", "name", person_id, new.name),
        citizen_number=seal("person", "citizen_number", person_id, new.citizen_number),
        citizen_number_index=blind("person", "citizen_number", new.citizen_number),
        phone=seal("person", "phone", person_id, new.phone),
        phone_index=blind("person", "phone", new.phone),
        username=new.username,
        created_at=now,
        disabled_at=None,
    )
    try:
        with ground.db.begin() as session:
            session.add(person)
            session.flush()
            session.add(Credential(person_id=person_id, password_hash=hashed, changed_at=now))
            ground.audit.record(session, principal, action="sso.add_person", object=label(person_id), payload={})
    except IntegrityError as error:
        raise Conflict(
            "sso.person_taken",
            Text(
                "该身份证号、手机号或用户名已被登记，请核对。",
                "This citizen number, phone or user name is already registered. Check them.",
            ),
        ) from error
    return person_id


def set_password(ground: Ground, principal: Principal, person_id: UUID, password: str) -> None:
    """Change the password and end every session of the person: a changed factor ends what it opened (T6)."""
    _check_password(password)
    hashed = passwords.hashed(ground, password)
    with ground.db.begin() as session:
        changed = session.execute(
            update(Credential)
            .where(Credential.person_id == person_id)
            .values(password_hash=hashed, changed_at=ground.clock.now())
            .returning(Credential.person_id)
        ).all()
        if not changed:
            raise no_such("人员", "person")
        end_everything(ground, session, person_id, label(person_id))
        ground.audit.record(session, principal, action="sso.set_password", object=label(person_id), payload={})


def disable(ground: Ground, principal: Principal, person_id: UUID) -> None:
    """No login any more; sessions end now."""
    with ground.db.begin() as session:
        statement = update(Person).where(Person.id == person_id).values(disabled_at=ground.clock.now())
        if not session.execute(statement.returning(Person.id)).all():
            raise no_such("人员", "person")
        end_everything(ground, session, person_id, label(person_id))
        ground.audit.record(session, principal, action="sso.disable_person", object=label(person_id), payload={})


def find(ground: Ground, session: Session, identifier: str) -> Person | None:
    """By phone, citizen number or user name, whichever the identifier can be; the same work for each."""
    typed = identifier.translate(_FULL_WIDTH).strip()
    blind = ground.cipher.blind
    return session.scalars(
        select(Person).where(
            or_(
                Person.phone_index == blind("person", "phone", typed.removeprefix("+86")),
                Person.citizen_number_index == blind("person", "citizen_number", typed.upper()),
                Person.username == typed.lower(),
            ),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()


def known(ground: Ground, session: Session, person_id: UUID) -> Known:
    """The person in clear; NotFound when unknown or disabled."""
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        raise no_such("人员", "person")
    return reveal(ground, person)


def reveal(ground: Ground, person: Person) -> Known:
    def clear(column: str, sealed: str) -> str:
        return ground.cipher.decrypt("person", column, person.id, sealed)

    return Known(
        person.id,
        clear("name", person.name),
        clear("citizen_number", person.citizen_number),
        clear("phone", person.phone),
    )


def holder_numbers(ground: Ground) -> Callable[[UUID], str]:
    """The citizen number of a person, for the room that looks up whose licences are whose (server plugs it in)."""

    def number(person_id: UUID) -> str:
        with ground.db.read() as session:
            return known(ground, session, person_id).citizen_number

    return number


def _checked(new: NewPerson) -> NewPerson:
    number = new.citizen_number.translate(_FULL_WIDTH).strip().upper()
    phone = new.phone.translate(_FULL_WIDTH).strip().removeprefix("+86")
    username = new.username.strip().lower() if new.username else None
    faults = []
    if not 1 <= len(new.name.strip()) <= 50:
        faults.append(FieldFault("/name", Text("姓名须为 1 到 50 个字。", "A name has 1 to 50 characters.")))
    if not is_citizen_number(number):
        faults.append(FieldFault("/citizen_number", Text("身份证号不正确。", "This is no citizen number.")))
    if not _PHONE.fullmatch(phone):
        faults.append(FieldFault("/phone", Text("手机号不正确。", "This is no mobile number.")))
    if username is not None and not _USERNAME.fullmatch(username):
        faults.append(
            FieldFault(
                "/username",
                Text(
                    "用户名以字母开头，3 到 32 个小写字母、数字或 . _ -。",
                    "A user name is 3 to 32 of a-z 0-9 . _ -, letter first.",
                ),
            )
        )
    if faults:
        raise InvalidInput(
            "sso.person", Text("人员信息有误。", "The person's details are not right."), faults=tuple(faults)
        )
    _check_password(new.password)
    return NewPerson(new.name.strip(), number, phone, new.password, username)


def _check_password(password: str) -> None:
    """Length only (ASVS 6.2.1, 6.2.5): composition rules make people write passwords down."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            "sso.password_length",
            Text("密码须为 10 到 128 个字符。", "A password has 10 to 128 characters."),
            faults=(FieldFault("/password", Text("10 到 128 个字符", "10 to 128 characters")),),
        )
