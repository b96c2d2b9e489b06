"""OCSP: good, revoked and unknown; nonces; malformed requests; openssl and cryptography as judges."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as pyca

from ca import ocsp
from ca.errors import AuthorityUnknown
from ca.models import CaCertificate, State
from ca.reading import CertStatus, OcspResponse, Reason, read_certificate, read_ocsp_response
from ca.revoke import revoke
from ca.signatures import check_ocsp
from ca.suites import USUAL, Suite
from ca.template import extension
from foundation import der
from foundation.principal import SYSTEM
from hsm.digests import Digest
from tests.ca.conftest import Region
from tests.ca.oracles import gmssl_accepts_sm2, openssl, openssl_accepts_sm2, pem, refused_by_openssl, write

NONCE = "1.3.6.1.5.5.7.48.1.2"


def request(
    region: Region, suite: Suite, *serials: int, digest: Digest = Digest.SHA1, extensions: bytes = b""
) -> bytes:
    above = region.room.authority(f"{suite}-issuing").certificate
    key = der.parse(above.spki).children()[1].as_bits()
    hashed = (der.octet_string(digest.of(above.subject.raw)), der.octet_string(digest.of(key)))
    algorithm = der.sequence(der.oid(digest.oid), der.null())
    asked = [der.sequence(der.sequence(algorithm, *hashed, der.integer(serial))) for serial in serials]
    more = der.explicit(2, der.sequence(extensions)) if extensions else b""
    return der.sequence(der.sequence(der.sequence(*asked), more))


def answered(region: Region, suite: Suite, data: bytes) -> OcspResponse:
    return read_ocsp_response(ocsp.answer(region.room, f"{suite}-issuing", data))


def nonce(octets: bytes) -> bytes:
    return extension(NONCE, der.octet_string(octets))


@pytest.mark.parametrize("suite", USUAL)
@pytest.mark.parametrize("digest", [Digest.SHA1, Digest.SHA256, Digest.SM3])
def test_good_then_revoked(region: Region, suite: Suite, digest: Digest) -> None:
    made = region.issue(suite, "code-signer")
    data = request(region, suite, made.serial, digest=digest)
    first = answered(region, suite, data)
    responder = read_certificate(first.certificates[0])
    check_ocsp(first, responder.spki)
    assert first.responder_key_id == hashlib.sha1(der.parse(responder.spki).children()[1].as_bits()).digest()  # noqa: S324
    assert first.answers[0].status is CertStatus.GOOD
    assert first.answers[0].this_update == first.produced_at == region.clock.now()
    assert first.answers[0].next_update == region.clock.now() + timedelta(hours=12)
    revoke(region.room, SYSTEM, certificate_id=made.id, reason=Reason.CESSATION_OF_OPERATION)
    then = answered(region, suite, data).answers[0]
    assert (then.status, then.reason) == (CertStatus.REVOKED, Reason.CESSATION_OF_OPERATION)
    assert then.revoked_at == region.clock.now()


@pytest.mark.parametrize("suite", USUAL)
def test_a_serial_we_never_gave_out_is_unknown_never_good(region: Region, suite: Suite) -> None:
    assert answered(region, suite, request(region, suite, 4711)).answers[0].status is CertStatus.UNKNOWN


def test_the_responder_may_sign_only_answers(region: Region) -> None:
    response = answered(region, Suite.SM2, request(region, Suite.SM2, 1))
    responder = read_certificate(response.certificates[0])
    assert responder.eku == ("1.3.6.1.5.5.7.3.9",)
    assert responder.find("1.3.6.1.5.5.7.48.1.5") is not None
    assert responder.issuer.raw == region.room.authority("sm2-issuing").certificate.subject.raw


def test_another_cas_certificate_is_unknown_here(region: Region) -> None:
    made = region.issue(Suite.RSA, "code-signer")
    data = request(region, Suite.RSA, made.serial)
    assert answered(region, Suite.SM2, data).answers[0].status is CertStatus.UNKNOWN
    assert answered(region, Suite.RSA, data).answers[0].status is CertStatus.GOOD


def test_an_unknown_digest_in_the_question_is_unknown(region: Region) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    data = request(region, Suite.SM2, made.serial).replace(der.oid("1.3.14.3.2.26"), der.oid("1.3.14.3.2.27"))
    assert answered(region, Suite.SM2, data).answers[0].status is CertStatus.UNKNOWN


def test_several_questions_are_answered_in_order(region: Region) -> None:
    made = [region.issue(Suite.SM2, "code-signer") for _ in range(3)]
    revoke(region.room, SYSTEM, certificate_id=made[1].id, reason=Reason.SUPERSEDED)
    asked = [made[0].serial, made[1].serial, 99, made[2].serial]
    response = answered(region, Suite.SM2, request(region, Suite.SM2, *asked))
    assert [one.about.serial for one in response.answers] == asked
    assert [one.status.value for one in response.answers] == ["good", "revoked", "unknown", "good"]


def test_an_intent_that_was_never_stored_is_not_denied(own_region: Region) -> None:
    made = own_region.issue(Suite.SM2, "code-signer")
    with own_region.room.ground.db.begin() as session:
        row = session.get_one(CaCertificate, made.id)
        row.state, row.der, row.fingerprint = State.RECORDED, None, None
    response = answered(own_region, Suite.SM2, request(own_region, Suite.SM2, made.serial))
    assert response.answers[0].status is CertStatus.GOOD


@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_a_nonce_is_echoed(region: Region, length: int) -> None:
    value = bytes(range(length))
    response = answered(region, Suite.SM2, request(region, Suite.SM2, 7, extensions=nonce(value)))
    assert response.nonce == value


@pytest.mark.parametrize("value", [b"", b"x" * 129])
def test_a_nonce_of_the_wrong_length_is_malformed(region: Region, value: bytes) -> None:
    assert answered(region, Suite.SM2, request(region, Suite.SM2, 7, extensions=nonce(value))).status == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        b"GET",
        der.sequence(der.sequence(der.sequence())),
        der.sequence(der.sequence(der.explicit(0, der.integer(1)), der.sequence())),
        b"\x30\x82\xff\xff" + b"\x00" * 20_000,
    ],
)
def test_malformed_requests_get_malformed_request(region: Region, data: bytes) -> None:
    assert ocsp.answer(region.room, "sm2-issuing", data) == bytes.fromhex("30030a0101")


def test_too_many_questions_and_unknown_critical_extensions_are_malformed(region: Region) -> None:
    assert answered(region, Suite.SM2, request(region, Suite.SM2, *range(1, 22))).status == 1
    critical = extension("1.2.3.4", der.null(), critical=True)
    assert answered(region, Suite.SM2, request(region, Suite.SM2, 7, extensions=critical)).status == 1
    harmless = extension("1.2.3.4", der.null())
    assert answered(region, Suite.SM2, request(region, Suite.SM2, 7, extensions=harmless)).status == 0


def test_a_root_answers_unauthorized(region: Region) -> None:
    assert ocsp.answer(region.room, "sm2-root", request(region, Suite.SM2, 7)) == bytes.fromhex("30030a0106")
    with pytest.raises(AuthorityUnknown):
        ocsp.answer(region.room, "nobody", b"")


def test_cryptography_builds_the_request_and_reads_the_answer(region: Region) -> None:
    made = region.issue(Suite.RSA, "code-signer")
    leaf = x509.load_der_x509_certificate(made.der)
    above = x509.load_der_x509_certificate(region.room.authority("rsa-issuing").certificate.der)
    asked = pyca.OCSPRequestBuilder().add_certificate(leaf, above, hashes.SHA256())
    asked = asked.add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
    octets = ocsp.answer(region.room, "rsa-issuing", asked.build().public_bytes(Encoding.DER))
    found = pyca.load_der_ocsp_response(octets)
    assert found.response_status is pyca.OCSPResponseStatus.SUCCESSFUL
    assert found.certificate_status is pyca.OCSPCertStatus.GOOD
    assert found.serial_number == made.serial
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16


def judged(region: Region, folder: Path, answer: bytes, asked: Path) -> tuple[str | Path, ...]:
    """The command with which openssl judges an answer to a request it made itself."""
    issuing = write(folder, "issuing.pem", pem(region.room.authority("rsa-issuing").certificate.der))
    root = write(folder, "root.pem", pem(region.room.authority("rsa-root").certificate.der))
    at = str(int(region.clock.now().timestamp()) + 60)
    checks = ("-CAfile", root, "-verify_other", issuing, "-attime", at, "-resp_text")
    return ("ocsp", "-respin", write(folder, "answer.der", answer), "-reqin", asked, *checks)


def asked_by_openssl(region: Region, folder: Path, certificate: bytes) -> Path:
    issuing = write(folder, "issuer.pem", pem(region.room.authority("rsa-issuing").certificate.der))
    openssl("ocsp", "-issuer", issuing, "-cert", write(folder, "l.pem", pem(certificate)), "-reqout", folder / "r.der")
    return folder / "r.der"


@pytest.mark.parametrize("revoked", [False, True])
def test_openssl_asks_and_believes_the_rsa_responder(region: Region, tmp_path: Path, revoked: bool) -> None:
    made = region.issue(Suite.RSA, "seal-maker")
    if revoked:
        revoke(region.room, SYSTEM, certificate_id=made.id, reason=Reason.KEY_COMPROMISE)
    asked = asked_by_openssl(region, tmp_path, made.der)
    answer = ocsp.answer(region.room, "rsa-issuing", asked.read_bytes())
    said = openssl(*judged(region, tmp_path, answer, asked))
    assert "Response verify OK" in said
    assert "Nonce" not in said.split("Response verify OK")[1]
    assert f"Cert Status: {'revoked' if revoked else 'good'}" in said
    assert ("Revocation Reason: keyCompromise" in said) is revoked


def test_openssl_refuses_an_altered_answer(region: Region, tmp_path: Path) -> None:
    made = region.issue(Suite.RSA, "seal-maker")
    asked = asked_by_openssl(region, tmp_path, made.der)
    octets = bytearray(ocsp.answer(region.room, "rsa-issuing", asked.read_bytes()))
    octets[octets.index(b"\x80\x00\x18")] = 0x82  # good becomes unknown
    assert "Response Verify Failure" in refused_by_openssl(*judged(region, tmp_path, bytes(octets), asked))


def test_the_sm2_answer_is_signed_as_openssl_and_gmssl_have_it(region: Region, tmp_path: Path) -> None:
    made = region.issue(Suite.SM2, "seal-maker")
    response = answered(region, Suite.SM2, request(region, Suite.SM2, made.serial, extensions=nonce(b"12345678")))
    responder = read_certificate(response.certificates[0])
    openssl_accepts_sm2(responder.spki, response.tbs, response.signature)
    assert gmssl_accepts_sm2(responder.spki, response.tbs, response.signature)
    text = openssl("ocsp", "-respin", write(tmp_path, "a.der", response.der), "-noverify", "-resp_text")
    assert "Cert Status: good" in text
