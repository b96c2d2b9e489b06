"""Time stamps: both suites, the requests of others, bad requests, and a clock that goes back."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp
from sqlalchemy import func, select

from ca import timestamps
from ca.errors import ClockWentBack
from ca.models import CaStamp
from ca.reading import Certificate, TimeStampToken, read_certificate, read_token
from ca.reading.shapes import fields
from ca.room import CaRoom
from ca.signatures import check_token
from ca.suites import USUAL, Suite
from foundation import der
from foundation.errors import InvalidInput
from hsm.digests import Digest
from hsm.errors import BadSignature
from tests.ca.conftest import Region
from tests.ca.oracles import gmssl_accepts_sm2, openssl, openssl_accepts_sm2, pem, refused_by_openssl, write

MESSAGE = "印川市".encode()


def request(digest: Digest = Digest.SM3, *, imprint: bytes | None = None, rest: bytes = b"", version: int = 1) -> bytes:
    algorithm = der.sequence(der.oid(digest.oid), der.null())
    hashed = der.octet_string(digest.of(MESSAGE) if imprint is None else imprint)
    return der.sequence(der.integer(version), der.sequence(algorithm, hashed), rest)


CERTIFICATE = der.boolean(value=True)


def answered(room: CaRoom, data: bytes, suite: Suite | None = None) -> tuple[int, TimeStampToken | None, int | None]:
    """(status, token, failure bit) of a response."""
    parts = fields(der.parse(timestamps.answer(room, suite, data)), 1, 2, "TimeStampResp")
    info = fields(parts[0], 1, 3, "status")
    status = info[0].as_integer()
    if len(parts) == 2:
        return status, read_token(parts[1].raw), None
    bits = info[2].as_bits()
    return status, None, next(at for at in range(len(bits) * 8) if bits[at // 8] & 0x80 >> at % 8)


def tsa_of(found: TimeStampToken) -> Certificate:
    tsa = found.signer_certificate()
    assert tsa is not None
    return tsa


@pytest.mark.parametrize("suite", USUAL)
@pytest.mark.parametrize("digest", sorted(timestamps.ACCEPTED))
def test_a_token_says_what_was_hashed_and_when(region: Region, suite: Suite, digest: Digest) -> None:
    imprint = digest.of(MESSAGE)
    found = read_token(timestamps.token(region.room, suite, digest, imprint))
    assert (found.info.digest, found.info.imprint) == (digest, imprint)
    assert found.info.time == region.clock.now().replace(microsecond=0)
    assert found.info.accuracy == timedelta(seconds=1)
    assert not found.info.ordering
    tsa = tsa_of(found)
    assert check_token(found, tsa) is suite.scheme
    assert tsa.eku == ("1.3.6.1.5.5.7.3.8",)
    assert tsa.find("2.5.29.37").critical  # type: ignore[union-attr]
    assert (found.signer.issuer.raw, found.signer.serial) == (tsa.issuer.raw, tsa.serial)  # type: ignore[union-attr]
    other = tsp.TimeStampResp.load(der.sequence(der.sequence(der.integer(0)), found.der))
    signed = other["time_stamp_token"]["content"]
    assert signed["encap_content_info"]["content"].parsed["serial_number"].native == found.info.serial
    kinds = [attribute["type"].native for attribute in signed["signer_infos"][0]["signed_attrs"]]
    assert sorted(kinds) == ["content_type", "message_digest", "signing_certificate_v2"]


def test_the_issuing_ca_goes_along(region: Region) -> None:
    found = read_token(timestamps.token(region.room, Suite.SM2, Digest.SM3, Digest.SM3.of(MESSAGE)))
    assert region.room.authority("sm2-issuing").certificate in [read_certificate(one) for one in found.certificates]


def test_signed_attributes_are_in_der_order(region: Region) -> None:
    found = read_token(timestamps.token(region.room, Suite.SM2, Digest.SM3, Digest.SM3.of(MESSAGE)))
    entries = [node.raw for node in der.parse(found.signer.signed_attributes).children()]
    assert entries == sorted(entries)


def test_the_sm2_token_is_signed_as_openssl_and_gmssl_have_it(region: Region) -> None:
    found = read_token(timestamps.token(region.room, Suite.SM2, Digest.SHA256, Digest.SHA256.of(MESSAGE)))
    tsa = tsa_of(found)
    openssl_accepts_sm2(tsa.spki, found.signer.signed_attributes, found.signer.signature)
    assert gmssl_accepts_sm2(tsa.spki, found.signer.signed_attributes, found.signer.signature)
    assert found.signer.certificate_digest is Digest.SM3


def test_openssl_asks_for_and_verifies_an_rsa_token(region: Region, tmp_path: Path) -> None:
    content, query = write(tmp_path, "content", MESSAGE), tmp_path / "query.tsq"
    openssl("ts", "-query", "-data", content, "-sha256", "-cert", "-out", query)
    reply = write(tmp_path, "reply.tsr", timestamps.answer(region.room, None, query.read_bytes()))
    root = write(tmp_path, "root.pem", pem(region.room.authority("rsa-root").certificate.der))
    issuing = write(tmp_path, "issuing.pem", pem(region.room.authority("rsa-issuing").certificate.der))
    at = str(int(region.clock.now().timestamp()) + 60)
    trust = ("-CAfile", root, "-untrusted", issuing, "-attime", at)
    assert "Verification: OK" in openssl("ts", "-verify", "-queryfile", query, "-in", reply, *trust)
    assert "Verification: OK" in openssl("ts", "-verify", "-data", content, "-in", reply, *trust)
    text = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Granted." in text
    assert "Ordering: no" in text
    other = write(tmp_path, "other", MESSAGE + b"!")
    assert "Verification: FAILED" in refused_by_openssl("ts", "-verify", "-data", other, "-in", reply, *trust)


def test_openssl_reads_an_sm2_reply(region: Region, tmp_path: Path) -> None:
    reply = write(tmp_path, "reply.tsr", timestamps.answer(region.room, None, request(rest=CERTIFICATE)))
    assert "Hash Algorithm: sm3" in openssl("ts", "-reply", "-in", reply, "-text")


def test_the_digest_or_the_policy_picks_the_suite(region: Region) -> None:
    def scheme(data: bytes) -> object:
        found = answered(region.room, data)[1]
        assert found is not None
        return found.signer.scheme

    policy = der.oid(timestamps.policy_of(region.room, Suite.SM2))
    assert scheme(request(Digest.SM3)) is Suite.SM2.scheme
    assert scheme(request(Digest.SHA256)) is Suite.RSA.scheme
    assert scheme(request(Digest.SHA256, rest=policy)) is Suite.SM2.scheme


def test_certificate_and_nonce_come_only_when_asked_for(region: Region) -> None:
    _, bare, _ = answered(region.room, request())
    _, full, _ = answered(region.room, request(rest=der.integer(2**200 + 7) + CERTIFICATE))
    assert bare is not None
    assert full is not None
    assert (bare.certificates, bare.info.nonce) == ((), None)
    assert (len(full.certificates), full.info.nonce) == (2, 2**200 + 7)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"", timestamps.Failure.BAD_DATA_FORMAT),
        (b"\x30\x00", timestamps.Failure.BAD_DATA_FORMAT),
        (b"\x00" * 20_000, timestamps.Failure.BAD_DATA_FORMAT),
        (request(version=2), timestamps.Failure.BAD_REQUEST),
        (request(Digest.SHA1), timestamps.Failure.BAD_ALG),
        (request(imprint=b"short"), timestamps.Failure.BAD_DATA_FORMAT),
        (request(rest=der.oid("1.2.3.4")), timestamps.Failure.UNACCEPTED_POLICY),
        (request(rest=der.integer(1 << 8 * 65)), timestamps.Failure.BAD_REQUEST),
        (
            request(rest=der.tlv(0xA0, der.sequence(der.oid("1.2.3"), der.octet_string(b"")))),
            timestamps.Failure.UNACCEPTED_EXTENSION,
        ),
        (request(rest=CERTIFICATE + CERTIFICATE), timestamps.Failure.BAD_DATA_FORMAT),
        (request(rest=der.utf8("x")), timestamps.Failure.BAD_DATA_FORMAT),
    ],
)
def test_bad_requests_are_rejected_with_the_right_bit(region: Region, data: bytes, failure: int) -> None:
    assert answered(region.room, data) == (2, None, int(failure))


def test_openssl_reads_a_rejection(region: Region, tmp_path: Path) -> None:
    reply = write(tmp_path, "reply.tsr", timestamps.answer(region.room, None, request(Digest.SHA1)))
    text = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Rejected." in text
    assert "unrecognized or unsupported algorithm identifier" in text


def test_a_policy_of_the_other_suite_is_not_accepted(region: Region) -> None:
    policy = der.oid(timestamps.policy_of(region.room, Suite.RSA))
    assert answered(region.room, request(rest=policy), Suite.SM2)[2] == timestamps.Failure.UNACCEPTED_POLICY


def test_weak_and_ill_fitting_digests_are_refused_in_process(region: Region) -> None:
    for digest, imprint in ((Digest.SHA1, hashlib.sha1(b"").digest()), (Digest.SM3, b"x" * 31)):  # noqa: S324
        with pytest.raises(InvalidInput):
            timestamps.token(region.room, Suite.SM2, digest, imprint)


def test_a_clock_set_back_stops_the_stamps(own_region: Region) -> None:
    room = own_region.room
    timestamps.token(room, Suite.SM2, Digest.SM3, Digest.SM3.of(MESSAGE))
    own_region.clock.advance(seconds=-2)
    with pytest.raises(ClockWentBack):
        timestamps.token(room, Suite.SM2, Digest.SM3, Digest.SM3.of(MESSAGE))
    assert answered(room, request()) == (2, None, timestamps.Failure.TIME_NOT_AVAILABLE)
    own_region.clock.advance(seconds=3)
    assert answered(room, request())[0] == 0


def test_serials_are_unique_and_every_token_has_its_row(own_region: Region) -> None:
    room = own_region.room
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: timestamps.token(room, Suite.SM2, Digest.SM3, b"\x01" * 32), range(24)))
    serials = {read_token(one).info.serial for one in made}
    with room.ground.db.read() as session:
        assert session.scalar(select(func.count()).select_from(CaStamp)) == len(serials) == 24


@pytest.mark.parametrize("part", ["info", "attributes", "certificate"])
def test_an_altered_token_is_refused(region: Region, part: str) -> None:
    octets = timestamps.token(region.room, Suite.SM2, Digest.SM3, Digest.SM3.of(MESSAGE))
    found = read_token(octets)
    tsa = tsa_of(found)
    altered = {
        "info": octets.replace(found.info.imprint, Digest.SM3.of(b"other")),
        "attributes": octets.replace(found.signer.message_digest, Digest.SM3.of(b"other")),
        "certificate": octets.replace(found.signer.certificate_hash or b"", Digest.SM3.of(b"other")),
    }[part]
    assert altered != octets
    with pytest.raises(BadSignature):
        check_token(read_token(altered), tsa)
