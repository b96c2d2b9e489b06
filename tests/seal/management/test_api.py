"""The routes of seal management and of the status service, over HTTP: every caller at every route, and a whole walk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from uuid import UUID

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from foundation.principal import Principal
from foundation.web.frame import make_app
from seal.management.api import ROUTES
from seal.management.states import State
from seal.status_service import wire
from seal.status_service.api import MEDIA
from seal.status_service.api import ROUTES as STATUS_ROUTES
from tests.seal.conftest import MARKET
from tests.seal.management.office import CALLERS, NAME, PROGRAM, Office

FILES, STATUS = "/api/v1/seal/files", "/api/v1/seal/status"
BODY = {"department": MARKET, "department_name": NAME, "ring_text": NAME, "reason": "business-need"}
_PEOPLE = {**CALLERS, "program": PROGRAM}
_NOBODY = UUID(int=7)


def _known(request: flask.Request) -> Principal | None:
    return _PEOPLE.get(request.headers.get("Authorization", "").removeprefix("Test "))


@pytest.fixture(scope="module")
def client(one_office: Office) -> Iterator[FlaskClient]:
    room = one_office.room
    app = make_app(room.ground.settings, room.ground, [room], (*ROUTES, *STATUS_ROUTES), authenticators=[_known])
    with app.test_client() as client:
        yield client


_KEYS = itertools.count(1)


def call(client: FlaskClient, who: str, method: str, url: str, body: object = None) -> TestResponse:
    headers = {"Authorization": f"Test {who}", "Idempotency-Key": f"key-of-the-test-{next(_KEYS)}"}
    return (
        client.open(url, method=method, json=body, headers=headers)
        if body is not None
        else client.open(url, method=method, headers=headers)
    )


def step(client: FlaskClient, who: str, file: str, name: str, **more: str) -> TestResponse:
    return call(client, who, "POST", f"{FILES}/{file}/steps", {"step": name, **more})


def test_a_walk_over_http(client: FlaskClient) -> None:
    applied = call(client, "clerk", "POST", FILES, {**BODY, "kind": "business", "line_text": "行政审批专用章"})
    assert (applied.status_code, applied.get_json()["state"]) == (201, "applied")
    file = applied.get_json()["id"]
    assert step(client, "approver", file, "approve").get_json() == {"state": "approved"}
    assert call(client, "maker", "POST", f"{FILES}/{file}/make", {}).get_json() == {"state": "made"}
    number = f"粤公备〔2026〕{file[-6:]}号"
    assert step(client, "registrar", file, "file", filing_number=number).get_json() == {"state": "filed"}
    assert step(client, "registrar", file, "issue").get_json() == {"state": "issued"}
    assert step(client, "clerk", file, "accept").get_json() == {"state": "in_use"}
    shown = call(client, "clerk", "GET", f"{FILES}/{file}").get_json()
    assert (shown["kind_code"], shown["filing_number"], shown["public_state"]) == ("99", number, "in_use")
    assert shown["steps"] == ["suspend", "revoke"]
    bare = step(client, "clerk", file, "suspend")
    assert (bare.status_code, bare.get_json()["code"]) == (422, "seal.reason_needed")
    assert step(client, "clerk", file, "suspend", reason="investigation", words="配合核查").status_code == 200
    lines = call(client, "auditor", "GET", f"{FILES}/{file}/history").get_json()["items"]
    assert [line["step"] for line in lines][-2:] == ["accept", "suspend"]
    assert lines[-1]["reason_zh"] == "配合核查"
    assert lines[-1]["words"] is None
    assert step(client, "clerk", file, "revoke", reason="lost", words="遗失").get_json() == {"state": "revoked"}
    assert call(client, "maker", "POST", f"{FILES}/{file}/destroy").get_json() == {"state": "destroying"}
    assert len(call(client, "maker", "GET", f"{FILES}/{file}/keys").get_json()["items"]) == 2
    again = call(client, "maker", "POST", f"{FILES}/{file}/destroy")
    assert (again.status_code, again.get_json()["code"]) == (409, "seal.keys_remain")
    # what anybody may ask
    answer = client.get(f"{STATUS}/{shown['code']}")
    assert (answer.status_code, answer.mimetype) == (200, MEDIA)
    assert wire.read(answer.data)[1].seals[shown["code"]][-1].reason == "lost"
    listed = client.get(STATUS)
    assert wire.read(listed.data)[1].seals[shown["code"]] == wire.read(answer.data)[1].seals[shown["code"]]


def test_the_status_of_no_seal_is_a_clear_answer(client: FlaskClient) -> None:
    unknown = client.get(f"{STATUS}/99999900000001")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "seal.code_unknown")
    assert client.get(f"{STATUS}/1").status_code == 422


_APPLYING = {"clerk": 201, "other_clerk": 403}
_READING = {"clerk": 200, "approver": 200, "maker": 200, "registrar": 200, "auditor": 200, "reader": 200}


@pytest.mark.parametrize("who", [*_PEOPLE, "nobody"])
def test_every_caller_at_every_route(client: FlaskClient, one_office: Office, who: str) -> None:
    """401 without a login, 403 without the permission, 404 for another department's file, else an answer."""
    file = one_office.some(State.IN_USE)
    refused = 401 if who == "nobody" else 403
    own = {**BODY, "department_name": NAME}
    assert call(client, who, "POST", FILES, own).status_code == _APPLYING.get(who, refused)
    for ending in ("", "/history", "/keys"):
        here = _READING.get(who, 404 if who == "other_clerk" else 200 if who == "program" else refused)
        assert call(client, who, "GET", f"{FILES}/{file}{ending}").status_code == here, ending
        missing = refused if here in (401, 403) else 404
        assert call(client, who, "GET", f"{FILES}/{_NOBODY}{ending}").status_code == missing
    readers = {*_READING, "other_clerk", "program"}
    for url in (FILES, "/api/v1/seal/rules"):
        assert call(client, who, "GET", url).status_code == (200 if who in readers else refused)
    listed = {one["id"] for one in call(client, who, "GET", f"{FILES}?limit=200").get_json().get("items", [])}
    assert (str(file) in listed) == (who in _READING or who == "program")
    # a step that is possible for clerk and approver only; nobody of the others moves the seal
    if who not in ("clerk", "approver", "program"):
        wrong = step(client, who, str(file), "suspend", reason="investigation", words="x").status_code
        assert wrong == (404 if who == "other_clerk" else refused)
    for verb, doers in (("make", {"maker"}), ("destroy", {"maker"})):
        body: dict[str, str] | None = {} if verb == "make" else None
        expected = 409 if who in doers else refused
        assert call(client, who, "POST", f"{FILES}/{file}/{verb}", body).status_code == expected
    assert one_office.row(file).state == State.IN_USE


