"""The routes: who may, what leaves, and that the protocols speak their own media types."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from flask import Request
from flask.testing import FlaskClient
from sqlalchemy import select

from ca.api import ROUTES
from ca.issue import Subject, issue
from ca.reading import KeyUsage, identity_of, read_certificate, read_crl, read_ocsp_response
from ca.suites import Suite
from ca.timestamps import policy_of
from foundation import der
from foundation.audit.models import AuditRow
from foundation.numbers import make_uscc
from foundation.principal import SYSTEM, Kind, Permission, Principal
from foundation.web.frame import make_app
from hsm.sm2 import DEFAULT_SM2_ID, Sm2PrivateKey
from tests.ca.conftest import CITIZEN_NUMBER, IDENTITIES, PERSON, USCC, Region, fresh_key
from tests.ca.test_ocsp import request as ocsp_request
from tests.ca.test_timestamps import request as stamp_request

ALL = frozenset({Permission.CA_READ, Permission.CA_ISSUE, Permission.CA_REVOKE})
OTHER = make_uscc("11", "219900", "MB100002")
CALLERS = {
    "operator": Principal(Kind.OFFICIAL, "official:operator", ALL, department=OTHER),
    "reader": Principal(Kind.OFFICIAL, "official:reader", frozenset({Permission.CA_READ})),
    "program": Principal(Kind.CLIENT, "client:scjgj", ALL, department=USCC, client_id="scjgj"),
    "stranger": Principal(Kind.CLIENT, "client:jtj", ALL, department=OTHER, client_id="jtj"),
    "citizen": Principal(Kind.CITIZEN, "person:1", frozenset({Permission.LICENCE_OWN})),
}


def caller(request: Request) -> Principal | None:
    return CALLERS.get(request.headers.get("X-Test-As", ""))


@pytest.fixture
def client(region: Region) -> FlaskClient:
    ground = region.room.ground
    return make_app(ground.settings, ground, [region.room], ROUTES, authenticators=[caller]).test_client()


def as_(name: str, **headers: str) -> dict[str, str]:
    return {"X-Test-As": name, **headers}


def csr_rsa(**extensions: x509.ExtensionType) -> str:
    """A request with a name and extensions of its own, all of which must be ignored."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "evil"), x509.NameAttribute(NameOID.COUNTRY_NAME, "US")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    for extension in extensions.values():
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def csr_sm2() -> str:
    key = Sm2PrivateKey.generate()
    info = der.sequence(der.integer(0), der.sequence(), key.spki, der.tlv(0xA0, b""))
    signature = key.sign(info, sm2_id=DEFAULT_SM2_ID)
    algorithm = der.sequence(der.oid("1.2.156.10197.1.501"))
    return base64.b64encode(der.sequence(info, algorithm, der.bit_string(signature))).decode()


def body(profile: str = "code-signer", suite: str = "rsa", csr: str | None = None, **more: Any) -> dict[str, Any]:
    subject = {"common_name": "印川市二维码", "organization": "印川市市场监督管理局"}
    identity = {"organization_code": USCC}
    return {
        "suite": suite,
        "profile": profile,
        "csr": csr or csr_rsa(),
        "subject": subject,
        "identity": identity,
        **more,
    }


def issued(client: FlaskClient, who: str = "program", **parts: Any) -> dict[str, Any]:
    headers = as_(who, **{"Idempotency-Key": f"key-{uuid4()}"})
    reply = client.post("/api/v1/ca/certificates", json=body(**parts), headers=headers)
    assert reply.status_code == 201, reply.text
    return dict(reply.json or {})


@pytest.mark.parametrize("slug", ["sm2-root", "sm2-issuing", "rsa-root", "rsa-issuing"])
def test_ca_certificates_and_lists_are_public(client: FlaskClient, region: Region, slug: str) -> None:
    reply = client.get(f"/ca/{slug}.cer")
    assert (reply.status_code, reply.content_type) == (200, "application/pkix-cert")
    assert reply.data == region.room.authority(slug).certificate.der
    listed = client.get(f"/crl/{slug}.crl")
    assert (listed.status_code, listed.content_type) == (200, "application/pkix-crl")
    assert read_crl(listed.data).issuer == read_certificate(reply.data).subject


@pytest.mark.parametrize("address", ["/ca/nobody.cer", "/crl/nobody.crl"])
def test_other_names_are_not_found(client: FlaskClient, address: str) -> None:
    reply = client.get(address)
    assert (reply.status_code, reply.content_type) == (404, "application/problem+json")


def test_the_addresses_in_certificates_are_these(client: FlaskClient, region: Region) -> None:
    made = read_certificate(region.issue(Suite.SM2, "code-signer").der)
    base = region.room.ground.settings.web.public_url
    for address in (*made.crl_urls, *made.issuer_urls):
        assert client.get(address.removeprefix(base)).status_code == 200
    (status,) = made.ocsp_urls
    reply = client.post(
        status.removeprefix(base),
        data=ocsp_request(region, Suite.SM2, made.serial),
        content_type="application/ocsp-request",
    )
    assert (reply.status_code, reply.content_type) == (200, "application/ocsp-response")
    assert read_ocsp_response(reply.data).answers[0].status.value == "good"


