"""ACME with Debian's certbot, and by hand where certbot is too well-behaved: replays, strangers, forged addresses."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from ca.acme.jws import thumbprint, unb64url
from foundation import base64url
from tests.ca.protocols.conftest import DEPARTMENT, Credential, Office, new_request

NAMES = ("oa.yinchuan.test", "pay.yinchuan.test")


@pytest.fixture(scope="module")
def credential(office: Office) -> Credential:
    return office.credential("acme", "tls-server", "*.yinchuan.test")


def certbot(office: Office, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = ("--config-dir", str(home), "--work-dir", str(home), "--logs-dir", str(home / "logs"))
    return subprocess.run(
        ["certbot", *arguments, *places, "--non-interactive", "--server", f"{office.region.url}/acme/directory"],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "NO_PROXY": "*"},
    )  # fmt: skip


def test_certbot_gets_renews_and_revokes(office: Office, credential: Credential, tmp_path: Path) -> None:
    port = ("--standalone", "--http-01-port", str(office.proof_port), "--http-01-address", "127.0.0.1")
    bound = ("--eab-kid", credential.reference, "--eab-hmac-key", credential.secret)
    names = [part for name in NAMES for part in ("-d", name)]
    about = ("--agree-tos", "--email", "ops@yinchuan.test", "--no-eff-email")
    done = certbot(office, tmp_path, "certonly", *port, *bound, *about, *names, "--cert-name", "one")
    assert done.returncode == 0, done.stdout + done.stderr
    made = x509.load_pem_x509_certificates((tmp_path / "live/one/fullchain.pem").read_bytes())
    leaf = made[0]
    assert len(made) == 2
    alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(alternative.get_values_for_type(x509.DNSName)) == set(NAMES)
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value == DEPARTMENT.name
    leaf.verify_directly_issued_by(made[1])
    done = certbot(office, tmp_path, "renew", "--force-renewal", "--no-random-sleep-on-renew")
    assert done.returncode == 0, done.stdout + done.stderr
    renewed = x509.load_pem_x509_certificate((tmp_path / "live/one/cert.pem").read_bytes())
    assert renewed.serial_number != leaf.serial_number
    reason = ("--reason", "superseded", "--no-delete-after-revoke")
    done = certbot(office, tmp_path, "revoke", "--cert-name", "one", *reason)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _revoked(office, renewed)


def _revoked(office: Office, certificate: x509.Certificate) -> bool:
    point = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    names = point.full_name or []
    crl = x509.load_der_x509_crl(requests.get(names[0].value, timeout=30).content)
    return crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


class Machine:
    """An ACME client that can also misbehave."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.directory = requests.get(f"{office.region.url}/acme/directory", timeout=30).json()
        self.key = ECKey.generate_key("P-256")
        self.kid: str | None = None
        self.nonce = self.fresh()

    def fresh(self) -> str:
        return requests.head(self.directory["newNonce"], timeout=30).headers["Replay-Nonce"]

    @property
    def jwk(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.key.as_dict(private=False).items() if name != "kid"}

    def post(self, url: str, payload: object, *, send_to: str | None = None, **header: object) -> requests.Response:
        """`payload` None is POST-as-GET; `header` overrides members of the protected header."""
        protected: dict[str, object] = {"alg": "ES256", "nonce": self.nonce, "url": url}
        protected |= {"kid": self.kid} if self.kid else {"jwk": self.jwk}
        protected |= header
        body = b"" if payload is None else json.dumps(payload).encode()
        made = jws.serialize_json(
            {"protected": protected}, body, self.key, registry=jws.JWSRegistry(strict_check_header=False)
        )
        answer = requests.post(
            send_to or url, data=json.dumps(made), headers={"Content-Type": "application/jose+json"}, timeout=30
        )
        self.nonce = answer.headers["Replay-Nonce"]
        return answer

    def register(self, credential: Credential) -> requests.Response:
        url = self.directory["newAccount"]
        binding = jws.serialize_json(
            {"protected": {"alg": "HS256", "kid": credential.reference, "url": url}},
            json.dumps(self.jwk).encode(),
            OctKey.import_key(unb64url(credential.secret, "secret")),
            registry=jws.JWSRegistry(strict_check_header=False),
        )
        answer = self.post(url, {"externalAccountBinding": binding})
        self.kid = answer.headers.get("Location")
        return answer

    def order(self, *names: str) -> requests.Response:
        return self.post(self.directory["newOrder"], {"identifiers": [{"type": "dns", "value": n} for n in names]})

    def prove(self, order: dict[str, Any]) -> dict[str, Any]:
        """Answer every challenge and wait for the decision."""
        for url in order["authorizations"]:
            challenge = self.post(url, None).json()["challenges"][0]
            self.post(challenge["url"], {})
            for _ in range(100):
                if self.post(url, None).json()["status"] != "pending":
                    break
                threading.Event().wait(0.1)
        return order


