"""What may be fetched, from where, and what an unfriendly server can do: nothing but be refused."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_network

import pytest

from tests.verify.fetching.servers import Behave, Server, plain, serving
from verify.fetching import Fetcher

_stop = threading.Event()
LOCAL = (ip_network("127.0.0.0/8"),)


def fetcher(server: Server, **changes: object) -> Fetcher:
    told = {
        "hosts": frozenset({f"ca.example:{server.port}"}),
        "networks": LOCAL,
        "seconds": 1.0,
        "most": 100_000,
        "resolver": lambda *_: ["127.0.0.1"],
        **changes,
    }
    return Fetcher(**told)  # type: ignore[arg-type]


def url(server: Server, path: str = "/list.crl") -> str:
    return f"http://ca.example:{server.port}{path}"


def test_a_listed_host_is_asked_for_exactly_this() -> None:
    with serving(plain(b"list")) as server:
        assert fetcher(server).get(url(server, "/a/list.crl?x=1")) == b"list"
        assert fetcher(server).post(url(server, "/ocsp"), b"question", "application/ocsp-request") == b"list"
    first, second = server.asked
    assert first.startswith(b"GET /a/list.crl?x=1 HTTP/1.0\r\n")
    assert second.endswith(b"\r\n\r\nquestion")


@pytest.mark.parametrize(
    "address",
    [
        "http://other.example:{port}/x",
        "http://ca.example/x",
        "ftp://ca.example:{port}/x",
        "file:///etc/passwd",
        "ldap://ca.example:{port}/cn=x",
        "http://ca.example:{port}@other.example/x",
        "http://user@ca.example:{port}/x",
        "http://ca.example:{port}/x\r\nHost: other",
        "http://127.0.0.1:{port}/x",
        "http://ca.example:{port}/" + "x" * 2000,
        "http://[::1",
    ],
)
def test_anything_else_is_never_asked(address: str) -> None:
    with serving(plain(b"secret")) as server:
        assert fetcher(server).get(address.format(port=server.port)) is None
    assert server.asked == []


def test_nothing_listed_nothing_fetched() -> None:
    with serving(plain(b"x")) as server:
        assert fetcher(server, hosts=frozenset()).get(url(server)) is None
    assert server.asked == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["0.0.0.0"],  # noqa: S104 - an address to be refused

     ["224.0.0.1"], ["fe80::1"], ["::1"], [], ["not an address"]],
    ids=lambda found: "+".join(found) or "none",
)  # fmt: skip
def test_names_that_lead_inside_are_refused(addresses: list[str]) -> None:
    with serving(plain(b"secret")) as server:
        asked = fetcher(server, networks=(), resolver=lambda *_: addresses)
        assert asked.get(url(server)) is None
    assert server.asked == []


def test_a_name_that_changes_after_the_look_leads_nowhere() -> None:
    """Rebinding: the address that was checked is the one that is connected to; the name is looked up once."""
    looked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        looked.append(f"{host}:{port}")
        return ["127.0.0.1"] if len(looked) == 1 else ["127.66.66.66"]

    with serving(plain(b"list")) as server:
        one = fetcher(server, networks=(ip_network("127.0.0.1/32"),), resolver=rebinding)
        assert one.get(url(server)) == b"list"
        assert len(looked) == 1
        assert one.get(url(server)) is None  # the next question checks the next address
    assert len(server.asked) == 1


def drip(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\nX: ")
    for _ in range(200):
        connection.sendall(b"a")
        if _stop.wait(0.05):
            return


def drip_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"a")
        if _stop.wait(0.05):
            return


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"a" * 65536)


def endless_head(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.0 200 OK\r\n")
    while True:
        connection.sendall(b"X-Y: z\r\n" * 1000)


REDIRECT = plain(b"", status="302 Found", more="Location: http://169.254.169.254/latest/meta-data\r\n")
BAD: dict[str, Behave] = {
    "redirect": REDIRECT,
    "redirect-301": plain(b"x", status="301 Moved", more="Location: /elsewhere\r\n"),
    "error": plain(b"x", status="500 Oops"),
    "huge": plain(b"", more="Content-Length: 99999999999\r\n", length=False),
    "endless": endless,
    "endless head": endless_head,
    "drip": drip,
    "drip body": drip_body,
    "cut": plain(b"abc", more="Content-Length: 10\r\n", length=False),
    "two lengths": plain(b"abc", more="Content-Length: 5\r\n"),
    "chunked": plain(b"3\r\nabc\r\n0\r\n\r\n", more="Transfer-Encoding: chunked\r\n", length=False),
    "packed": plain(b"abc", more="Content-Encoding: gzip\r\n"),
    "no http": lambda connection, _: connection.sendall(b"220 mail ready\r\n\r\n"),
    "nothing": lambda *_: None,
}


@pytest.mark.parametrize("kind", list(BAD))
def test_an_unfriendly_server_is_left_alone(kind: str) -> None:
    _stop.clear()
    with serving(BAD[kind]) as server:
        assert fetcher(server, seconds=0.6).get(url(server)) is None
        assert len(server.asked) == 1
    _stop.set()


def test_a_slow_name_service_is_not_waited_for() -> None:
    def slow(host: str, port: int) -> list[str]:
        _stop.wait(5)
        return ["127.0.0.1"]

    _stop.clear()
    with serving(plain(b"x")) as server:
        assert fetcher(server, seconds=0.3, resolver=slow).get(url(server)) is None
        _stop.set()
    assert server.asked == []


def wait(*_: object) -> None:
    _stop.wait(2)


def test_a_handshake_that_never_ends_is_cut() -> None:
    with serving(wait) as server:
        _stop.clear()
        one = fetcher(server, seconds=0.5)
        assert one.get(f"https://ca.example:{server.port}/x") is None
        _stop.set()
