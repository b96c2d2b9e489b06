"""The routes of the licence room: every one of them × own, foreign, citizen, anonymous."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from uuid import UUID

import flask
import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from ca.suites import Suite
from foundation.principal import ANONYMOUS, Permission, Principal
from foundation.web.frame import make_app
from licence import api
from licence.intents import IssueRequest
from licence.issue import issue
from licence.register import Licence
from tests.licence import standing
from tests.licence.conftest import Region
from tests.licence.region import MARKET_CLIENT, TRANSPORT_CLIENT, citizen
from tests.licence.samples import NAMES, food, road
from tests.licence.samples import citizen as citizen_number

HOLDER = citizen_number(3)
LICENCES = "/api/v1/licence/licences"


class Desk:
    """One browser or program at a time, as somebody."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.who: dict[str, Principal] = {}
        room = region.room
        app = make_app(region.settings, room.ground, [room], api.ROUTES, authenticators=[self._caller])
        self.http: FlaskClient = app.test_client()

    def _caller(self, request: flask.Request) -> Principal | None:
        return self.who.get(request.headers.get("Authorization", ""))

    def call(self, who: Principal, method: str, url: str, **more: object) -> TestResponse:
        headers = {"Accept": "application/json"} | dict(more.pop("headers", {}))  # type: ignore[call-overload]
        if not who.anonymous:
            token = f"Bearer {hashlib.sha256(repr(who).encode()).hexdigest()}"
            self.who[token] = who
            headers["Authorization"] = token
        return self.http.open(url, method=method, headers=headers, **more)  # type: ignore[arg-type]


@pytest.fixture
def desk(region: Region) -> Desk:
    return Desk(region)


@pytest.fixture
def carrier(region: Region) -> Licence:
    return issue(region.room, TRANSPORT_CLIENT, IssueRequest("road-transport", road(3, code=HOLDER), "r"))


def test_the_catalogue_is_public_and_says_what_to_send(desk: Desk) -> None:
    answer = desk.call(ANONYMOUS, "GET", "/api/v1/licence/types")
    assert answer.status_code == 200
    types = {one["slug"]: one for one in answer.json["items"]}
    assert set(types) == {"business-licence", "food-operation", "road-transport"}
    required = {field["key"] for field in types["food-operation"]["fields"] if field["required"]}
    assert required <= set(food())


def test_a_department_issues_reads_downloads_and_revokes(desk: Desk) -> None:
    body = {"type": "food-operation", "data": food(), "suites": ["sm2", "rsa"]}
    headers = {"Idempotency-Key": "order-0001"}
    first = desk.call(MARKET_CLIENT, "POST", LICENCES, json=body, headers=headers)
    assert first.status_code == 201, first.json
    one = first.json
    again = desk.call(MARKET_CLIENT, "POST", LICENCES, json=body, headers=headers)
    assert (again.status_code, again.json["id"]) == (201, one["id"])
    other = desk.call(MARKET_CLIENT, "POST", LICENCES, json=body | {"data": food(2)}, headers=headers)
    assert other.status_code == 409

    url = f"{LICENCES}/{one['id']}"
    detail = desk.call(MARKET_CLIENT, "GET", url).json
    assert detail["suites"] == ["sm2", "rsa"]
    assert {item["key"] for item in detail["items"]} >= {"premises", "business_items", "valid_to"}
    pdf = desk.call(MARKET_CLIENT, "GET", f"{url}/file.pdf")
    assert pdf.mimetype == "application/pdf"
    standing.check_pdf(pdf.data, (Suite.SM2, Suite.RSA))
    ofd = desk.call(MARKET_CLIENT, "GET", f"{url}/file.ofd")
    standing.check_ofd(ofd.data)
    listed = desk.call(MARKET_CLIENT, "GET", f"{LICENCES}?status=valid&limit=10").json
    assert [item["id"] for item in listed["items"]] == [one["id"]]

    gone = desk.call(MARKET_CLIENT, "POST", f"{url}/revocation", json={"reason": "withdrawn", "note": "发证错误"})
    assert (gone.status_code, gone.json["status"], gone.json["revocation"]) == (200, "revoked", "withdrawn")


def test_the_code_picture_scans_to_the_printed_code(desk: Desk, carrier: Licence) -> None:
    png = desk.call(TRANSPORT_CLIENT, "GET", f"{LICENCES}/{carrier.id}/code.png")
    svg = desk.call(TRANSPORT_CLIENT, "GET", f"{LICENCES}/{carrier.id}/code.svg")
    with Image.open(io.BytesIO(png.data)) as image:
        scanned = zxingcpp.read_barcode(image.convert("L"))
    assert scanned is not None
    assert scanned.text.startswith("HTTP://127.0.0.1:8000/V#")
    assert svg.data.startswith(b"<svg")
    assert b"script" not in svg.data
    assert b"style" not in svg.data


