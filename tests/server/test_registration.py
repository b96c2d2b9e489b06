"""The sample region's own people bring an application to its holder's phone: the whole house at work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ca.names import Subject
from ca.reading import identity_of, read_certificate
from ca.reading.identity import IdentityExtensions
from ca.registration import apply, collect, search, steps
from ca.registration.content import Content
from ca.registration.errors import OwnRequest
from ca.registration.filing import Application
from ca.registration.policy import Channel, Delivery
from ca.registration.states import Kind, State, Step
from ca.suites import Suite
from foundation.principal import Kind as PrincipalKind
from foundation.principal import Permission, Principal
from foundation.settings import Settings
from server import sample, upkeep
from server.house import House, open_house
from sso import officials, people
from sso.sms import outbox


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = Path(tmp_path_factory.mktemp("registration"))
    with open_house(Settings(home=home, web={"rate_limits": False}), upgrade=True) as opened:
        upkeep.start(opened)
        for login in sample.LOGINS:
            sample._person(opened, login)
        yield opened


def principal(house: House, username: str) -> Principal:
    """As the session authenticator makes one."""
    with house.ground.db.read() as session:
        person = people.find(house.ground, session, username)
        assert person is not None
        department, permissions = officials.standing(session, person.id)
    kind = PrincipalKind.OFFICIAL if department else PrincipalKind.CITIZEN
    return Principal(kind, people.label(person.id), permissions, department, person.id)


def take(house: House, who: Principal, identifier: object, step: Step) -> State:
    room = house.registration
    digest = search.read(room, who, identifier).digest  # type: ignore[arg-type]
    return steps.take(room, who, identifier, step, digest=digest)  # type: ignore[arg-type]


def test_two_persons_of_the_sample_region_bring_a_certificate_to_a_phone(house: House) -> None:
    room, (first, second) = house.registration, (principal(house, "ra1"), principal(house, "ra2"))
    clerk = replace(principal(house, "clerk"), permissions=frozenset({Permission.RA_APPLY}))
    known = room.people.identity(principal(house, "citizen").person_id)  # type: ignore[arg-type]
    said = Content(
        Subject(known.name, sample.MARKET.name),
        IdentityExtensions(citizen_number=known.citizen_number),
        phone=known.phone,
    )
    wanted = Application(Kind.NEW, "official", Suite.SM2, Channel.DEPARTMENT, Delivery.PKCS12, said)
    identifier = apply.file(room, clerk, wanted)
    steps.take(room, clerk, identifier, Step.SUBMIT)
    assert take(house, first, identifier, Step.REVIEW) is State.REVIEWED
    assert take(house, second, identifier, Step.APPROVE) is State.APPROVED
    text = next(message.text for message in outbox(house.ground) if str(identifier) in message.text)
    assert text.startswith(known.phone or "?")
    code = text.split("领取码 ")[1].split("，")[0]
    handed = collect.collect(room, identifier, code, password="sample-Pass-12", rounds=1000)
    made = read_certificate(handed.certificate)
    assert made.subject.common_name == sample.CITIZEN.name
    assert identity_of(made).citizen_number == sample.CITIZEN.citizen_number


def test_an_officer_s_own_certificate_is_another_officer_s_business(house: House) -> None:
    room, first = house.registration, principal(house, "ra1")
    wanted = Application(Kind.NEW, "citizen", Suite.SM2, Channel.SELF, Delivery.PKCS12, Content(Subject("")))
    identifier = apply.file(room, first, wanted)
    steps.take(room, first, identifier, Step.SUBMIT)
    with pytest.raises(OwnRequest):
        take(house, first, identifier, Step.REVIEW)


def test_what_runs_by_itself_runs(house: House) -> None:
    tasks = upkeep.periodic(house)
    for name in ("recovery", "registrations", "notices"):
        tasks[name][1]()
    assert "ca.registration.bulk" in upkeep.handlers(house)
