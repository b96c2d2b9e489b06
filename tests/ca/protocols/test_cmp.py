"""CMP with `openssl cmp` against our server: by secret and by signature, every command, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import requests
from cryptography import x509

from ca.cmp import crmf, protection
from ca.cmp.answers import Granted
from ca.cmp.answers import granted as read_granted
from ca.cmp.client import Client, Key, Secret
from ca.cmp.faults import Refused
from ca.cmp.message import MOST_OCTETS, Body, Message, read_message
from ca.cmp.transport import over_http
from ca.names import Subject, write_name
from ca.reading.certificate import Certificate
from ca.reading.crl import Reason
from foundation import der
from foundation.clock import SystemClock
from foundation.errors import Unavailable
from foundation.ids import SystemIds
from hsm import private_keys
from hsm.keys import Algorithm
from hsm.schemes import scheme_for
from tests.bent import bent
from tests.ca.cmp import openssl
from tests.ca.protocols.conftest import DEPARTMENT, Credential, Office, new_key, new_request


@pytest.fixture(scope="module")
def credential(office: Office) -> Credential:
    return office.credential("cmp", "device", "pump-*")


def run(office: Office, one: Credential, folder: Path, *arguments: str, ok: bool = True) -> str:
    known = ("-server", f"{office.region.url}/.well-known/cmp")
    secret = () if "-cert" in arguments else ("-ref", one.reference, "-secret", f"pass:{one.secret}")
    done = openssl.client(folder, *known, *secret, *arguments)
    assert (done.returncode == 0) == ok, done.stderr + done.stdout
    return done.stderr + done.stdout


def granted(folder: Path, name: str = "got.pem") -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def chain_files(office: Office, folder: Path) -> None:
    for name in ("rsa-root", "rsa-issuing"):
        octets = requests.get(f"{office.region.url}/ca/{name}.cer", timeout=30).content
        (folder / f"{name}.cer").write_bytes(octets)


@pytest.mark.parametrize("command", ["ir", "cr"])
@pytest.mark.parametrize("mac", ["hmac-sha1", "hmacWithSHA256"])
def test_a_device_enrols_by_secret(
    office: Office, credential: Credential, tmp_path: Path, command: str, mac: str
) -> None:
    new_key(tmp_path, "one")
    run(
        office, credential, tmp_path, "-cmd", command, "-newkey", "one.key", "-subject", "/O=Else/CN=pump-1",
        "-certout", "got.pem", "-mac", mac, "-cacertsout", "roots.pem",
    )  # fmt: skip
    made = granted(tmp_path)
    assert made.subject.rfc4514_string() == f"CN=pump-1,O={DEPARTMENT.name},C=CN"
    roots = tmp_path / "roots.pem"
    assert bool(roots.exists() and roots.read_bytes()) == (command == "ir")


def test_renewal_and_revocation_by_the_certificate(office: Office, credential: Credential, tmp_path: Path) -> None:
    chain_files(office, tmp_path)
    new_key(tmp_path, "one")
    new_key(tmp_path, "two")
    run(
        office, credential, tmp_path, "-cmd", "ir", "-newkey", "one.key", "-subject", "/CN=pump-2",
        "-certout", "got.pem",
    )  # fmt: skip
    by = ("-cert", "got.pem", "-key", "one.key", "-trusted", "rsa-root.cer", "-untrusted", "rsa-issuing.cer")
    run(office, credential, tmp_path, "-cmd", "kur", *by, "-newkey", "two.key", "-certout", "second.pem")
    first, second = granted(tmp_path), granted(tmp_path, "second.pem")
    assert (first.subject, first.serial_number) != (second.subject, second.serial_number)
    assert first.subject == second.subject
    run(office, credential, tmp_path, "-cmd", "rr", *by, "-oldcert", "second.pem", ok=False)
    run(office, credential, tmp_path, "-cmd", "rr", *by, "-oldcert", "got.pem", "-revreason", "1")
    again = ("-newkey", "two.key", "-certout", "x.pem", "-unprotected_errors")
    told = run(office, credential, tmp_path, "-cmd", "kur", *by, *again, ok=False)
    assert "certRevoked" in told or "revoked" in told


def test_an_sm2_request_is_carried(office: Office, credential: Credential, tmp_path: Path) -> None:
    new_request(tmp_path, "one", "/CN=pump-3", kind="SM2")
    run(office, credential, tmp_path, "-cmd", "p10cr", "-csr", "one.csr", "-certout", "got.pem", "-disable_confirm")
    assert granted(tmp_path).signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"


def test_a_name_outside_the_credential_is_refused(office: Office, credential: Credential, tmp_path: Path) -> None:
    new_key(tmp_path, "one")
    told = run(
        office, credential, tmp_path, "-cmd", "ir", "-newkey", "one.key", "-subject", "/CN=elsewhere",
        "-certout", "got.pem", ok=False,
    )  # fmt: skip
    assert "elsewhere" in told
    assert not (tmp_path / "got.pem").exists()


def test_without_proof_of_possession_there_is_nothing(office: Office, credential: Credential, tmp_path: Path) -> None:
    new_key(tmp_path, "one")
    for popo in ("-1", "0"):
        told = run(
            office, credential, tmp_path, "-cmd", "ir", "-newkey", "one.key", "-subject", "/CN=pump-4",
            "-popo", popo, "-certout", "got.pem", ok=False,
        )  # fmt: skip
        assert "badPOP" in told


def test_a_wrong_secret_gets_an_unprotected_no(office: Office, credential: Credential, tmp_path: Path) -> None:
    new_key(tmp_path, "one")
    told = run(
        office, replace(credential, secret="guess"), tmp_path, "-cmd", "ir", "-newkey", "one.key",
        "-subject", "/CN=pump-5", "-certout", "got.pem", "-unprotected_errors", ok=False,
    )  # fmt: skip
    assert "badMessageCheck" in told


# --- our own client, where OpenSSL's cannot go: SM2 all the way, retransmission, rejection ---------------------------


class Device:
    def __init__(self, office: Office, one: Credential, algorithm: Algorithm = Algorithm.SM2) -> None:
        self.private = private_keys.generate(algorithm)
        clock = SystemClock()
        self.sent: list[bytes] = []
        post = over_http(f"{office.region.url}/.well-known/cmp")

        def watched(message: bytes) -> bytes:
            self.sent.append(message)
            return post(message)

        self.post = post
        self.key = Key(self.private.spki, scheme_for(algorithm), lambda data: private_keys.sign(self.private, data))
        self.client = Client(watched, clock, SystemIds(clock), Secret(one.reference.encode(), one.secret.encode()))


def status(office: Office, certificate: Certificate) -> bool:
    crl = x509.load_der_x509_crl(requests.get(certificate.crl_urls[0], timeout=30).content)
    return crl.get_revoked_certificate_by_serial_number(certificate.serial) is not None


def test_sm2_by_our_own_client(office: Office, credential: Credential) -> None:
    device = Device(office, credential)
    made = device.client.enrol(device.key, write_name(Subject("pump-6")))
    renewed = device.client.update(device.key, made.certificate)
    assert renewed.certificate.subject.raw == made.certificate.subject.raw
    device.client.revoke(made.certificate, Reason.SUPERSEDED)
    assert status(office, made.certificate)
    assert not status(office, renewed.certificate)


def test_a_message_sent_again_gets_the_same_certificate(office: Office, credential: Credential) -> None:
    device = Device(office, credential)
    made = device.client.enrol(device.key, write_name(Subject("pump-7")))
    again = read_message(device.post(device.sent[0]))
    assert read_granted(again).certificate.der == made.certificate.der


def test_a_number_in_use_is_not_for_another_request(office: Office, credential: Credential) -> None:
    device, other = Device(office, credential), Device(office, credential)
    device.client.enrol(device.key, write_name(Subject("pump-8")))
    number = read_message(device.sent[0]).header.transaction
    forged = replace(other.client, ids=_Fixed(number or b""))
    with pytest.raises(Unavailable, match="transaction"):
        forged.enrol(other.key, write_name(Subject("pump-9")))


class _Fixed(SystemIds):
    """Gives the same transaction number every time."""

    def __init__(self, number: bytes) -> None:
        super().__init__(SystemClock())
        self.number = number
        self.first = True

    def random(self, size: int) -> bytes:
        if self.first:
            self.first = False
            return self.number
        return super().random(size)


def test_a_rejected_certificate_is_revoked(office: Office, credential: Credential) -> None:
    """The hash in certConf is another certificate's: what the client got is not what we sent."""
    device = Device(office, credential)

    client = Confused(device.client.post, device.client.clock, device.client.ids, device.client.credential)
    with pytest.raises(Unavailable, match="hash"):
        client.enrol(device.key, write_name(Subject("pump-10")))
    assert status(office, Confused.seen[-1])


