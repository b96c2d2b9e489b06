"""Approvals, rules, ledger and batches over HTTP, as a department's program and its officials call them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import flask
import pytest
from flask.testing import FlaskClient

from foundation.principal import Principal
from foundation.web.frame import make_app
from seal.api import ROUTES as STAMPING
from seal.approval.api import ROUTES as APPROVING
from seal.batches.api import ROUTES as BATCHES
from tests.seal import papers
from tests.seal.approving import Official
from tests.seal.conftest import MARKET, TRANSPORT, Region, clerk
from tests.seal.test_approval import Office, make_office
from tests.seal.test_batches import pdfs, worker, zipped

API = "/api/v1/seal"


@pytest.fixture(scope="module")
def office(one_region: Region) -> Iterator[Office]:
    yield from make_office(one_region)


@pytest.fixture(scope="module")
def client(office: Office) -> Iterator[FlaskClient]:
    people = {"market": clerk(MARKET), "transport": clerk(TRANSPORT)}
    for name in ("owner", "first", "second", "other"):
        people[name] = getattr(office, name).principal

    def known(request: flask.Request) -> Principal | None:
        return people.get(request.headers.get("Authorization", "").removeprefix("Test "))

    room = office.room
    routes = (*STAMPING, *APPROVING, *BATCHES)
    app = make_app(room.ground.settings, room.ground, [room], routes, authenticators=[known])
    with app.test_client() as found:
        yield found


def who(name: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Test {name}", **headers}


def decide(client: FlaskClient, place: str, name: str, official: Official, decision: str = "approve") -> int:
    told = client.get(f"{place}/statement?decision={decision}", headers=who(name)).get_json()
    assert base64.b64decode(told["statement"]).decode() == told["text"]
    signature = official.sign(base64.b64decode(told["statement"]))
    body = {
        "decision": decision,
        "certificate": official.fingerprint,
        "signature": base64.b64encode(signature).decode(),
    }
    return client.post(f"{place}/decision", json=body, headers=who(name)).status_code


def stamp(client: FlaskClient, office: Office, key: str):  # type: ignore[no-untyped-def]
    fields = {"seal": str(office.seal_id), "x_mm": "150", "y_mm": "240", "matter": "nj", "matter_number": "7"}
    return client.post(
        f"{API}/stamps",
        data={**fields, "file": (io.BytesIO(papers.pdf(2)), "document")},
        content_type="multipart/form-data",
        headers=who("market", **{"Idempotency-Key": key}),
    )


def test_from_rules_to_ledger(client: FlaskClient, office: Office) -> None:
    rules = {
        "approvals": 1,
        "approvers": [{"person": office.first.principal.label, "certificate": office.first.fingerprint}],
        "formats": ["pdf"],
    }
    place = f"{API}/seals/{office.seal_id}"
    assert client.post(f"{place}/policies", json=rules, headers=who("market")).status_code == 403
    assert client.post(f"{place}/policies", json=rules, headers=who("other")).status_code == 404
    made = client.post(f"{place}/policies", json=rules, headers=who("owner"))
    assert made.status_code == 201
    policy = f"{API}/policies/{made.get_json()['id']}"
    assert decide(client, policy, "owner", office.owner) == 409
    assert decide(client, policy, "second", office.second) == 200
    answer = stamp(client, office, "key-of-the-api-test")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "seal.waiting")
    (case,) = client.get(f"{API}/cases", headers=who("first")).get_json()["items"]
    assert case["id"] in answer.get_json()["detail"]
    assert client.get(f"{API}/cases", headers=who("second")).get_json()["items"] == []
    address = f"{API}/cases/{case['id']}"
    assert [client.get(address, headers=who(name)).status_code for name in ("first", "market", "transport")] == [
        200,
        200,
        404,
    ]
    assert client.get(f"{address}/document", headers=who("first")).data == papers.pdf(2)
    page = client.get(f"{address}/pages/2.png", headers=who("first"))
    assert page.data.startswith(b"\x89PNG")
    assert page.headers["X-Pages"] == "2"
    assert decide(client, address, "first", office.first) == 200
    assert decide(client, address, "first", office.first) == 409
    assert stamp(client, office, "key-of-the-api-test").status_code == 201
    line = client.get(f"{place}/ledger?matter=nj", headers=who("owner")).get_json()["items"][0]
    assert (line["matter_number"], len(line["approvers"])) == ("7", 1)
    assert client.get(f"{place}/ledger", headers=who("market")).status_code == 403
    assert client.get(f"{place}/ledger.csv", headers=who("owner")).data.startswith(b"\xef\xbb\xbforder,")
    assert client.get(f"{place}/ledger/check", headers=who("owner")).status_code == 200
    loose = client.post(f"{place}/policies", json={}, headers=who("owner")).get_json()["id"]
    assert decide(client, f"{API}/policies/{loose}", "second", office.second) == 200


def test_a_batch_over_http(client: FlaskClient, office: Office) -> None:
    body = {"seal": str(office.seal_id), "places": [{"by": "point", "x_mm": 150, "y_mm": 240}], "matter": "pl"}
    made = client.post(f"{API}/batches", json=body, headers=who("market"))
    assert made.status_code == 201
    place = f"{API}/batches/{made.get_json()['id']}"
    packed = {"file": (io.BytesIO(zipped(*pdfs(2, 7000), ("x.txt", b"x"))), "documents.zip")}
    added = client.post(f"{place}/archive", data=packed, content_type="multipart/form-data", headers=who("market"))
    assert added.get_json() == {"taken": 2, "refused": 1}
    one = {"file": [(io.BytesIO(data), name) for name, data in pdfs(1, 7100)]}
    added = client.post(f"{place}/files", data=one, content_type="multipart/form-data", headers=who("market"))
    assert added.get_json()["taken"] == 1
    assert client.post(f"{place}/start", json={}, headers=who("transport")).status_code == 404
    assert client.post(f"{place}/start", json={}, headers=who("market")).get_json()["state"] == "running"
    assert client.post(f"{place}/state", json={"state": "paused"}, headers=who("market")).status_code == 200
    assert client.post(f"{place}/state", json={"state": "running"}, headers=who("market")).status_code == 200
    worker(office.room).drain()
    stands = client.get(place, headers=who("market")).get_json()
    assert (stands["state"], stands["sealed"], stands["refused"], stands["case"] is not None) == ("done", 3, 1, True)
    items = client.get(f"{place}/items?state=sealed", headers=who("market")).get_json()["items"]
    assert [item["number"] for item in items] == [1, 2, 4]
    assert client.get(f"{place}/items/1/document", headers=who("market")).data.startswith(b"%PDF-")
    assert client.get(f"{place}/items/3/document", headers=who("market")).status_code == 409
    zipfile = client.get(f"{place}/results.zip", headers=who("market"))
    assert (zipfile.data[:2], zipfile.headers["X-Last-Item"]) == (b"PK", "4")
    whole = client.get(f"{place}/archive.zip", headers=who("market"))
    assert (whole.mimetype, whole.is_streamed, whole.data[:2]) == ("application/zip", True, b"PK")
    table = client.get(f"{place}/items.csv", headers=who("market"))
    assert (table.mimetype, table.get_data(as_text=True).count("\n")) == ("text/csv", 5)
    for path in ("", "/items", "/items/1/document", "/results.zip", "/archive.zip", "/items.csv"):
        assert client.get(place + path, headers=who("transport")).status_code == 404
    assert place.rpartition("/")[2] in str(client.get(f"{API}/batches", headers=who("market")).get_json())
