"""The routes through the real app: who may do what with whose application, and what leaves the house."""

from __future__ import annotations

import base64
import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Request
from flask.testing import FlaskClient

from ca.reading import read_certificate
from ca.registration import bulk
from ca.registration.api import ROUTES
from ca.registration.office_api import ROUTES as OFFICE
from foundation.jobs import Worker
from foundation.principal import Principal
from foundation.web.frame import make_app
from tests.ca.registration.desk import (
    APPROVER,
    AUDITOR,
    CITIZEN,
    NEIGHBOUR,
    OFFICER,
    PEOPLE,
    PNG,
    PROGRAM,
    REGISTRAR,
    STRANGER,
    Desk,
    base64_text,
    csr,
)
from tests.ca.registration.test_bulk import csv_of, line

CALLERS = {
    "citizen": CITIZEN,
    "neighbour": NEIGHBOUR,
    "registrar": REGISTRAR,
    "officer": OFFICER,
    "approver": APPROVER,
    "auditor": AUDITOR,
    "program": PROGRAM,
    "stranger": STRANGER,
}
BASE = "/api/v1/ca/registrations"
BATCHES = "/api/v1/ca/registration-batches"
PASSWORD = "sample-Pass-12"


def caller(request: Request) -> Principal | None:
    return CALLERS.get(request.headers.get("X-Test-As", ""))


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    ground = desk.room.ground
    app = make_app(ground.settings, ground, [desk.room.ca, desk.room], (*ROUTES, *OFFICE), authenticators=[caller])
    return app.test_client()


def as_(who: str, **more: str) -> dict[str, str]:
    return {"X-Test-As": who, **more}


def post(client: FlaskClient, who: str, address: str, data: Any, status: int = 200) -> dict[str, Any]:
    reply = client.post(address, json=data, headers=as_(who, **{"Idempotency-Key": f"k-{uuid4()}"}))
    assert reply.status_code == status, reply.text
    return dict(reply.json or {})


def filed(client: FlaskClient, who: str = "citizen", **more: Any) -> str:
    data = {"csr": base64_text(csr()), "submit": True} | more
    return str(post(client, who, BASE, data, 201)["id"])


def seen(client: FlaskClient, who: str, identifier: str) -> str:
    reply = client.get(f"{BASE}/{identifier}/details", headers=as_(who))
    assert reply.status_code == 200, reply.text
    assert reply.headers["Cache-Control"] == "no-store"
    return str((reply.json or {})["digest"])


def decide(client: FlaskClient, who: str, identifier: str, step: str, status: int = 200, **more: Any) -> dict[str, Any]:
    data = {"step": step, "digest": seen(client, "officer", identifier)} | more
    return post(client, who, f"{BASE}/{identifier}/steps", data, status)


OFFICIAL = {
    "profile": "official",
    "channel": "department",
    "delivery": "pkcs12",
    "csr": None,
    "phone": "13900000002",
    "subject": {"common_name": "欧阳修文", "organization": "印川市市场监督管理局"},
    "identity": {"citizen_number": PEOPLE[NEIGHBOUR.person_id].citizen_number},  # type: ignore[index]
}


def test_from_the_application_to_the_certificate(client: FlaskClient, desk: Desk) -> None:
    identifier = filed(client)
    queue = client.get(f"{BASE}?queue=review&limit=100", headers=as_("officer")).json or {}
    assert identifier in {one["id"] for one in queue["items"]}
    assert decide(client, "officer", identifier, "review")["state"] == "issued"
    reply = client.get(f"{BASE}/{identifier}/certificate", headers=as_("citizen"))
    octets = base64.b64decode("".join((reply.json or {})["certificate"].splitlines()[1:-1]))
    assert read_certificate(octets).subject.common_name == "林知夏"
    whole = client.get(f"{BASE}/{identifier}", headers=as_("citizen")).json or {}
    assert whole["state"] == "delivered"
    assert [one["target"] for one in whole["history"]] == [
        "draft", "submitted", "approved", "issuing", "issued", "delivered",
    ]  # fmt: skip
    held = client.get(f"{BASE}/holdings?limit=100", headers=as_("citizen")).json or {}
    assert whole["issued_id"] in {one["id"] for one in held["items"]}


