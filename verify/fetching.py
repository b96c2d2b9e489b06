"""Fetching over HTTP (受控联网获取), off unless hosts are listed: resolve, check the address, connect to that very one.

No redirects, one short deadline over everything, small answers, nothing inside our own networks unless listed by name
and network (T33, forged requests from the server). What is fetched is a candidate for validation and nothing more.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import SplitResult, urlsplit

import structlog

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
log = structlog.get_logger("verify")
MOST_HEAD = 16 * 1024
MOST_URL = 1024
_PART = 64 * 1024


class _Refused(Exception):  # noqa: N818 - never leaves this module; its text goes to the log
    pass


def resolve(host: str, port: int) -> Sequence[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]).partition("%")[0] for answer in answers]


@dataclass(frozen=True)
class Fetcher:
    """`verify.times.online.Transport`. `hosts`: names that may be asked, `host` or `host:port`; none: off."""

    hosts: frozenset[str]
    networks: tuple[Network, ...] = ()
    """Private networks that may be reached all the same."""
    seconds: float = 5.0
    most: int = 4 * 1024 * 1024
    resolver: Resolver = resolve
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def get(self, url: str) -> bytes | None:
        return self._ask(url, b"GET", b"", "")

    def post(self, url: str, body: bytes, kind: str) -> bytes | None:
        return self._ask(url, b"POST", body, kind)

    def _ask(self, url: str, method: bytes, body: bytes, kind: str) -> bytes | None:
        ends = monotonic() + self.seconds
        try:
            where = self._allowed(url)
            port = where.port or (443 if where.scheme == "https" else 80)
            address = self._address(where.hostname or "", port, ends)
            with self._connect(where, address, port, ends) as connection:
                connection.sendall(_request(where, method, body, kind))
                return self._answer(connection, ends)
        except (OSError, ValueError, _Refused) as error:
            # an exception's text may repeat what the far side sent
            why = str(error) if isinstance(error, _Refused) else type(error).__name__
            log.info("verify.not_fetched", why=why)
            return None

    def _allowed(self, url: str) -> SplitResult:
        if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise _Refused("address")
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or where.username is not None or where.hostname is None:
            raise _Refused("address")
        usual = 443 if where.scheme == "https" else 80
        named = where.hostname if where.port in (None, usual) else f"{where.hostname}:{where.port}"
        if named not in self.hosts:
            raise _Refused("host is not listed")
        return where

    def _address(self, host: str, port: int, ends: float) -> str:
        """The first address, provided that all of them may be reached: no second look-up can lead elsewhere."""
        pool = ThreadPoolExecutor(1)
        try:
            found = list(pool.submit(self.resolver, host, port).result(_left(ends)))
        except NotInTime as error:
            raise _Refused("name service is slow") from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not found or not all(map(self._reachable, found)):
            raise _Refused("address is not allowed")
        return found[0]

    def _reachable(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        plain = getattr(address, "ipv4_mapped", None) or address
        listed = any(plain in network for network in self.networks if network.version == plain.version)
        return listed or (plain.is_global and not plain.is_multicast)

    def _connect(self, where: SplitResult, address: str, port: int, ends: float) -> socket.socket:
        connection = socket.create_connection((address, port), timeout=_left(ends))
        if where.scheme == "http":
            return connection
        pool = ThreadPoolExecutor(1)
        try:  # a handshake dripped octet by octet would outlive any timeout of the socket
            shaken = pool.submit(self.context.wrap_socket, connection, server_hostname=where.hostname)
            return shaken.result(_left(ends))
        except BaseException as error:
            with suppress(OSError):
                connection.close()
            if isinstance(error, NotInTime):
                raise _Refused("too slow") from error
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, connection: socket.socket, ends: float) -> bytes:
        data = bytearray()
        while b"\r\n\r\n" not in data:
            if len(data) > MOST_HEAD:
                raise _Refused("head is too long")
            if not _read_more(connection, data, ends):
                raise _Refused("answer is cut off")
        head, _, rest = bytes(data).partition(b"\r\n\r\n")
        length = _length(head)
        if length is not None and length > self.most:
            raise _Refused("answer is too large")
        body = bytearray(rest)
        while length is None or len(body) < length:
            if len(body) > self.most:
                raise _Refused("answer is too large")
            if not _read_more(connection, body, ends):
                break
        if len(body) > self.most or (length is not None and len(body) != length):
            raise _Refused("answer is not as long as it says")
        return bytes(body)


def _request(where: SplitResult, method: bytes, body: bytes, kind: str) -> bytes:
    """HTTP/1.0: the answer ends with the connection and comes in one piece."""
    target = (where.path or "/") + (f"?{where.query}" if where.query else "")
    lines = [f"{method.decode()} {target} HTTP/1.0", f"Host: {where.netloc}", "User-Agent: yinxin", "Accept: */*"]
    if body:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _length(head: bytes) -> int | None:
    """Content-Length of a plain 200; anything else, above all a redirect, is refused."""
    status, *lines = head.split(b"\r\n")
    parts = status.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or parts[1] != b"200":
        raise _Refused("status is not 200")
    length: int | None = None
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"transfer-encoding", b"content-encoding"):
            raise _Refused("answer is encoded")
        if name.strip().lower() == b"content-length":
            if length is not None or not value.strip().isdigit() or len(value.strip()) > 12:
                raise _Refused("length of the answer")
            length = int(value)
    return length


def _read_more(connection: socket.socket, data: bytearray, ends: float) -> bool:
    connection.settimeout(_left(ends))
    part = connection.recv(_PART)
    data += part
    return bool(part)


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise _Refused("too slow")
    return left
