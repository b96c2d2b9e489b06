"""Hostile requests by the API: refused with a reason, or issued with the profile's fields and not one more (T11)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Request
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ca.api import ROUTES
from ca.models import CaCertificate
from ca.reading import identity_of, read_certificate
from ca.reading.alternative import names_of
from foundation.principal import Kind, Permission, Principal
from foundation.web.frame import make_app
from tests.ca import hostile_requests
from tests.ca.conftest import USCC, Region
from tests.ca.hostile_requests import GOOD, KEY

CASES = hostile_requests.every()
CALLER = Principal(Kind.CLIENT, "client:x", frozenset({Permission.CA_ISSUE}), department=USCC, client_id="x")
EXPECTED = [
    # the profile "device" without names, in its order
    "2.5.29.35",
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.37",
    "2.5.29.32",
    "2.5.29.31",
    "1.3.6.1.5.5.7.1.1",
    "1.2.156.10260.4.1.4",
]


@pytest.fixture(scope="module")
def region(make_region: Callable[..., Region]) -> Region:
    """On one database: what is tried here ends before any is asked."""
    return make_region("sqlite")


@pytest.fixture
def client(region: Region) -> FlaskClient:
    def caller(request: Request) -> Principal | None:
        return CALLER

    ground = region.room.ground
    return make_app(ground.settings, ground, [region.room], ROUTES, authenticators=[caller]).test_client()


def send(client: FlaskClient, key: str, csr: bytes) -> Any:
    body = {
        "suite": "sm2",
        "profile": "device",
        "subject": {"common_name": "gateway-01", "organization": "印川市政务服务和大数据管理局"},
        "identity": {"organization_code": USCC},
        "csr": base64.b64encode(csr).decode(),
    }
    return client.post("/api/v1/ca/certificates", json=body, headers={"Idempotency-Key": f"hostile-{key}"})


def count(region: Region) -> int:
    with region.room.ground.db.read() as session:
        return session.scalar(select(func.count()).select_from(CaCertificate)) or 0


def check_certificate(octets: bytes) -> None:
    """By our reader and by one of others: what the order says, and nothing of what the request says."""
    made, other = read_certificate(octets), x509.load_der_x509_certificate(octets)
    assert made.subject.text == "C=CN, O=印川市政务服务和大数据管理局, CN=gateway-01"
    assert [attribute.value for attribute in other.subject] == ["CN", "印川市政务服务和大数据管理局", "gateway-01"]
    assert [extension.oid for extension in made.extensions] == EXPECTED
    assert [extension.oid.dotted_string for extension in other.extensions] == EXPECTED
    assert [extension.oid for extension in made.extensions if extension.critical] == ["2.5.29.15"]
    assert (made.is_ca, made.path_len, made.key_usage) == (False, None, {"digitalSignature"})
    assert made.eku == ("1.3.6.1.5.5.7.3.2",)
    assert not names_of(made)
    assert identity_of(made).organization_code == USCC
    assert identity_of(made).citizen_number is None
    assert made.spki == KEY.spki
    assert all("evil" not in url for url in made.crl_urls + made.ocsp_urls + made.issuer_urls)
    assert made.policies[0].endswith(".1.12")
    assert len(made.policies) == 1


def test_there_are_enough_and_each_is_another() -> None:
    assert len(CASES) >= 200
    assert len({name for name, _ in CASES}) == len(CASES)


def test_a_plain_request_is_issued(region: Region, client: FlaskClient) -> None:
    answer = send(client, "plain", GOOD.signed())
    assert answer.status_code == 201
    check_certificate(x509.load_pem_x509_certificate(answer.json["certificate"].encode()).public_bytes(Encoding.DER))


def test_every_hostile_request_is_refused_with_a_reason_or_issued_as_ordered(
    region: Region, client: FlaskClient
) -> None:
    issued = []
    for name, csr in CASES:
        before = count(region)
        answer = send(client, name, csr)
        if answer.status_code == 201:
            check_certificate(
                x509.load_pem_x509_certificate(answer.json["certificate"].encode()).public_bytes(Encoding.DER)
            )
            issued.append(name)
            assert count(region) == before + 1, name
            continue
        assert 400 <= answer.status_code < 500, (name, answer.status_code)
        problem = json.loads(answer.data)
        assert problem["code"], name
        assert problem["detail"], name
        assert problem["code"].startswith(("ca.", "hsm.", "request.", "der.")), (name, problem["code"])
        assert count(region) == before, name
    kinds = {name.split("-")[0] for name in issued}
    # What a requester writes about himself is read by nobody, so it neither helps nor harms him …
    assert {"extension", "name", "attributes"} <= kinds
    # … and a key he cannot prove, or that is none, never gets a certificate.
    assert not kinds & {"signature", "algorithm", "key", "version", "cut"}, issued
    assert not {name for name in issued if name.startswith("flip")}


def test_a_proof_by_another_key_names_the_reason(client: FlaskClient) -> None:
    answer = send(client, "reason", dict(CASES)["signature-by-another"])
    problem = json.loads(answer.data)
    assert (answer.status_code, problem["code"]) == (422, "ca.csr")
    assert problem["errors"][0]["pointer"].endswith("/csr")