def test_ocsp_by_get(client: FlaskClient, region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    text = base64.b64encode(ocsp_request(region, Suite.SM2, made.serial)).decode()
    for encoded in (quote(text, safe=""), quote(text)):
        reply = client.get(f"/ocsp/sm2-issuing/{encoded}")
        assert read_ocsp_response(reply.data).answers[0].status.value == "good"
    assert client.get("/ocsp/sm2-issuing/!!!").data == bytes.fromhex("30030a0101")


def test_time_stamps_by_http(client: FlaskClient, region: Region) -> None:
    policy = der.oid(policy_of(region.room, Suite.SM2))
    reply = client.post("/tsa", data=stamp_request(rest=policy), content_type="application/timestamp-query")
    assert (reply.status_code, reply.content_type) == (200, "application/timestamp-reply")
    assert der.parse(reply.data).children()[0].children()[0].as_integer() == 0
    wrong = client.post("/tsa", data=b"x", content_type="text/plain")
    assert wrong.status_code == 415
    assert client.post("/tsa", data=b"x" * 20_000, content_type="application/timestamp-query").status_code == 413


def test_authorities(client: FlaskClient) -> None:
    items = (client.get("/api/v1/ca/authorities").json or {})["items"]
    assert [item["name"] for item in items] == ["rsa-root", "sm2-root", "rsa-issuing", "sm2-issuing"]
    assert items[0]["ocsp_url"] is None
    assert x509.load_pem_x509_certificate(items[0]["certificate"].encode())


PROTECTED = [
    ("GET", "/api/v1/ca/certificates", None),
    ("GET", "/api/v1/ca/certificates/0190a000-0000-7000-8000-000000000000", None),
    ("POST", "/api/v1/ca/certificates/0190a000-0000-7000-8000-000000000000/revocation", {"reason": "superseded"}),
    ("POST", "/api/v1/ca/search", {"name": "甲"}),
    ("POST", "/api/v1/ca/certificates", {}),
]


@pytest.mark.parametrize(("method", "address", "data"), PROTECTED)
def test_the_rest_needs_a_permission(client: FlaskClient, method: str, address: str, data: Any) -> None:
    assert client.open(address, method=method, json=data).status_code == 401
    assert client.open(address, method=method, json=data, headers=as_("citizen")).status_code == 403


def test_a_reader_may_neither_issue_nor_revoke(client: FlaskClient, region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    address = f"/api/v1/ca/certificates/{made.id}"
    assert client.get(address, headers=as_("reader")).status_code == 200
    assert client.post(f"{address}/revocation", json={"reason": "superseded"}, headers=as_("reader")).status_code == 403


@pytest.mark.parametrize(("suite", "make"), [("rsa", csr_rsa), ("sm2", csr_sm2)])
def test_only_the_key_of_a_request_is_used(client: FlaskClient, suite: str, make: Any) -> None:
    made = issued(client, suite=suite, csr=make())
    certificate = read_certificate(pem_octets(made["certificate"]))
    assert certificate.subject.text == "C=CN, O=印川市市场监督管理局, CN=印川市二维码"
    assert identity_of(certificate).organization_code == USCC
    assert len(made["chain"]) == 2


def pem_octets(text: str) -> bytes:
    return base64.b64decode("".join(text.splitlines()[1:-1]))


def test_a_smuggled_ca_flag_is_ignored(client: FlaskClient) -> None:
    smuggled = csr_rsa(
        constraints=x509.BasicConstraints(ca=True, path_length=None),
        names=x509.SubjectAlternativeName([x509.DNSName("bank.example")]),
        usage=x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9")]),
    )
    certificate = read_certificate(pem_octets(issued(client, csr=smuggled)["certificate"]))
    assert not certificate.is_ca
    assert certificate.eku == ()
    assert certificate.find("2.5.29.17") is None
    assert not certificate.allows(KeyUsage.KEY_CERT_SIGN)


def test_a_request_not_signed_with_its_key_is_refused(client: FlaskClient) -> None:
    octets = bytearray(pem_octets(csr_rsa()))
    octets[-1] ^= 1
    for wrong in (base64.b64encode(octets).decode(), base64.b64encode(b"hello").decode(), "AAAA"):
        reply = client.post(
            "/api/v1/ca/certificates",
            json=body(csr=wrong),
            headers=as_("program", **{"Idempotency-Key": f"k-{wrong[:20]}"}),
        )
        assert reply.status_code == 422
        assert (reply.json or {})["code"] == "ca.csr"


def test_a_program_asks_for_its_own_department_only(client: FlaskClient) -> None:
    reply = client.post(
        "/api/v1/ca/certificates", json=body(), headers=as_("stranger", **{"Idempotency-Key": "stranger-1-key"})
    )
    assert (reply.status_code, (reply.json or {})["code"]) == (403, "ca.other_department")
    for profile in ("tsa", "root"):
        reply = client.post(
            "/api/v1/ca/certificates",
            json=body(profile=profile),
            headers=as_("program", **{"Idempotency-Key": f"reserved-{profile}"}),
        )
        assert reply.status_code == 422


def test_the_same_idempotency_key_gives_the_same_certificate(client: FlaskClient) -> None:
    data, headers = body(), as_("program", **{"Idempotency-Key": "twice-the-same-key"})
    first = client.post("/api/v1/ca/certificates", json=data, headers=headers)
    second = client.post("/api/v1/ca/certificates", json=data, headers=headers)
    assert (first.status_code, first.data) == (second.status_code, second.data) == (201, first.data)


def test_lists_are_paged_and_narrowed(client: FlaskClient, region: Region) -> None:
    for _ in range(3):
        region.issue(Suite.SM2, "seal-maker")
    address = "/api/v1/ca/certificates?profile=seal-maker&authority=sm2-issuing&status=valid&limit=2"
    first = client.get(address, headers=as_("operator")).json or {}
    second = client.get(f"{address}&after={first['next']}", headers=as_("operator")).json or {}
    seen = [item["id"] for item in first["items"] + second["items"]]
    assert len(first["items"]) == 2
    assert len(set(seen)) == len(seen) >= 3
    assert seen == sorted(seen, reverse=True)
    serial = first["items"][0]["serial"]
    one = client.get(f"/api/v1/ca/certificates?serial={serial}", headers=as_("operator")).json or {}
    assert [item["serial"] for item in one["items"]] == [serial]


def test_people_are_masked_and_their_certificates_stay_inside(client: FlaskClient, region: Region) -> None:
    made = region.issue(Suite.SM2, "citizen")
    listed = client.get("/api/v1/ca/certificates?profile=citizen", headers=as_("operator"))
    shown = client.get(f"/api/v1/ca/certificates/{made.id}", headers=as_("operator"))
    assert (shown.json or {})["subject"] == "欧**文"
    assert (shown.json or {})["certificate"] is None
    for reply in (listed, shown):
        assert PERSON not in reply.text
        assert CITIZEN_NUMBER not in reply.text


def test_a_person_is_found_by_name_and_the_search_is_on_record(client: FlaskClient, region: Region) -> None:
    name = f"欧阳{region.room.ground.ids.token(6)}"  # the run's other citizens share one name, more than a page of them
    made = issue(
        region.room,
        SYSTEM,
        suite=Suite.SM2,
        profile="citizen",
        subject=Subject(name),
        spki=fresh_key(Suite.SM2),
        identity=IDENTITIES["citizen"],
        request_key=f"named-{name}",
    )
    reply = client.post("/api/v1/ca/search", json={"name": name}, headers=as_("operator"))
    assert str(made.id) in [item["id"] for item in (reply.json or {})["items"]]
    with region.room.ground.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "ca.look_up")).all()
    assert rows[-1].actor == "official:operator"
    assert name not in "".join(row.object + row.payload for row in rows)