def test_a_file_is_collected_without_a_login_once(client: FlaskClient, desk: Desk) -> None:
    identifier = filed(client, "registrar", **OFFICIAL)
    decide(client, "officer", identifier, "review")
    assert decide(client, "approver", identifier, "approve")["state"] == "approved"
    told = post(client, "registrar", f"{BASE}/{identifier}/code", None)
    assert told["code"] is None
    assert told["sent"] is True
    address, code = f"{BASE}/{identifier}/collection", desk.inbox.code(UUID(identifier))
    wrong = client.post(address, json={"code": "0000-0000", "password": PASSWORD})
    assert (wrong.status_code, (wrong.json or {})["code"]) == (403, "ca.registration.code")
    assert client.post(address, json={"code": code}).status_code == 422
    first = client.post(address, json={"code": code, "password": PASSWORD})
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert base64.b64decode((first.json or {})["pkcs12"])[:1] == b"\x30"
    assert client.post(address, json={"code": code, "password": PASSWORD}).status_code == 403


NOTHING = "0190a000-0000-7000-8000-000000000000"
READS = ["", "/details", "/evidence", "/certificate", f"/evidence/{NOTHING}"]


@pytest.mark.parametrize("path", READS)
def test_somebody_else_s_application_is_not_found(client: FlaskClient, path: str) -> None:
    identifier = filed(client)
    for who in ("neighbour", "registrar", "program", "stranger"):
        assert client.get(f"{BASE}/{identifier}{path}", headers=as_(who)).status_code == 404, who
    assert client.get(f"{BASE}/{identifier}{path}").status_code == 401


WRITES = [
    ("POST", "/steps", {"step": "withdraw"}),
    ("POST", "/steps", {"step": "review", "digest": "0" * 64}),
    ("POST", "/code", None),
    ("PUT", "", {"subject": {"common_name": "甲"}}),
    ("DELETE", f"/evidence/{NOTHING}", None),
]


@pytest.mark.parametrize(("method", "path", "data"), WRITES)
def test_nor_can_it_be_touched(client: FlaskClient, method: str, path: str, data: Any) -> None:
    identifier = filed(client)
    for who in ("neighbour", "registrar", "program", "stranger"):
        reply = client.open(f"{BASE}/{identifier}{path}", method=method, json=data, headers=as_(who))
        assert reply.status_code == 404, (who, reply.text)
    upload = {"kind": "identity", "file": (io.BytesIO(PNG), "a.png")}
    reply = client.post(f"{BASE}/{identifier}/evidence", data=upload, headers=as_("neighbour"))
    assert reply.status_code == 404
    shown = client.get(f"{BASE}/{identifier}", headers=as_("citizen")).json or {}
    assert shown["state"] == "submitted"


def test_an_auditor_sees_that_and_not_what(client: FlaskClient) -> None:
    identifier = filed(client)
    shown = client.get(f"{BASE}/{identifier}", headers=as_("auditor"))
    assert shown.status_code == 200
    assert (shown.json or {})["may"] == []
    assert client.get(f"{BASE}/{identifier}/details", headers=as_("auditor")).status_code == 404
    for step in ("review", "withdraw"):
        reply = client.post(
            f"{BASE}/{identifier}/steps", json={"step": step, "digest": "0" * 64}, headers=as_("auditor")
        )
        assert reply.status_code == 403


def test_people_are_masked_in_lists(client: FlaskClient) -> None:
    filed(client)
    for who in ("officer", "auditor", "citizen"):
        text = client.get(f"{BASE}?limit=100", headers=as_(who)).text
        assert "林**" in text
        assert "林知夏" not in text
        assert PEOPLE[CITIZEN.person_id].citizen_number not in text  # type: ignore[index]
        assert "13900000001" not in text


def test_own_approval_and_the_same_person_twice_are_refused(client: FlaskClient) -> None:
    identifier = filed(client, "registrar", **OFFICIAL)
    decide(client, "citizen", identifier, "review", 404)
    decide(client, "registrar", identifier, "review", 403)
    decide(client, "approver", identifier, "approve", 409)
    decide(client, "officer", identifier, "review")
    decide(client, "officer", identifier, "approve", 403)
    decide(client, "officer", identifier, "reject", 422)
    stale = {"step": "approve", "digest": "0" * 64}
    assert post(client, "approver", f"{BASE}/{identifier}/steps", stale, 409)["code"] == "ca.registration.changed"
    decide(client, "approver", identifier, "approve")