class Confused(Client):
    """Confirms another certificate than the one it got."""

    seen: ClassVar[list[Certificate]] = []

    def _confirm(self, transaction: bytes, message: Message, made: Granted) -> None:
        self.seen.append(made.certificate)
        forged = replace(made.certificate, der=bent(made.certificate.der))
        super()._confirm(transaction, message, replace(made, certificate=forged))


def test_another_credential_cannot_touch_it(office: Office, credential: Credential) -> None:
    device = Device(office, credential)
    made = device.client.enrol(device.key, write_name(Subject("pump-11"))).certificate
    other = Device(office, office.credential("cmp", "device", "pump-*"))
    with pytest.raises(Unavailable, match="no such certificate"):
        other.client.revoke(made, Reason.KEY_COMPROMISE)
    with pytest.raises(Unavailable, match="no such certificate"):
        other.client.update(other.key, made)


@pytest.mark.parametrize("body", [b"", b"\x30\x00", b"0" * 100, b"\x30\x84\xff\xff\xff\xff", b"0" * (MOST_OCTETS + 1)])
def test_nonsense_is_answered_within_bounds(office: Office, body: bytes) -> None:
    answer = requests.post(
        f"{office.region.url}/cmp", data=body, headers={"Content-Type": "application/pkixcmp"}, timeout=30
    )
    if answer.status_code == 413:
        return
    assert answer.status_code == 200
    assert read_message(answer.content).kind == Body.ERROR


def test_every_flipped_octet_of_a_request_is_refused(office: Office, credential: Credential) -> None:
    """Each octet is under the MAC, or in the MAC, or makes the message unreadable."""
    device = Device(office, credential)
    device.client.enrol(device.key, write_name(Subject("pump-12")))
    whole = device.sent[0]
    for at in range(0, len(whole), 23):
        changed = bytearray(whole)
        changed[at] ^= 0x01
        answer = read_message(device.post(bytes(changed)))
        assert answer.kind == Body.ERROR, at
        assert answer.value is None


def test_mac_parameters_are_bounded(office: Office, credential: Credential) -> None:
    heavy = der.sequence(
        der.oid(protection.PBM),
        der.sequence(
            der.octet_string(b"x" * 16),
            der.sequence(der.oid("2.16.840.1.101.3.4.2.1")),
            der.integer(10**9),
            der.sequence(der.oid("1.2.840.113549.2.9")),
        ),
    )
    with pytest.raises(Refused):
        protection.read_mac(der.parse(heavy))
    assert crmf.read_template(der.parse(der.sequence())).spki is None
