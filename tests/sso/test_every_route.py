"""A citizen sees only their own licences: every route of the whole house is walked with somebody else's (T26)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from foundation.numbers import citizen_number_check
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.settings import Settings
from licence.own import own
from licence.register import Licence
from server import sample, upkeep
from server.app import create_app
from server.house import House, open_house
from sso import clients, people
from sso.clients import NewClient
from sso.people import NewPerson, label
from tests.sso.relying_party import Browser, RelyingParty

FIRST17 = "21990119910101777"
STRANGER = NewPerson("纪云舟", FIRST17 + citizen_number_check(FIRST17), "13900000099", "a-stranger-s-password")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
BODIES = {"/api/v1/licence/licences/<id>/revocation": {"reason": "cancelled"}}
SESSION_AND_CLIENT = {"session_id": "01a200fb-5100-7000-8000-000000000000", "client_id": "department-x"}


@dataclass(frozen=True)
class Scene:
    app: Flask
    house: House
    mine: Licence
    """A licence of the sample citizen, issued by the market bureau."""
    markers: tuple[str, ...]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    settings = Settings(home=tmp_path_factory.mktemp("house"), web={"rate_limits": False})
    with open_house(settings, upgrade=True) as house:
        upkeep.start(house)
        sample.establish(house)
        people.add_person(house.ground, SYSTEM, STRANGER)
        app = create_app(house)
        with house.ground.db.read() as session:
            holder = people.find(house.ground, session, "citizen")
        assert holder is not None
        citizen = Principal(Kind.CITIZEN, label(holder.id), frozenset({Permission.LICENCE_OWN}), person_id=holder.id)
        licence = next(one for one in own(house.licence, citizen) if one.type_slug == "food-operation")
        markers = (str(licence.number), str(licence.identifier), sample.CITIZEN.citizen_number, "林知夏手作点心铺")
        yield Scene(app, house, licence, markers)


@dataclass(frozen=True)
class Caller:
    http: FlaskClient
    headers: dict[str, str]


def person(scene: Scene, identifier: str, password: str) -> Caller:
    browser = Browser(scene.app)
    assert browser.log_in(identifier, password).status_code == 303
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/logged-out").text)
    assert token
    return Caller(browser.http, {"X-CSRF-Token": token[1]})


def program(scene: Scene, department: str) -> Caller:
    """Another department's, with every right there is to give."""
    party = RelyingParty(scene.app, "foreign", clock=scene.house.ground.clock)
    scopes = ("licence:read", "licence:issue", "licence:revoke", "seal:read", "window:check")
    new = NewClient("foreign", "别的部门", "Another department", department, jwks=[party.jwk], scopes=scopes)
    clients.add_client(scene.house.ground, SYSTEM, new)
    token = (party.program().json or {})["access_token"]
    return Caller(scene.app.test_client(use_cookies=False), {"Authorization": f"Bearer {token}"})


def calls(scene: Scene) -> list[tuple[str, str, Rule]]:
    """Every method of every rule, its blanks filled with the citizen's licence."""
    found = []
    for rule in scene.app.url_map.iter_rules():
        url = re.sub(r"<any\(([a-z]+)[^>]*>", r"\1", str(rule))
        url = re.sub(r"<(?:uuid:)?(?:licence_id|id)>", str(scene.mine.id), url)
        url = re.sub(r"<slug>", scene.mine.type_slug, url)
        url = re.sub(r"<(?:path:)?(\w+)>", lambda m: SESSION_AND_CLIENT.get(m[1], "x"), url)
        found += [(method, url, rule) for method in sorted((rule.methods or set()) & METHODS)]
    return found


def send(caller: Caller, method: str, url: str, rule: Rule) -> TestResponse:
    headers = {"Accept": "text/html, application/json", **caller.headers}
    body = BODIES.get(str(rule), {}) if url.startswith("/api/") and method in ("POST", "PUT", "PATCH") else None
    form = {"csrf_token": caller.headers.get("X-CSRF-Token", ""), "reason": "cancelled"}
    data = None if body is not None or method == "GET" else form
    return caller.http.open(url, method=method, headers=headers, json=body, data=data)


def about_a_licence(scene: Scene, url: str, rule: Rule) -> bool:
    return str(scene.mine.id) in url and "licence" in str(rule)


def walk(scene: Scene, caller: Caller) -> int:
    """Nothing of the citizen's comes out anywhere; routes about the licence itself refuse."""
    refused = 0
    for method, url, rule in calls(scene):
        if url in ("/logout", "/login", "/oauth2/logout") and method == "POST":
            continue  # they would end or change the caller's own login
        answer = send(caller, method, url, rule)
        assert answer.status_code < 500, (method, url)
        for marker in scene.markers:
            assert marker not in answer.get_data(as_text=True), (method, url)
        if about_a_licence(scene, url, rule):
            to_login = answer.status_code == 303 and answer.location.startswith("/login")
            assert to_login or answer.status_code in (401, 403, 404), (method, url, answer.status_code)
            refused += 1
    return refused


def test_another_citizen_gets_nothing_anywhere(scene: Scene) -> None:
    assert walk(scene, person(scene, STRANGER.phone, STRANGER.password)) >= 12


def test_another_department_gets_nothing_anywhere(scene: Scene) -> None:
    assert walk(scene, program(scene, sample.TRANSPORT.uscc)) >= 12


def test_nobody_gets_nothing_anywhere(scene: Scene) -> None:
    assert walk(scene, Caller(scene.app.test_client(), {})) >= 12


def test_the_holder_gets_it_on_the_same_routes(scene: Scene) -> None:
    """So the refusals above are about whose it is, not about addresses that never work."""
    holder = person(scene, sample.CITIZEN.username, sample.CITIZEN.password)
    opened = {
        str(rule)
        for method, url, rule in calls(scene)
        if method == "GET" and about_a_licence(scene, url, rule) and send(holder, method, url, rule).status_code == 200
    }
    assert {"/api/v1/licence/licences/<id>", "/my/licences/<uuid:licence_id>"} <= opened
    assert len(opened) >= 8
    mine = send(holder, "GET", "/api/v1/licence/mine", next(scene.app.url_map.iter_rules()))
    assert scene.markers[0] in mine.text
