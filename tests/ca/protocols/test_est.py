"""EST with curl, as a device does it: CA certificates, first enrolment, renewal by certificate, and what is refused."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.ca.protocols.conftest import DEPARTMENT, Credential, Office, new_request, openssl

EST = "/.well-known/est"


def curl(office: Office, path: str, *arguments: str, folder: Path) -> tuple[int, bytes]:
    """Status and body, over the TLS proxy."""
    command = [
        "curl", "--silent", "--show-error", "--cacert", str(office.tls_certificate), "--output", "body",
        "--write-out", "%{http_code}", *arguments, office.tls + EST + path,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout), (folder / "body").read_bytes() if (folder / "body").exists() else b""


def post(office: Office, path: str, request: Path, *arguments: str, folder: Path) -> tuple[int, bytes]:
    body = folder / "request.b64"
    body.write_bytes(base64.encodebytes(request.read_bytes()))
    sent = ("--data-binary", f"@{body}", "-H", "Content-Type: application/pkcs10")
    return curl(office, path, *sent, *arguments, folder=folder)


def test_a_pattern_that_is_no_zone_is_refused(office: Office) -> None:
    with pytest.raises(AssertionError, match="permitted names"):
        office.credential("est", "device", "*")


@pytest.fixture(scope="module")
def device(office: Office) -> Credential:
    return office.credential("est", "device", "gate-1*", "*.yinchuan.test")


def login(one: Credential) -> tuple[str, str]:
    return "--user", f"{one.reference}:{one.secret}"


def certificates(body: bytes) -> list[x509.Certificate]:
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))


def test_ca_certificates_are_for_anyone(office: Office, tmp_path: Path) -> None:
    status, body = curl(office, "/cacerts", folder=tmp_path)
    assert status == 200
    assert len(certificates(body)) == 4
    status, body = curl(office, "/rsa/cacerts", folder=tmp_path)
    assert {one.subject.rfc4514_string() for one in certificates(body)}
    assert len(certificates(body)) == 2
    assert curl(office, "/nothing/cacerts", folder=tmp_path)[0] == 404


@pytest.mark.parametrize("kind", ["P-256", "SM2"])
def test_a_device_enrols_and_renews(office: Office, device: Credential, tmp_path: Path, kind: str) -> None:
    request = new_request(tmp_path, "one", f"/C=XX/O=Somebody else/CN=gate-{17 if kind == 'SM2' else 18}", kind=kind)
    status, body = post(office, "/simpleenroll", request, *login(device), folder=tmp_path)
    assert status == 200, body
    (made,) = certificates(body)
    name = {attribute.oid.dotted_string: attribute.value for attribute in made.subject}
    assert name == {"2.5.4.6": "CN", "2.5.4.10": DEPARTMENT.name, "2.5.4.3": name["2.5.4.3"]}
    algorithm = made.signature_algorithm_oid.dotted_string
    assert (algorithm == "1.2.156.10197.1.501") == (kind == "SM2")
    again, same = post(office, "/simpleenroll", request, *login(device), folder=tmp_path)
    assert (again, same) == (200, body)  # a lost answer, asked for again
    if kind == "P-256":  # nginx of Debian speaks no SM2 TLS
        _renew(office, made, tmp_path)


def _renew(office: Office, made: x509.Certificate, folder: Path) -> None:
    (folder / "one.pem").write_bytes(made.public_bytes(Encoding.PEM))
    cert = ("--cert", "one.pem", "--key", "one.key")
    renewal = new_request(folder, "two", "/CN=gate-18")
    status, body = post(office, "/simplereenroll", renewal, *cert, folder=folder)
    assert status == 200, body
    (second,) = certificates(body)
    assert second.subject == made.subject
    assert second.serial_number != made.serial_number
    other = new_request(folder, "three", "/CN=gate-17")
    status, body = post(office, "/simplereenroll", other, *cert, folder=folder)
    assert status == 403
    assert "present certificate" in body.decode()


@pytest.mark.parametrize(
    ("arguments", "subject", "status", "said"),
    [
        ((), "/CN=gate-17", 401, "enrolment credential"),
        (("--user", "nobody:nothing"), "/CN=gate-17", 401, "unknown, over or disabled"),
        (("good",), "/CN=gate-99", 403, "gate-99"),
        (("good",), "/CN=evil.example.org", 403, "evil.example.org"),
        (("bad",), "/CN=gate-17", 401, "unknown, over or disabled"),
    ],
)
def test_refusals_say_why(
    office: Office, device: Credential, tmp_path: Path, arguments: tuple[str, ...], subject: str, status: int, said: str
) -> None:
    given = {"good": login(device), "bad": ("--user", f"{device.reference}:not-it")}
    request = new_request(tmp_path, "one", subject)
    more = given[arguments[0]] if arguments and arguments[0] in given else arguments
    got, body = post(office, "/simpleenroll", request, *more, folder=tmp_path)
    assert got == status
    assert said in body.decode()


def test_a_request_signed_by_another_key_is_refused(office: Office, device: Credential, tmp_path: Path) -> None:
    request = new_request(tmp_path, "one", "/CN=gate-17")
    octets = bytearray(request.read_bytes())
    octets[-1] ^= 1
    request.write_bytes(octets)
    status, body = post(office, "/simpleenroll", request, *login(device), folder=tmp_path)
    assert status == 400
    assert "not signed with its own key" in body.decode()


def test_a_renewal_header_typed_by_a_stranger_counts_for_nothing(office: Office, tmp_path: Path) -> None:
    request = new_request(tmp_path, "one", "/CN=gate-17")
    typed = ("-H", "X-Client-Cert: -----BEGIN CERTIFICATE-----", "-H", "X-Proxy-Secret: x")
    status, _ = post(office, "/simplereenroll", request, *typed, folder=tmp_path)
    assert status == 401


def test_a_used_up_credential_is_over(office: Office, tmp_path: Path) -> None:
    once = office.credential("est", "device", "gate-1", uses=1)
    first = new_request(tmp_path, "one", "/CN=gate-1")
    second = new_request(tmp_path, "two", "/CN=gate-1")
    assert post(office, "/simpleenroll", first, *login(once), folder=tmp_path)[0] == 200
    assert post(office, "/simpleenroll", second, *login(once), folder=tmp_path)[0] == 401
    assert post(office, "/simpleenroll", first, *login(once), folder=tmp_path)[0] == 200


def test_what_a_request_should_hold_is_told(office: Office, tmp_path: Path) -> None:
    status, body = curl(office, "/sm2/csrattrs", folder=tmp_path)
    assert status == 200
    (tmp_path / "attributes.der").write_bytes(base64.b64decode(body))
    shown = openssl("asn1parse", "-inform", "DER", "-in", "attributes.der", folder=tmp_path).stdout
    assert "Extension Request" in shown
    assert "sm2" in shown