@contextmanager
def serving(office: Office, text: str, status: int = 200, location: str | None = None) -> Iterator[None]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.path.rsplit("/", 1)[1]
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(text.replace("TOKEN", token).encode())

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", office.proof_port), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def machine(office: Office, credential: Credential) -> Machine:
    made = Machine(office)
    assert made.register(credential).status_code == 201
    return made


def kind(answer: requests.Response) -> str:
    return str(answer.json()["type"]).rsplit(":", 1)[1]


def test_no_account_without_its_credential(office: Office, credential: Credential) -> None:
    stranger = Machine(office)
    assert kind(stranger.post(stranger.directory["newAccount"], {})) == "externalAccountRequired"
    forged = Credential("", credential.reference, base64url.encode(b"x" * 32))
    assert kind(stranger.register(forged)) == "unauthorized"
    assert kind(stranger.register(Credential("", "nobody", credential.secret))) == "unauthorized"


def test_an_account_is_found_again_by_its_key(machine: Machine, credential: Credential) -> None:
    known = machine.kid
    machine.kid = None
    again = machine.register(credential)
    assert (again.status_code, machine.kid) == (200, known)


def test_a_request_counts_once(machine: Machine) -> None:
    used = machine.nonce
    assert machine.order(NAMES[0]).status_code == 201
    machine.nonce = used
    assert kind(machine.order(NAMES[0])) == "badNonce"
    machine.nonce = "A" * 48
    assert kind(machine.order(NAMES[0])) == "badNonce"


def test_a_request_is_for_one_address_and_one_signer(machine: Machine) -> None:
    url = machine.directory["newOrder"]
    payload = {"identifiers": [{"type": "dns", "value": NAMES[0]}]}
    assert kind(machine.post(machine.directory["keyChange"], payload, send_to=url)) == "unauthorized"
    real, machine.key = machine.key, ECKey.generate_key("P-256")
    assert kind(machine.post(url, payload)) == "unauthorized"
    machine.key = real
    assert machine.post(url, payload).status_code == 201


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("www.example.org",), "rejectedIdentifier"),
        (("*.yinchuan.test",), "rejectedIdentifier"),
        (("yinchuan.test",), "rejectedIdentifier"),
        (("127.0.0.1",), "rejectedIdentifier"),
        (("oa..yinchuan.test",), "rejectedIdentifier"),
        ((), "malformed"),
    ],
)
def test_names_outside_the_credential_are_refused(machine: Machine, names: tuple[str, ...], said: str) -> None:
    assert kind(machine.order(*names)) == said


def test_somebody_elses_order_is_not_there(office: Office, machine: Machine, credential: Credential) -> None:
    order = machine.order(NAMES[0])
    other = Machine(office)
    other.register(credential)
    for url in (order.headers["Location"], order.json()["finalize"], *order.json()["authorizations"]):
        payload = {"csr": base64url.encode(b"x")} if url.endswith("finalize") else None
        assert other.post(url, payload).status_code == 404


def test_proof_then_request_then_certificate(office: Office, machine: Machine, tmp_path: Path) -> None:
    order = machine.order(NAMES[0]).json()
    csr = base64url.encode(new_request(tmp_path, "one", f"/CN={NAMES[0]}").read_bytes())
    assert kind(machine.post(order["finalize"], {"csr": csr})) == "orderNotReady"
    with serving(office, f"TOKEN.{thumbprint(machine.jwk)}"):
        machine.prove(order)
    wrong = base64url.encode(new_request(tmp_path, "two", f"/CN={NAMES[1]}").read_bytes())
    assert kind(machine.post(order["finalize"], {"csr": wrong})) == "badCSR"
    extra = base64url.encode(new_request(tmp_path, "three", f"/CN={NAMES[0]}", (NAMES[0], NAMES[1])).read_bytes())
    assert kind(machine.post(order["finalize"], {"csr": extra})) == "badCSR"
    done = machine.post(order["finalize"], {"csr": csr}).json()
    assert done["status"] == "valid"
    first = machine.post(done["certificate"], None).text
    assert machine.post(order["finalize"], {"csr": csr}).json()["certificate"] == done["certificate"]
    leaf = x509.load_pem_x509_certificates(first.encode())[0]
    _revoke_by_strangers(office, machine, leaf)


