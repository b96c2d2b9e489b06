"""The routes: who may, what leaves in which form, and whose objects are whose."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest
from flask import Request
from flask.testing import FlaskClient

from ca.kmc.api import ROUTES
from ca.kmc.deliveries import Delivery
from ca.kmc.transcript import verify_transcript
from ca.reading import read_certificate
from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from hsm.escrow.opening import open_envelope
from hsm.escrow.shapes import Form
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from tests.ca.conftest import CITIZEN_NUMBER, PERSON, USCC, Region
from tests.ca.kmc.conftest import APPROVERS, AUDITOR, ISSUER, OPERATOR, signed_request
from tests.ca.kmc.recovering import CASE, organ

RIGHTS = frozenset({Permission.CA_ISSUE, Permission.CA_READ, Permission.CA_REVOKE})
CALLERS = {
    "operator": OPERATOR,
    "approver": APPROVERS[0],
    "approver-2": APPROVERS[1],
    "auditor": AUDITOR,
    "issuer": ISSUER,
    "other-operator": Principal(Kind.OFFICIAL, "person:operator-2", OPERATOR.permissions),
    "program": Principal(Kind.CLIENT, "client:scjgj", RIGHTS, department=USCC, client_id="scjgj"),
    "stranger": Principal(Kind.CLIENT, "client:jtj", RIGHTS, department="91219900MB1000020X", client_id="jtj"),
    "citizen": Principal(Kind.CITIZEN, "person:1", frozenset({Permission.LICENCE_OWN})),
}
PAIRS, RECOVERIES = "/api/v1/ca/kmc/pairs", "/api/v1/ca/kmc/recoveries"


def caller(request: Request) -> Principal | None:
    return CALLERS.get(request.headers.get("X-Test-As", ""))


@pytest.fixture
def client(region: Region) -> FlaskClient:
    ground = region.room.ground
    return make_app(ground.settings, ground, [region.room], ROUTES, authenticators=[caller]).test_client()


def as_(name: str, **headers: str) -> dict[str, str]:
    return {"X-Test-As": name, "Idempotency-Key": f"key-{uuid4()}", **headers}


def body(key: Sm2PrivateKey, **more: Any) -> dict[str, Any]:
    return {
        "suite": "sm2",
        "profile": "citizen",
        "subject": {"common_name": PERSON},
        "identity": {"citizen_number": CITIZEN_NUMBER},
        "csr": base64.b64encode(signed_request(key)).decode(),
        **more,
    }


def company(key: Sm2PrivateKey) -> dict[str, Any]:
    subject = {"common_name": "印川市第一食品有限公司", "organization": "印川市第一食品有限公司", "locality": "印川市"}
    return body(key, profile="legal-person", subject=subject, identity={"organization_code": USCC})


def issued(client: FlaskClient, key: Sm2PrivateKey, who: str = "issuer", **more: Any) -> dict[str, Any]:
    reply = client.post(PAIRS, json=body(key, **more), headers=as_(who))
    assert reply.status_code == 201, reply.text
    return dict(reply.json or {})


def der_of(pem: str) -> bytes:
    return base64.b64decode("".join(pem.strip().splitlines()[1:-1]))


def test_one_request_gives_both_certificates_and_the_key(client: FlaskClient) -> None:
    key = Sm2PrivateKey.generate()
    made = issued(client, key)
    spki = read_certificate(der_of(made["encryption_certificate"])).spki
    assert read_certificate(der_of(made["signing_certificate"])).spki == key.spki
    octets = base64.b64decode(made["envelope"])
    assert open_envelope(Form(made["delivery"]), octets, key.pkcs8(), spki)
    assert len(made["chain"]) == 2


def test_the_same_idempotency_key_gives_the_same_pair(client: FlaskClient) -> None:
    order, headers = body(Sm2PrivateKey.generate()), as_("issuer")
    first, again = (client.post(PAIRS, json=order, headers=headers) for _ in range(2))
    assert first.status_code == 201
    assert first.json == again.json


@pytest.mark.parametrize("delivery", [one for one in Delivery if one is not Delivery.CFCA])
def test_the_form_is_chosen_by_accept_or_by_name(client: FlaskClient, delivery: Delivery) -> None:
    made = issued(client, Sm2PrivateKey.generate())
    address = f"{PAIRS}/{made['id']}/envelope"
    named = client.get(address, query_string={"delivery": delivery.value}, headers=as_("issuer"))
    accepted = client.get(address, headers=as_("issuer", Accept=f"text/html;q=0.1, {delivery.media_type}"))
    assert (named.status_code, named.content_type) == (200, delivery.media_type)
    assert (accepted.data, accepted.content_type) == (named.data, named.content_type)
    assert named.headers["Cache-Control"] == "no-store"


def test_a_form_that_does_not_fit(client: FlaskClient) -> None:
    made = issued(client, Sm2PrivateKey.generate())
    reply = client.get(f"{PAIRS}/{made['id']}/envelope?delivery=cfca", headers=as_("issuer"))
    assert (reply.status_code, (reply.json or {})["code"]) == (422, "kmc.delivery")


def test_a_program_and_its_neighbour(client: FlaskClient) -> None:
    reply = client.post(PAIRS, json=company(Sm2PrivateKey.generate()), headers=as_("program"))
    assert reply.status_code == 201, reply.text
    address = f"{PAIRS}/{(reply.json or {})['id']}"
    assert client.get(address, headers=as_("program")).status_code == 200
    assert client.get(address, headers=as_("stranger")).status_code == 404
    assert client.get(f"{address}/envelope", headers=as_("stranger")).status_code == 404
    gone = client.post(f"{address}/revocation", json={"reason": "superseded"}, headers=as_("stranger"))
    assert gone.status_code == 404
    other = client.post(PAIRS, json=company(Sm2PrivateKey.generate()), headers=as_("stranger"))
    assert other.status_code == 403
    done = client.post(f"{address}/revocation", json={"reason": "superseded"}, headers=as_("program"))
    assert {(done.json or {})[part]["reason"] for part in ("signing", "encryption")} == {"superseded"}


ROUTES_AND_RIGHTS = {
    ("POST", PAIRS): {"issuer", "program", "stranger"},
    ("GET", f"{PAIRS}/{uuid4()}"): {"issuer", "program", "stranger"},
    ("GET", f"{PAIRS}/{uuid4()}/envelope"): {"issuer", "program", "stranger"},
    ("POST", f"{PAIRS}/{uuid4()}/revocation"): {"issuer", "program", "stranger"},
    ("POST", f"{RECOVERIES}/user"): {"operator", "other-operator"},
    ("POST", f"{RECOVERIES}/judicial"): {"operator", "other-operator"},
    ("GET", RECOVERIES): {"operator", "other-operator", "approver", "approver-2", "auditor"},
    ("GET", f"{RECOVERIES}/{uuid4()}"): {"operator", "other-operator", "approver", "approver-2", "auditor", "issuer"},
    ("POST", f"{RECOVERIES}/{uuid4()}/proof"): {"operator", "other-operator"},
    ("POST", f"{RECOVERIES}/{uuid4()}/decision"): {"approver", "approver-2"},
    ("POST", f"{RECOVERIES}/{uuid4()}/withdrawal"): {"operator", "other-operator"},
    ("POST", f"{RECOVERIES}/{uuid4()}/collection"): {"operator", "other-operator"},
    ("GET", f"{RECOVERIES}/{uuid4()}/transcript"): {"operator", "other-operator", "approver", "approver-2", "auditor"},
    ("GET", "/api/v1/ca/kmc/stock"): {"operator", "other-operator", "approver", "approver-2", "auditor"},
}  # fmt: skip


@pytest.mark.parametrize(("method", "address"), list(ROUTES_AND_RIGHTS), ids=[f"route-{n}" for n in range(14)])
def test_each_route_has_its_people(client: FlaskClient, method: str, address: str) -> None:
    """Everybody else is turned away before anything is looked up."""
    allowed = ROUTES_AND_RIGHTS[method, address]
    bodies = {
        "/proof": {"signature": "AA=="},
        "/decision": {"statement_sha256": "00" * 32, "decision": "approve"},
        "/collection": {},
        "/revocation": {"reason": "superseded"},
        "/user": {"certificate_id": str(uuid4())},
        "/judicial": {
            "certificates": [str(uuid4())],
            "case_number": "x",
            "legal_basis": "x",
            "organ": "x",
            "organ_certificate": "MAA=",
        },
    }
    content = next((one for tail, one in bodies.items() if address.endswith(tail)), None)
    if address == PAIRS:
        content = {}
    assert client.open(address, method=method, json=content, headers={"Idempotency-Key": "a"}).status_code == 401
    for who in CALLERS:
        status = client.open(address, method=method, json=content, headers=as_(who)).status_code
        assert (status in (401, 403)) is (who not in allowed), (who, status)


def test_a_judicial_recovery_by_http(client: FlaskClient, region: Region) -> None:
    to, made = organ(region), issued(client, Sm2PrivateKey.generate())
    asked = client.post(
        f"{RECOVERIES}/judicial",
        json={
            "certificates": [made["encryption_id"]],
            "case_number": CASE.number,
            "legal_basis": CASE.legal_basis,
            "organ": CASE.organ,
            "organ_certificate": base64.b64encode(to.certificate).decode(),
        },
        headers=as_("operator"),
    )
    assert asked.status_code == 201, asked.text
    found = dict(asked.json or {})
    address = f"{RECOVERIES}/{found['id']}"
    assert (found["state"], found["challenge"], found["quorum"]) == ("waiting", None, 2)
    decision = {"statement_sha256": found["statement_sha256"], "decision": "approve"}
    for who, status in (("issuer", 403), ("operator", 403), ("approver", 200), ("approver", 200), ("approver-2", 200)):
        assert client.post(f"{address}/decision", json=decision, headers=as_(who)).status_code == status
    assert client.post(f"{address}/collection", json={}, headers=as_("other-operator")).status_code == 403
    assert client.get(f"{address}/transcript", headers=as_("auditor")).status_code == 404
    got = client.post(f"{address}/collection", json={}, headers=as_("operator"))
    assert got.status_code == 200, got.text
    (only,) = (got.json or {})["keys"]
    spki = read_certificate(der_of(made["encryption_certificate"])).spki
    assert open_envelope(Form(only["form"]), base64.b64decode(only["envelope"]), to.key.pkcs8(), spki)
    told = client.get(f"{address}/transcript", headers=as_("auditor"))
    assert told.data.decode() == (got.json or {})["transcript"]
    assert verify_transcript(told.data, [region.room.authority("sm2-root").certificate.der]).genuine


def test_a_user_recovery_by_http(client: FlaskClient) -> None:
    key = Sm2PrivateKey.generate()
    made = issued(client, key)
    found = dict(
        client.post(f"{RECOVERIES}/user", json={"certificate_id": made["signing_id"]}, headers=as_("operator")).json
        or {}
    )
    address = f"{RECOVERIES}/{found['id']}"
    assert found["state"] == "awaiting-proof"
    early = client.post(f"{address}/collection", json={}, headers=as_("operator"))
    assert (early.status_code, (early.json or {})["code"]) == (409, "kmc.unproven")
    value = base64.b64encode(key.sign(base64.b64decode(found["challenge"]), sm2_id=DEFAULT_SM2_ID)).decode()
    stranger = client.post(f"{address}/proof", json={"signature": value}, headers=as_("other-operator"))
    assert stranger.status_code == 403
    proven = client.post(f"{address}/proof", json={"signature": value}, headers=as_("operator"))
    assert (proven.json or {})["state"] == "waiting"
    decision = {"statement_sha256": found["statement_sha256"], "decision": "approve"}
    assert client.post(f"{address}/decision", json=decision, headers=as_("approver")).status_code == 200
    got = client.post(f"{address}/collection", json={"form": "skf-enveloped-key-blob"}, headers=as_("operator"))
    assert got.status_code == 200, got.text
    assert made["encryption_certificate"]
    assert len((got.json or {})["keys"]) >= 1


def test_stock_and_list(client: FlaskClient, region: Region) -> None:
    from hsm.keys import Algorithm

    assert region.room.escrow is not None
    region.room.escrow.stock(Algorithm.SM2, 1)
    stock = client.get("/api/v1/ca/kmc/stock", headers=as_("auditor"))
    assert [one["algorithm"] for one in (stock.json or {})["spares"]] == ["sm2"]
    listed = client.get(RECOVERIES, query_string={"limit": 3}, headers=as_("auditor"))
    assert len((listed.json or {})["items"]) <= 3


@pytest.mark.parametrize(
    "changed",
    [{"csr": "!!"}, {"csr": ""}, {"delivery": "pkcs12"}, {"suite": "dsa"}, {"validity_days": 0}, {"extra": 1},
     {"profile": "citizen-encryption"}, {"profile": "code-signer"}],
    ids=str,
)  # fmt: skip
def test_bad_orders(client: FlaskClient, changed: dict[str, Any]) -> None:
    reply = client.post(PAIRS, json=body(Sm2PrivateKey.generate(), **changed), headers=as_("issuer"))
    assert reply.status_code == 422
    assert CITIZEN_NUMBER not in reply.text