@pytest.mark.parametrize(
    "more",
    [
        {"department": "1"},
        {"kind": "unknown"},
        {"reason": "because"},
        {"ring_text": "x"},
        {"diameter_mm": 900},
        {"custody": "pocket"},
        {"custody": "ukey"},
        {"replaces": "nothing"},
        {"more": 1},
        {"words": "长" * 501},
        {"department": "11219900MB1000010X"},
        {"ring_text": "印川市\U000e0041局"},
    ],
    ids=lambda more: f"{min(more)}-{str(next(iter(more.values())))[:8]!a}",
)
def test_applications_that_make_no_sense_are_named(client: FlaskClient, more: dict[str, object]) -> None:
    answer = call(client, "clerk", "POST", FILES, {**BODY, **more})
    assert answer.status_code in (403, 422)
    assert answer.mimetype == "application/problem+json"


def test_rules_say_what_a_form_needs(client: FlaskClient) -> None:
    rules = call(client, "clerk", "GET", "/api/v1/seal/rules").get_json()
    suspend = next(one for one in rules["steps"] if one["step"] == "suspend")
    assert suspend["worded"] is True
    assert "investigation" in suspend["reasons"]
    assert {one["code"] for one in rules["kinds"]} == {"01", "02", "03", "04", "05", "99"}
    assert {one["gm_type"] for one in rules["kinds"]} == {1, 2}