def _revoke_by_strangers(office: Office, machine: Machine, leaf: x509.Certificate) -> None:
    body = {"certificate": base64url.encode(leaf.public_bytes(Encoding.DER))}
    stranger = Machine(office)
    assert kind(stranger.post(stranger.directory["revokeCert"], body)) == "unauthorized"
    assert kind(machine.post(machine.directory["revokeCert"], body | {"reason": 6})) == "badRevocationReason"
    assert machine.post(machine.directory["revokeCert"], body).status_code == 200
    assert kind(machine.post(machine.directory["revokeCert"], body)) == "alreadyRevoked"


def test_an_sm2_key_gets_an_sm2_certificate(office: Office, machine: Machine, tmp_path: Path) -> None:
    order = machine.order(NAMES[0]).json()
    with serving(office, f"TOKEN.{thumbprint(machine.jwk)}"):
        machine.prove(order)
    csr = new_request(tmp_path, "one", f"/CN={NAMES[0]}", kind="SM2")
    done = machine.post(order["finalize"], {"csr": base64url.encode(csr.read_bytes())}).json()
    leaf = x509.load_pem_x509_certificates(machine.post(done["certificate"], None).content)[0]
    assert leaf.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"


@pytest.mark.parametrize(
    ("name", "text", "status", "said"),
    [
        (NAMES[0], "TOKEN.something-else", 200, "unauthorized"),
        (NAMES[0], "TOKEN", 302, "connection"),
        (NAMES[0], "x" * 5000, 200, "incorrectResponse"),
        ("far.yinchuan.test", "", 200, "unauthorized"),
    ],
)
def test_a_false_proof_ends_the_order(
    office: Office, machine: Machine, name: str, text: str, status: int, said: str
) -> None:
    """The last one lives outside the allowed networks: we never connect there."""
    order = machine.order(name)
    with serving(office, text, status, location="http://127.0.0.1:1/" if status == 302 else None):
        machine.prove(order.json())
    assert machine.post(order.headers["Location"], None).json()["status"] == "invalid"
    proof = machine.post(order.json()["authorizations"][0], None).json()
    assert proof["challenges"][0]["error"]["type"].endswith(said)


def test_a_key_is_changed_and_an_account_ended(machine: Machine) -> None:
    url, new = machine.directory["keyChange"], ECKey.generate_key("P-256")
    old = machine.jwk
    fresh = {name: str(value) for name, value in new.as_dict(private=False).items() if name != "kid"}
    inner = jws.serialize_json(
        {"protected": {"alg": "ES256", "jwk": fresh, "url": url}},
        json.dumps({"account": machine.kid, "oldKey": old}).encode(),
        new,
        registry=jws.JWSRegistry(strict_check_header=False),
    )
    assert machine.post(url, inner).status_code == 200
    assert kind(machine.order(NAMES[0])) == "unauthorized"
    machine.key = new
    assert machine.order(NAMES[0]).status_code == 201
    assert machine.post(str(machine.kid), {"status": "deactivated"}).json()["status"] == "deactivated"
    assert kind(machine.order(NAMES[0])) == "unauthorized"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"protected":"!","payload":"","signature":""}', b"x" * 70_000])
def test_nonsense_is_a_problem_with_a_nonce(office: Office, body: bytes) -> None:
    answer = requests.post(
        f"{office.region.url}/acme/new-order", data=body, headers={"Content-Type": "application/jose+json"}, timeout=30
    )
    assert answer.status_code == 400
    assert kind(answer) == "malformed"
    assert answer.headers["Replay-Nonce"]


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    """RFC 7638 has an RSA example only; joserfc is the second opinion for EC."""
    key = ECKey.generate_key("P-256")
    members = {name: str(value) for name, value in key.as_dict(private=False).items()}
    assert thumbprint(members) == key.thumbprint()
