"""Our CMP client against OpenSSL's mock server: ir, cr, kur, rr by secret and by signature, and lies refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from ca.cmp.answers import AnswerRefused
from ca.cmp.client import Client, Holder, Key, Secret
from ca.cmp.faults import Refused
from ca.cmp.message import Body
from ca.cmp.transport import over_http
from ca.names import Subject, write_name
from ca.reading.certificate import read_certificate
from ca.reading.crl import Reason
from foundation.clock import SystemClock
from foundation.errors import Unavailable
from foundation.ids import SystemIds
from hsm.schemes import Scheme
from tests.ca.cmp.openssl import mock_server

SECRET = Secret(b"ref-1", b"a shared secret")


class Material:
    """An outer CA of P-256 with a server certificate, and a certificate for our key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = ec.generate_private_key(ec.SECP256R1())
        self.own = ec.generate_private_key(ec.SECP256R1())
        self._made("ca", self.ca, self.ca, ca=True)
        self._made("server", ec.generate_private_key(ec.SECP256R1()), self.ca)
        self._made("granted", self.own, self.ca)

    def _made(
        self, name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, ca: bool = False
    ) -> None:
        now = SystemClock().now()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now.replace(microsecond=0))
            .not_valid_after(now.replace(microsecond=0, year=now.year + 1, day=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        (self.folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
        (self.folder / f"{name}.der").write_bytes(made.public_bytes(Encoding.DER))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / f"{name}.key").write_bytes(private)

    def certificate(self, name: str) -> bytes:
        return (self.folder / f"{name}.der").read_bytes()

    @property
    def key(self) -> Key:
        spki = self.own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return Key(spki, Scheme.ECDSA_SHA256, lambda data: self.own.sign(data, ec.ECDSA(hashes.SHA256())))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(tmp_path_factory.mktemp("cmp"))


@pytest.fixture
def client() -> Callable[..., Client]:
    clock = SystemClock()

    def make(url: str, credential: Secret | Holder = SECRET, **more: object) -> Client:
        return Client(over_http(url), clock, SystemIds(clock), credential, **more)  # type: ignore[arg-type]

    return make


BY_SECRET = ("-srv_ref", "ref-1", "-srv_secret", "pass:a shared secret", "-rsp_cert", "granted.pem")
BY_SIGNATURE = (
    "-srv_cert",
    "server.pem",
    "-srv_key",
    "server.key",
    "-srv_trusted",
    "ca.pem",
    "-rsp_cert",
    "granted.pem",
)
NAME = write_name(Subject("granted"))


@pytest.mark.parametrize("kind", [Body.IR, Body.CR])
def test_a_certificate_by_secret_is_granted_and_confirmed(
    material: Material, client: Callable[..., Client], kind: Body
) -> None:
    with mock_server(material.folder, *BY_SECRET) as url:
        made = client(url).enrol(material.key, NAME, kind=kind)
    assert made.certificate.der == material.certificate("granted")
    log = max(material.folder.glob("mock-*.log"), key=lambda one: one.stat().st_mtime).read_text()
    assert "error" not in log.lower()


def test_update_and_revocation_by_signature(material: Material, client: Callable[..., Client]) -> None:
    own = read_certificate(material.certificate("granted"))
    holder = Holder(own, material.key)
    server = read_certificate(material.certificate("server"))
    with mock_server(material.folder, *BY_SIGNATURE) as url:
        asking = client(url, holder, server=server, recipient=own.issuer.raw)
        assert asking.update(material.key, own).certificate.der == own.der
        asking.revoke(own, Reason.SUPERSEDED)


def test_a_certificate_for_another_key_is_not_taken(material: Material, client: Callable[..., Client]) -> None:
    arguments = [*BY_SECRET[:-1], "server.pem"]
    with mock_server(material.folder, *arguments) as url, pytest.raises(AnswerRefused, match="another key"):
        client(url).enrol(material.key, NAME)


def test_an_answer_under_another_secret_is_not_believed(material: Material, client: Callable[..., Client]) -> None:
    with mock_server(material.folder, *BY_SECRET, "-accept_unprotected") as url, pytest.raises(Refused):
        client(url, replace(SECRET, secret=b"not the secret")).enrol(material.key, NAME)


def test_an_unprotected_answer_is_not_believed(material: Material, client: Callable[..., Client]) -> None:
    with mock_server(material.folder, *BY_SECRET, "-send_unprotected") as url, pytest.raises(AnswerRefused):
        client(url).enrol(material.key, NAME)


def test_an_answer_signed_by_a_stranger_is_not_believed(material: Material, client: Callable[..., Client]) -> None:
    own = read_certificate(material.certificate("granted"))
    stranger = read_certificate(material.certificate("ca"))
    with mock_server(material.folder, *BY_SIGNATURE) as url, pytest.raises(AnswerRefused, match="another certificate"):
        client(url, Holder(own, material.key), server=stranger).update(material.key, own)


def test_a_refusal_says_why(material: Material, client: Callable[..., Client]) -> None:
    refusing = ("-pkistatus", "2", "-failure", "19", "-statusstring", "the name is not right")
    with mock_server(material.folder, *BY_SECRET, *refusing) as url, pytest.raises(AnswerRefused) as caught:
        client(url).enrol(material.key, NAME)
    assert "the name is not right" in caught.value.detail.en
    assert "bad_cert_template" in caught.value.detail.en


def test_nobody_there_is_told_as_such(material: Material, client: Callable[..., Client]) -> None:
    with mock_server(material.folder, *BY_SECRET) as url:
        gone = url
    with pytest.raises(Unavailable, match="cmp_unreachable"):
        client(gone).enrol(material.key, NAME)


def test_openssl_is_the_version_these_tests_were_written_for() -> None:
    text = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    assert text.startswith("OpenSSL 3.")
