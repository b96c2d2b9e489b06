"""Whose licence it is decides everything: departments, holders, foreigners, and what each leaves on record."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from foundation.audit.models import AuditRow
from foundation.errors import Conflict, Forbidden, NotFound, Unauthenticated, YinxinError
from foundation.principal import ANONYMOUS, Kind, Permission, Principal
from licence import files
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.life import State
from licence.own import own
from licence.register import Licence
from licence.revoke import Reason, revoke
from licence.room import LicenceRoom
from licence.search import Query, search
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT, citizen
from tests.licence.samples import citizen as citizen_number
from tests.licence.samples import food, road

ROAD_HOLDER = citizen_number(3)


@pytest.fixture
def carrier(region: Region) -> Licence:
    return issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(3, code=ROAD_HOLDER), "r"))


Reading = Callable[[LicenceRoom, Principal, UUID], object]
READINGS: dict[str, Reading] = {
    "look": files.look,
    "pdf": lambda room, who, one: files.file(room, who, one, Format.PDF),
    "ofd": lambda room, who, one: files.file(room, who, one, Format.OFD),
    "code": files.code_text,
}


@pytest.mark.parametrize("reading", READINGS)
def test_a_licence_opens_for_its_department_and_its_holder_and_for_nobody_else(
    region: Region, carrier: Licence, reading: str
) -> None:
    read = READINGS[reading]
    holder, stranger = citizen(region.person(ROAD_HOLDER)), citizen(region.person(citizen_number(4)))
    unproved = citizen(region.room.ground.ids.uuid7())
    assert read(region.room, TRANSPORT_CLIENT, carrier.id)
    assert read(region.room, holder, carrier.id)
    for foreign in (MARKET_CLIENT, stranger, unproved):
        with pytest.raises(NotFound) as refused:
            read(region.room, foreign, carrier.id)
        with pytest.raises(NotFound) as missing:
            read(region.room, foreign, region.room.ground.ids.uuid7())
        assert refused.value.detail == missing.value.detail, "whether it exists is not told"
    for nobody, error in (
        (ANONYMOUS, Unauthenticated),
        (replace(TRANSPORT_CLIENT, permissions=frozenset()), Forbidden),
        (replace(TRANSPORT_CLIENT, department=None), Forbidden),
        (replace(holder, permissions=frozenset()), Forbidden),
        (replace(holder, person_id=None), NotFound),
    ):
        with pytest.raises(error):
            read(region.room, nobody, carrier.id)


def test_a_citizen_owns_what_every_department_issued_to_them_and_nothing_else(region: Region, carrier: Licence) -> None:
    region.clock.advance(minutes=1)
    shop = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(3, code=ROAD_HOLDER), "f"))
    issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(4), "g"))
    holder = citizen(region.person(ROAD_HOLDER.lower()))
    assert [one.id for one in own(region.room, holder)] == [shop.id, carrier.id]
    assert own(region.room, citizen(region.person(citizen_number(5)))) == ()
    assert own(region.room, citizen(region.room.ground.ids.uuid7())) == ()
    official = Principal(Kind.OFFICIAL, "official:x", frozenset({Permission.LICENCE_OWN}), department="1" * 18)
    assert own(region.room, official) == ()
    with pytest.raises(Forbidden):
        own(region.room, TRANSPORT_CLIENT)


def test_a_department_lists_and_finds_its_own_only(region: Region, carrier: Licence) -> None:
    shop = issue(region.room, MARKET_CLIENT, IssueRequest("food-operation", food(3, code=ROAD_HOLDER), "f"))
    assert [one.id for one in search(region.room, MARKET_CLIENT, Query()).items] == [shop.id]
    by_holder = Query(holder_code=f" {ROAD_HOLDER.lower()} ")
    assert [one.id for one in search(region.room, TRANSPORT_CLIENT, by_holder).items] == [carrier.id]
    assert [one.id for one in search(region.room, TRANSPORT_CLIENT, Query(number=carrier.number)).items] == [carrier.id]
    assert search(region.room, MARKET_CLIENT, Query(identifier=carrier.identifier)).items == ()
    assert search(region.room, MARKET_CLIENT, Query(type_slug="road-transport")).items == ()


def test_pages_follow_each_other_without_gap_or_repetition(one_region: Region) -> None:
    issued = [
        issue(one_region.room, MARKET_CLIENT, IssueRequest("food-operation", food(n), f"k{n}")).id for n in range(7)
    ]
    found, after = [], None
    while True:
        page = search(one_region.room, MARKET_CLIENT, Query(limit=3, after=after))
        found += [one.id for one in page.items]
        after = page.next
        if after is None:
            break
    assert found == sorted(issued, reverse=True)


def test_every_look_at_a_person_leaves_a_row_without_their_number(region: Region, carrier: Licence) -> None:
    region.clock.advance(minutes=1)
    files.look(region.room, TRANSPORT_CLIENT, carrier.id)
    files.file(region.room, TRANSPORT_CLIENT, carrier.id, Format.PDF)
    search(region.room, TRANSPORT_CLIENT, Query(holder_code=ROAD_HOLDER))
    search(region.room, MARKET_CLIENT, Query(number=carrier.number))
    with region.room.ground.db.read() as session:
        rows = list(session.scalars(select(AuditRow).where(AuditRow.at == region.clock.now()).order_by(AuditRow.nseq)))
    assert [(row.action, row.actor) for row in rows] == [
        ("licence.view", "client:transport"),
        ("licence.download", "client:transport"),
        ("licence.look_up", "client:transport"),
        ("licence.look_up", "client:market"),
    ]
    assert not [row for row in rows if ROAD_HOLDER in row.object + row.payload or carrier.number in row.payload]


def test_only_the_issuing_department_revokes_once_and_with_one_reason(region: Region, carrier: Licence) -> None:
    holder = citizen(region.person(ROAD_HOLDER))
    for who, error in (
        (MARKET_CLIENT, NotFound),
        (holder, Forbidden),
        (ANONYMOUS, Unauthenticated),
        (replace(holder, permissions=holder.permissions | {Permission.LICENCE_REVOKE}), Forbidden),
        (replace(TRANSPORT_CLIENT, permissions=frozenset({Permission.LICENCE_READ})), Forbidden),
    ):
        with pytest.raises(error):
            revoke(region.room, who, carrier.id, reason=Reason.CANCELLED)
    first = revoke(region.room, TRANSPORT_CLIENT, carrier.id, reason=Reason.CANCELLED, note=f"本人 {ROAD_HOLDER} 申请")
    region.clock.advance(hours=1)
    assert revoke(region.room, TRANSPORT_CLIENT, carrier.id, reason=Reason.CANCELLED) == first
    assert (first.state, first.revocation) == (State.REVOKED, "cancelled")
    with pytest.raises(Conflict):
        revoke(region.room, TRANSPORT_CLIENT, carrier.id, reason=Reason.PUNISHED)
    with region.room.ground.db.read() as session:
        rows = list(session.scalars(select(AuditRow).where(AuditRow.action == "licence.revoke")))
    assert len(rows) == 1
    assert ROAD_HOLDER not in rows[0].payload
    assert files.file(region.room, holder, carrier.id, Format.PDF).data, "the holder may keep the paper"


def test_racing_revocations_have_one_winner(region: Region, carrier: Licence) -> None:
    rooms = [region.room, region.reopened()]

    def attempt(turn: int) -> str:
        reason = Reason.CANCELLED if turn % 2 else Reason.PUNISHED
        try:
            return revoke(rooms[turn % 2], TRANSPORT_CLIENT, carrier.id, reason=reason).revocation or ""
        except YinxinError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(attempt, range(40)))
    assert answers in ({"cancelled", "licence.already_revoked"}, {"punished", "licence.already_revoked"})
    with region.room.ground.db.read() as session:
        assert len(list(session.scalars(select(AuditRow).where(AuditRow.action == "licence.revoke")))) == 1
