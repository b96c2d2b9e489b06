"""Issuing: once per request key, sealed, coded, registered, and nothing personal in clear."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from ca.suites import Suite
from foundation.database import Base
from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from foundation.principal import ANONYMOUS
from licence import authority, code, files, identifiers, register
from licence.catalogue import licence_type
from licence.files import Format
from licence.intents import IssueRequest
from licence.issue import issue
from licence.life import State
from licence.models import LicenceIntent, LicenceNumber, LicenceRow
from licence.templates import code_template
from tests.licence import standing
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT, citizen
from tests.licence.samples import MARKET, MARKET_NAME, NAMES, business, food, road
from tests.licence.samples import citizen as citizen_number
from verify import codes
from verify.codes import CodeTrust


def food_request(key: str = "one", number: int = 1, **more: str) -> IssueRequest:
    return IssueRequest("food-operation", food(number) | more, key)


def count(region: Region, model: type[Base]) -> int:
    with region.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_licence_is_numbered_coded_sealed_and_registered(region: Region) -> None:
    room = region.room
    licence = issue(room, MARKET_CLIENT, food_request())
    identifier = identifiers.parse(licence.identifier)
    assert (identifier.type_code, identifier.authority) == (licence_type("food-operation").code21, MARKET)
    assert licence.number == "JY22199000000013"[:-1] + licence.number[-1]
    assert (licence.state, licence.department_name) == (State.VALID, MARKET_NAME)
    assert (licence.issued_on.isoformat(), str(licence.valid_to)) == ("2026-11-22", "2031-11-21")
    pdf, ofd = (files.file(room, MARKET_CLIENT, licence.id, one) for one in Format)
    standing.check_pdf(pdf.data, (Suite.SM2,))
    standing.check_ofd(ofd.data)
    assert pdf.name == f"{licence.identifier}.pdf"


def test_the_printed_code_says_what_the_licence_says_and_its_signature_holds(region: Region) -> None:
    licence = issue(region.room, MARKET_CLIENT, food_request())
    text = files.code_text(region.room, MARKET_CLIENT, licence.id)
    kind = licence_type("food-operation")
    trust = CodeTrust(code.certified_keys(region.room), (code_template(kind),))
    checked = codes.check(codes.read(text), trust)
    assert checked.values["identifier"] == licence.identifier
    assert checked.values["holder_name"] == food()["holder_name"]
    assert checked.expires_on == licence.valid_to
    assert checked.parsed.status_index == licence.status_index


def test_a_dual_licence_is_sealed_with_both_suites(one_region: Region) -> None:
    both = (Suite.SM2, Suite.RSA)
    licence = issue(one_region.room, MARKET_CLIENT, replace(food_request(), suites=both))
    standing.check_pdf(files.file(one_region.room, MARKET_CLIENT, licence.id, Format.PDF).data, both)


def test_every_type_can_be_issued_by_its_department(one_region: Region) -> None:
    firm = issue(one_region.room, MARKET_CLIENT, IssueRequest("business-licence", business(), "b"))
    assert firm.number == business()["holder_code"]
    assert firm.valid_to is None
    carrier = issue(one_region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(), "r"))
    assert carrier.number == "219900000001"


def test_the_same_request_again_is_the_same_licence_and_takes_no_number(region: Region) -> None:
    first = issue(region.room, MARKET_CLIENT, food_request())
    region.clock.advance(days=400)
    again = issue(region.reopened(), MARKET_CLIENT, food_request())
    assert again.id == first.id
    assert count(region, LicenceNumber) == count(region, LicenceRow) == 1


def test_the_same_key_with_other_content_is_a_conflict(region: Region) -> None:
    issue(region.room, MARKET_CLIENT, food_request())
    for other in (
        food_request(address="印川市印江区别处1号"),
        replace(food_request(), suites=(Suite.RSA,)),
        replace(food_request(), number="JY22199000000021"),
    ):
        with pytest.raises(Conflict) as refused:
            issue(region.room, MARKET_CLIENT, other)
        assert refused.value.code == "licence.request_key_reused"


def test_keys_belong_to_a_department(region: Region) -> None:
    market = issue(region.room, MARKET_CLIENT, food_request("same"))
    transport = issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(), "same"))
    assert market.id != transport.id


def test_a_hundred_parallel_duplicates_have_one_effect(region: Region) -> None:
    rooms = [region.room, region.reopened(), region.reopened()]
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: issue(rooms[n % 3], MARKET_CLIENT, food_request()).id, range(100)))
    assert len(ids) == 1
    assert count(region, LicenceRow) == count(region, LicenceIntent) == count(region, LicenceNumber) == 1


def test_parallel_duplicates_of_a_brought_number_are_one_licence_too(region: Region) -> None:
    rooms = [region.room, region.reopened()]
    request = IssueRequest("business-licence", business(), "same")
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(lambda n: issue(rooms[n % 2], MARKET_CLIENT, request).id, range(12)))
    assert len(ids) == 1


def test_only_an_authorised_department_issues_a_type(region: Region) -> None:
    with pytest.raises(Forbidden) as refused:
        issue(region.room, TRANSPORT_CLIENT, food_request())
    assert refused.value.code == "licence.type_not_authorised"
    authority.withdraw(region.room, MARKET_CLIENT, slug="food-operation", department=MARKET)
    with pytest.raises(Forbidden):
        issue(region.room, MARKET_CLIENT, food_request())
    assert authority.types_of(region.room, MARKET) == ["business-licence"]


def test_callers_without_the_permission_issue_nothing(one_region: Region) -> None:
    with pytest.raises(Unauthenticated):
        issue(one_region.room, ANONYMOUS, food_request())
    with pytest.raises(Forbidden):
        issue(one_region.room, citizen(one_region.person(citizen_number(1))), food_request())
    with pytest.raises(Forbidden):
        issue(one_region.room, replace(MARKET_CLIENT, department=None), food_request())
    with pytest.raises(NotFound):
        issue(one_region.room, MARKET_CLIENT, IssueRequest("no-such-type", {}, "x"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"holder_code": "123"}, "/data/holder_code"),
        ({"premises": "长" * 120}, "/data/premises"),
        ({"valid_to": "2020-01-01"}, "/data/valid_to"),
        ({"colour": "红"}, "/data/colour"),
    ],
)
def test_data_that_cannot_be_printed_takes_no_number_and_leaves_no_intent(
    one_region: Region, change: dict[str, str], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        issue(one_region.room, MARKET_CLIENT, food_request(**change))
    assert pointer in [fault.pointer for fault in refused.value.faults]
    assert count(one_region, LicenceIntent) == count(one_region, LicenceNumber) == 0


def test_stock_keeps_its_number_and_a_number_serves_once(region: Region) -> None:
    request = replace(food_request(), number="JY22199000000560"[:15] + "0")
    number = licence_type("food-operation").number_rule.make(food(), "219900", 56)
    stock = issue(region.room, MARKET_CLIENT, replace(request, number=number))
    assert stock.number == number
    with pytest.raises(Conflict) as refused:
        issue(region.room, MARKET_CLIENT, replace(food_request("two", 2), number=number))
    assert refused.value.code == "licence.number_taken"
    with pytest.raises(InvalidInput):
        issue(region.room, MARKET_CLIENT, replace(food_request("three", 3), number="JY2219900000056X"))


def test_nothing_personal_stands_in_clear_anywhere(region: Region, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    number = citizen_number(7)
    licence = issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(7, code=number), number))
    with pytest.raises(Conflict) as refused:
        issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(8, code=number), number))
    secrets = {number, number.lower(), NAMES[7 % len(NAMES)], json.dumps(NAMES[7 % len(NAMES)]).strip('"')}
    with region.room.ground.db.read() as session:
        rows = [str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    places = {
        "database": "\n".join(rows),
        "object keys": "\n".join(region.room.ground.storage.list("")),
        "logs": caplog.text,
        "repr": repr((licence, IssueRequest("road-transport", road(7, code=number), "k"))),
        "exception": repr(refused.value),
    }
    for place, text in places.items():
        assert not [secret for secret in secrets if secret in text], place


def test_the_identifier_and_status_index_tell_nothing_of_the_order_of_issue(one_region: Region) -> None:
    issued = [issue(one_region.room, MARKET_CLIENT, food_request(f"k{n}", n)) for n in range(1, 5)]
    serials = [identifiers.parse(one.identifier).serial for one in issued]
    assert serials != sorted(serials) or [one.status_index for one in issued] != sorted(
        one.status_index for one in issued
    )
    assert all(len(serial) == 20 for serial in serials)


def test_what_is_shown_is_masked_for_people_and_plain_for_firms(one_region: Region) -> None:
    person = issue(
        one_region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(7, code=citizen_number(7)), "p")
    )
    firm = issue(one_region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(8), "f"))
    assert person.shown_code == citizen_number(7)[:4] + "*" * 10 + citizen_number(7)[-4:]
    assert "*" in person.shown_name
    assert (firm.shown_name, firm.shown_code) == (road(8)["holder_name"], road(8)["holder_code"])
    with one_region.room.ground.db.read() as session:
        row = session.get_one(LicenceRow, person.id)
        assert register.view(one_region.room, row) == person