def test_revocation_by_api(client: FlaskClient, region: Region) -> None:
    made = issued(client)
    address = f"/api/v1/ca/certificates/{made['id']}"
    foreign = client.post(f"{address}/revocation", json={"reason": "superseded"}, headers=as_("stranger"))
    assert foreign.status_code == 404  # another department's: not told that it exists
    assert client.get(address, headers=as_("stranger")).status_code == 404
    first = client.post(f"{address}/revocation", json={"reason": "key-compromise"}, headers=as_("program"))
    again = client.post(f"{address}/revocation", json={"reason": "superseded"}, headers=as_("program"))
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert (first.json or {})["reason"] == "key-compromise"
    shown = client.get(address, headers=as_("program")).json or {}
    assert (shown["status"], shown["reason"]) == ("revoked", "key-compromise")
    listed = read_crl(client.get("/crl/rsa-issuing.crl").data)
    assert listed.find(int(made["serial"], 16)) is not None


@pytest.mark.parametrize(
    "data", [{}, {"reason": "hold"}, {"reason": "superseded", "x": 1}, {"reason": "ca-compromise"}]
)
def test_wrong_revocations_are_refused(client: FlaskClient, region: Region, data: dict[str, Any]) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    address = f"/api/v1/ca/certificates/{made.id}/revocation"
    assert client.post(address, json=data, headers=as_("operator")).status_code == 422


def test_a_p256_key_is_certified(client: FlaskClient) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    made = issued(client, csr=request.public_bytes(serialization.Encoding.PEM).decode())
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert read_certificate(pem_octets(made["certificate"])).spki == spki
