"""The routes of key life: who may, what they answer, and that no secret could travel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Request
from flask.testing import FlaskClient

from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from hsm.api import ROUTES
from hsm.keys import State
from hsm.life.orders import Operation, Order
from tests.hsm.life.conftest import ANNE, BO, CUSTODIAN, Office

CALLERS = {
    "anne": ANNE,
    "bo": BO,
    "reader": replace(BO, permissions=frozenset({Permission.KEY_READ})),
    "program": Principal(Kind.CLIENT, "client:x", CUSTODIAN, client_id="x"),
}
GENERATE: dict[str, Any] = {
    "operation": "generate",
    "key": "ca/root",
    "algorithm": "sm2",
    "purposes": ["crl", "certificate"],
    "reason": "年度换钥",
}
_AT = "/api/v1/hsm/requests"
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def caller(request: Request) -> Principal | None:
    return CALLERS.get(request.headers.get("X-Test-As", ""))


@pytest.fixture
def client(office: Office) -> FlaskClient:
    ground = office.ground
    return make_app(ground.settings, ground, [office.room], ROUTES, authenticators=[caller]).test_client()


def post(client: FlaskClient, who: str, url: str, body: dict[str, Any] | None = None, key: str = "k-1") -> Any:
    return client.post(url, json=body, headers={"X-Test-As": who, "Idempotency-Key": key})


def test_two_people_make_a_key(client: FlaskClient, office: Office) -> None:
    asked = post(client, "anne", _AT, GENERATE)
    assert asked.status_code == 201, asked.json
    at = f"{_AT}/{asked.json['id']}"
    digest = asked.json["digest"]
    assert post(client, "anne", f"{at}/judgements", {"digest": digest, "agree": True}).status_code == 403
    assert post(client, "bo", f"{at}/judgements", {"digest": "0" * 64, "agree": True}).status_code == 409
    assert post(client, "anne", f"{at}/execution").status_code == 409
    approved = post(client, "bo", f"{at}/judgements", {"digest": digest, "agree": True})
    assert approved.json["state"] == "approved"
    done = post(client, "anne", f"{at}/execution")
    assert (done.status_code, done.json["state"]) == (200, "pre-active")
    assert post(client, "anne", f"{at}/execution").status_code == 409
    keys = client.get("/api/v1/hsm/keys?prefix=ca/", headers={"X-Test-As": "reader"}).json["items"]
    assert [(one["name"], one["state"]) for one in keys] == [("ca/root", State.PRE_ACTIVE)]
    shown = client.get(at, headers={"X-Test-As": "reader"}).json
    assert (shown["state"], shown["executor"], len(shown["judgements"])) == ("executed", ANNE.label, 1)
    assert len(client.get(_AT, headers={"X-Test-As": "reader"}).json["items"]) == 1
    assert office.room.keys.names() == ["ca/root"]


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("reader", 403), ("program", 403)], ids=["anonymous", "reader", "program"]
)
def test_who_may_not_ask(client: FlaskClient, who: str, status: int) -> None:
    assert post(client, who, _AT, GENERATE).status_code == status


@pytest.mark.parametrize(
    "change",
    [{"key": "CA"}, {"operation": "export"}, {"version": 1}, {"purposes": []}, {"pkcs8": "x"}, {"reason": ""}],
    ids=lambda change: next(iter(change)),
)
def test_a_body_that_is_no_order(client: FlaskClient, change: dict[str, Any]) -> None:
    assert post(client, "anne", _AT, {**GENERATE, **change}).status_code == 422


def test_backups_are_made_at_the_console_only(client: FlaskClient, office: Office) -> None:
    office.active()
    approved = office.approved(Order(Operation.BACKUP, "ca/root", 1, recipient="shares"))
    refused = post(client, "anne", f"{_AT}/{approved.id}/execution")
    assert (refused.status_code, refused.json["code"]) == (409, "hsm.at_console")


def test_a_request_of_nobody(client: FlaskClient) -> None:
    missing = f"{_AT}/0192b000-0000-7000-8000-000000000000"
    assert client.get(missing, headers={"X-Test-As": "anne"}).status_code == 404
    assert post(client, "anne", f"{missing}/execution").status_code == 404