def test_several_at_once_each_on_its_own(client: FlaskClient) -> None:
    good, other = filed(client), str(uuid4())
    items = [{"id": good, "digest": seen(client, "officer", good)}, {"id": other, "digest": "0" * 64}]
    made = post(client, "officer", f"{BASE}/steps", {"step": "review", "items": items})["items"]
    assert [(one["state"], one["code"]) for one in made] == [
        ("issued", None),
        (None, "ca.registration.unknown"),
    ]


def test_evidence_by_multipart_and_never_inline(client: FlaskClient) -> None:
    identifier = str(post(client, "citizen", BASE, {"csr": base64_text(csr())}, 201)["id"])
    upload = {"kind": "identity", "file": (io.BytesIO(PNG), "../../证件.png")}
    made = client.post(f"{BASE}/{identifier}/evidence", data=upload, headers=as_("citizen"))
    assert made.status_code == 201, made.text
    listed = client.get(f"{BASE}/{identifier}/evidence", headers=as_("officer")).json or {}
    assert [(one["name"], one["media_type"]) for one in listed["items"]] == [("证件.png", "image/png")]
    address = f"{BASE}/{identifier}/evidence/{(made.json or {})['id']}"
    got = client.get(address, headers=as_("officer"))
    assert (got.data, got.content_type) == (PNG, "application/octet-stream")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert client.delete(address, headers=as_("citizen")).status_code == 204
    assert client.get(address, headers=as_("officer")).status_code == 404
    bad = {"kind": "identity", "file": (io.BytesIO(b"<html>"), "a.png")}
    assert client.post(f"{BASE}/{identifier}/evidence", data=bad, headers=as_("citizen")).status_code == 415


def test_a_batch_by_api(client: FlaskClient, desk: Desk) -> None:
    data = {"profile": "official", "file": (io.BytesIO(csv_of(line(1), line(2, 手机号="1")).encode()), "a.csv")}
    reply = client.post(BATCHES, data=data, headers=as_("registrar"))
    assert (reply.status_code, (reply.json or {})["state"]) == (202, "checking")
    ground = desk.room.ground
    Worker(ground.db, ground.jobs, {bulk.JOB: lambda payload: bulk.work(desk.room, payload)}).drain()
    address = f"{BATCHES}/{(reply.json or {})['id']}"
    shown = client.get(address, headers=as_("officer")).json or {}
    assert (shown["state"], shown["faulty"]) == ("refused", 1)
    assert (shown["faults"][0]["line"], shown["faults"][0]["column"]) == (3, 5)
    assert client.get(address, headers=as_("stranger")).status_code == 404
    assert client.get(address, headers=as_("citizen")).status_code == 403
    assert client.get(f"{BATCHES}/template", headers=as_("registrar")).text.startswith("\ufeff姓名或名称")
    bad = {"profile": "official", "file": (io.BytesIO(b"PK\x03\x04"), "a.xlsx")}
    assert client.post(BATCHES, data=bad, headers=as_("registrar")).status_code == 422


def test_requests_about_a_certificate_and_the_clock(client: FlaskClient) -> None:
    identifier = filed(client)
    decide(client, "officer", identifier, "review")
    whole = client.get(f"{BASE}/{identifier}", headers=as_("citizen")).json or {}
    request = {"kind": "revoke", "certificate_id": whole["issued_id"], "reason": "key-compromise", "submit": True}
    for who in ("neighbour", "registrar", "stranger"):
        reply = client.post(BASE, json=request, headers=as_(who, **{"Idempotency-Key": f"k-{uuid4()}"}))
        assert reply.status_code == 404, reply.text
    waiting = post(client, "officer", BASE, request, 201)
    assert waiting["state"] == "submitted"
    cases = client.get("/api/v1/ca/revocation-deadlines", headers=as_("citizen")).json or {}
    one = next(case for case in cases["items"] if case["id"] == waiting["id"])
    assert (one["seconds_left"], one["urgent"], one["overdue"]) == (86400, True, False)
    assert client.get("/api/v1/ca/expiry-notices", headers=as_("citizen")).status_code == 200
    assert post(client, "citizen", BASE, request, 409)["code"] == "ca.registration.pending"
