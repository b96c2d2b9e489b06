"""The OCSP listener over real sockets: other people's clients, hostile ones, and many at once."""

from __future__ import annotations

import base64
import http.client
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from ca import ocsp, ocsp_listener
from ca.ocsp_http import Fault, Head, read_head
from ca.ocsp_listener import Listener
from ca.reading import CertStatus, read_ocsp_response
from ca.reading.crl import Reason
from ca.revoke import revoke
from ca.suites import Suite
from foundation.principal import SYSTEM
from tests.ca.conftest import Region
from tests.ca.oracles import openssl, pem, write
from tests.ca.test_ocsp import nonce, request

CA = "sm2-issuing"
TYPE = {"Content-Type": "application/ocsp-request"}


@pytest.fixture(scope="module")
def listener(region: Region) -> Iterator[Listener]:
    made = Listener(region.room, "127.0.0.1", 0)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture
def connection(listener: Listener) -> Iterator[http.client.HTTPConnection]:
    made = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=30)
    yield made
    made.close()


def post(connection: http.client.HTTPConnection, data: bytes, ca: str = CA) -> tuple[int, bytes, dict[str, str]]:
    connection.request("POST", f"/ocsp/{ca}", body=data, headers=TYPE)
    answer = connection.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def talk(listener: Listener, octets: bytes) -> bytes:
    """Everything the listener says until it closes."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as one:
        one.sendall(octets)
        said = b""
        while part := one.recv(65536):
            said += part
        return said


def test_signed_then_stored_over_one_connection(region: Region, connection: http.client.HTTPConnection) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    data = request(region, Suite.SM2, made.serial)
    first = post(connection, data)
    second = post(connection, data)
    assert (first[0], first[1]) == (second[0], second[1])
    assert first[1] == ocsp.answer(region.room, CA, data)
    assert second[2]["Content-Type"] == "application/ocsp-response"
    assert second[2]["X-Content-Type-Options"] == "nosniff"
    assert second[2]["Cache-Control"] == "no-store"
    connection.request("GET", f"/ocsp/{CA}/{quote(base64.b64encode(data).decode(), safe='')}")
    answer = connection.getresponse()
    assert answer.read() == first[1]
    assert "max-age=300" in (answer.getheader("Cache-Control") or "")
    revoke(region.room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    after = read_ocsp_response(post(connection, data)[1]).answers[0]
    assert after.status is CertStatus.REVOKED


def test_nonces_strangers_and_nonsense(region: Region, connection: http.client.HTTPConnection) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    _, octets, _ = post(connection, request(region, Suite.SM2, made.serial, extensions=nonce(b"n" * 32)))
    assert read_ocsp_response(octets).nonce == b"n" * 32
    _, octets, _ = post(connection, request(region, Suite.SM2, 4711))
    assert read_ocsp_response(octets).answers[0].status is CertStatus.UNKNOWN
    assert post(connection, b"nonsense")[1] == bytes.fromhex("30030a0101")
    assert post(connection, b"x", "sm2-root")[1] == bytes.fromhex("30030a0106")
    assert post(connection, b"x", "nobody")[0] == 404
    for method, path, status in (
        ("GET", "/", 404),
        ("GET", f"/ocsp/{CA}", 405),
        ("PUT", f"/ocsp/{CA}", 405),
        ("GET", "/crl/sm2-issuing.crl", 404),
    ):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.request("POST", f"/ocsp/{CA}", body=b"x", headers={"Content-Type": "text/plain"})
    assert connection.getresponse().status == 415


def test_openssl_asks_the_listener(region: Region, listener: Listener, tmp_path: Path) -> None:
    """`openssl ocsp` as a client over HTTP, with its nonce and without."""
    made = region.issue(Suite.RSA, "seal-maker")
    issuing = write(tmp_path, "issuing.pem", pem(region.room.authority("rsa-issuing").certificate.der))
    root = write(tmp_path, "root.pem", pem(region.room.authority("rsa-root").certificate.der))
    leaf = write(tmp_path, "leaf.pem", pem(made.der))
    at = str(int(region.clock.now().timestamp()) + 60)
    base = ("ocsp", "-issuer", issuing, "-cert", leaf, "-CAfile", root, "-verify_other", issuing, "-attime", at)
    where = ("-url", f"http://127.0.0.1:{listener.port}/ocsp/rsa-issuing")
    for more in ((), ("-no_nonce",), ("-no_nonce",)):
        said = openssl(*base, *where, *more)
        assert "Response verify OK" in said
        assert "good\n\tThis Update: Nov 22 02:00:00 2026 GMT" in said  # its times are of the fixed clock


def test_curl_waits_for_continue(region: Region, listener: Listener, tmp_path: Path) -> None:
    made = region.issue(Suite.SM2, "code-signer")
    data = write(tmp_path, "question", request(region, Suite.SM2, made.serial))
    command = ["curl", "-s", "--data-binary", f"@{data}", "-H", "Expect: 100-continue"]
    command += ["-H", "Content-Type: application/ocsp-request", f"http://127.0.0.1:{listener.port}/ocsp/{CA}"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert read_ocsp_response(done.stdout).answers[0].status is CertStatus.GOOD


def test_many_at_once_each_get_their_own_answer(region: Region, listener: Listener) -> None:
    made = [region.issue(Suite.SM2, "code-signer") for _ in range(4)]

    def ask(number: int) -> bool:
        one = made[number % len(made)]
        more = nonce(number.to_bytes(8, "big")) if number % 3 == 0 else b""
        own = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        try:
            _, octets, _ = post(own, request(region, Suite.SM2, one.serial, extensions=more))
        finally:
            own.close()
        answer = read_ocsp_response(octets)
        wanted = number.to_bytes(8, "big") if number % 3 == 0 else None
        return (answer.answers[0].about.serial, answer.nonce) == (one.serial, wanted)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(64)))


def test_pipelined_questions_are_answered_in_order(region: Region, listener: Listener) -> None:
    made = [region.issue(Suite.SM2, "code-signer") for _ in range(3)]
    octets = b""
    for number, one in enumerate(made):
        body = request(region, Suite.SM2, one.serial)
        last = b"Connection: close\r\n" if number == 2 else b""
        head = b"POST /ocsp/sm2-issuing HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
        octets += head + last + b"Content-Length: %d\r\n\r\n" % len(body) + body
    said = talk(listener, octets)
    places = [said.index(one.serial.to_bytes(16, "big")) for one in made]
    assert places == sorted(places)
    assert said.count(b"HTTP/1.1 200 OK") == 3


def test_a_question_octet_by_octet_is_still_a_question(region: Region, listener: Listener) -> None:
    body = request(region, Suite.SM2, 4711)
    head = b"POST /ocsp/sm2-issuing HTTP/1.0\r\ncontent-type: application/ocsp-request\r\nCONTENT-LENGTH: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as one:
        for octet in head % len(body) + body:
            one.send(bytes([octet]))
        assert one.recv(65536).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /ocsp/x HTTP/2.0\r\n\r\n", b"400"),
        (b"GET ocsp HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\n Content-Length: 5\r\n\r\nhello", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\nX: a\nContent-Length: 5\r\n\r\nhello", b"400"),
        (b"POST /ocsp/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"501"),
        (b"POST /ocsp/x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"GET /" + b"x" * 9000, b"431"),
    ],
)
def test_what_two_servers_might_read_differently_is_refused(listener: Listener, octets: bytes, status: bytes) -> None:
    said = talk(listener, octets)
    assert said.startswith(b"HTTP/1.1 " + status)
    assert said.count(b"HTTP/1.1") == 1


def test_connections_that_say_nothing_are_dropped(
    region: Region, monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    monkeypatch.setattr(ocsp_listener, "IDLE_SECONDS", 0.0)
    with socket.create_connection(("127.0.0.1", listener.port), timeout=30) as one:
        one.sendall(b"GET /ocsp/")
        assert one.recv(1) == b""


def test_too_many_waiting_are_told_to_come_back(
    region: Region, monkeypatch: pytest.MonkeyPatch, connection: http.client.HTTPConnection
) -> None:
    monkeypatch.setattr(ocsp_listener, "MOST_WAITING", 0)
    status, _, headers = post(connection, request(region, Suite.SM2, 4711))
    assert (status, headers["Retry-After"]) == (503, "5")


def test_heads_are_read_in_any_case_and_spacing() -> None:
    head = read_head(b"POST /a HTTP/1.1\r\ncontent-LENGTH:  7 \r\nExpect: 100-Continue\r\n\r\nrest", 100)
    assert head == Head("POST", "/a", 7, "", keep_alive=True, expects=True, size=63)
    assert read_head(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 1).keep_alive  # type: ignore[union-attr]
    assert not read_head(b"GET / HTTP/1.0\r\n\r\n", 1).keep_alive  # type: ignore[union-attr]
    assert read_head(b"GET / HTTP/1.1\r\nHost: x\r\n", 1) is None
    assert read_head(b"GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n", 1) is Fault.TOO_LARGE