def test_a_citizen_sees_their_own_masked_and_downloads_the_whole(desk: Desk, carrier: Licence) -> None:
    holder = citizen(desk.region.person(HOLDER))
    mine = desk.call(holder, "GET", "/api/v1/licence/mine")
    assert [one["id"] for one in mine.json["items"]] == [str(carrier.id)]
    detail = desk.call(holder, "GET", f"{LICENCES}/{carrier.id}")
    for answer in (mine, detail):
        text = answer.get_data(as_text=True)
        assert HOLDER not in text
        assert NAMES[3] not in text
    assert desk.call(holder, "GET", f"{LICENCES}/{carrier.id}/file.pdf").status_code == 200


ROUTES = (
    ("GET", "/{id}", None),
    ("GET", "/{id}/file.pdf", None),
    ("GET", "/{id}/file.ofd", None),
    ("GET", "/{id}/code.png", None),
    ("GET", "/{id}/code.svg", None),
    ("GET", "/{id}/evidence", None),
    ("POST", "/{id}/revocation", {"reason": "cancelled"}),
)


def test_the_table_names_every_route_of_a_licence() -> None:
    told = {(method, LICENCES + url) for method, url, _ in ROUTES}
    assert told == {(route.method, route.url) for route in api.ROUTES if "{id}" in route.url}


@pytest.mark.parametrize(("method", "url", "body"), ROUTES)
def test_a_foreign_licence_is_not_found_by_any_route(
    desk: Desk, carrier: Licence, method: str, url: str, body: dict[str, str] | None
) -> None:
    def status(who: Principal, licence: UUID = carrier.id) -> int:
        more = {"json": body} if body else {}
        return desk.call(who, method, LICENCES + url.format(id=licence), **more).status_code

    stranger = citizen(desk.region.person(citizen_number(4)))
    assert status(ANONYMOUS) == 401
    assert status(MARKET_CLIENT) == 404
    assert status(MARKET_CLIENT, desk.region.room.ground.ids.uuid7()) == 404
    assert status(stranger) == (403 if method == "POST" else 404)
    assert status(replace(TRANSPORT_CLIENT, permissions=frozenset({Permission.SEAL_STAMP}))) == 403
    assert status(replace(TRANSPORT_CLIENT, department=None)) == 403
    # the owner is let in; a record of evidence is made by night
    assert status(TRANSPORT_CLIENT) == (404 if url.endswith("evidence") else 200)


@pytest.mark.parametrize(
    ("method", "url", "body", "allowed"),
    [
        ("POST", LICENCES, {"type": "road-transport", "data": road(9)}, {"transport": 201, "market": 403}),
        ("GET", LICENCES, None, {"transport": 200, "market": 200}),
        ("POST", "/api/v1/licence/search", {"holder_code": HOLDER}, {"transport": 200, "market": 200}),
        ("GET", "/api/v1/licence/mine", None, {"transport": 403, "market": 403}),
    ],
)
def test_collections_open_only_to_those_they_are_for(
    desk: Desk, carrier: Licence, method: str, url: str, body: dict[str, object] | None, allowed: dict[str, int]
) -> None:
    holder = citizen(desk.region.person(HOLDER))

    def call(who: Principal) -> TestResponse:
        headers = {"Idempotency-Key": "order-0009"} if url == LICENCES and method == "POST" else {}
        more = {"json": body} if body else {}
        return desk.call(who, method, url, headers=headers, **more)

    assert call(ANONYMOUS).status_code == 401
    assert call(holder).status_code == (200 if url.endswith("mine") else 403)
    answers = {"transport": call(TRANSPORT_CLIENT), "market": call(MARKET_CLIENT)}
    assert {name: answer.status_code for name, answer in answers.items()} == allowed
    if method == "GET" or url.endswith("search"):
        assert str(carrier.id) not in answers["market"].get_data(as_text=True)
        assert HOLDER not in answers["transport"].get_data(as_text=True)


def test_bad_input_is_answered_field_by_field_without_repeating_it(desk: Desk) -> None:
    body = {"type": "food-operation", "data": food() | {"holder_code": "219901199001011231", "signer": "张三3"}}
    answer = desk.call(MARKET_CLIENT, "POST", LICENCES, json=body, headers={"Idempotency-Key": "order-0002"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "/data/holder_code" in text
    assert "/data/signer" in text
    assert "219901199001011231" not in text
    for wrong in (
        {"type": "food-operation"},
        {"type": "food-operation", "data": food(), "extra": 1},
        {"type": "food-operation", "data": food(), "suites": []},
        {"type": "food-operation", "data": food(), "suites": ["sm2", "sm2"]},
        {"type": "food-operation", "data": {"holder_name": 7}},
    ):
        answer = desk.call(MARKET_CLIENT, "POST", LICENCES, json=wrong, headers={"Idempotency-Key": "order-0003"})
        assert answer.status_code == 422, wrong
