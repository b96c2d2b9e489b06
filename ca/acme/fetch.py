"""Fetching the proof of http-01 (RFC 8555 8.3): resolve, check the address, then connect to that very address.

The requester chooses the name, so where we connect is the region's choice: only networks on the allow-list, no
redirects, one port, a short deadline, a small answer (T33, forged requests from the server).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from ca.acme.problems import AcmeError
from foundation.text import Text

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MOST_OCTETS = 1024
_PATH = "/.well-known/acme-challenge/"


@dataclass(frozen=True)
class Fetcher:
    networks: tuple[Network, ...]
    """Where proofs may be fetched from; none: http-01 is off."""
    port: int = 80
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Addresses of names that no DNS of ours knows."""
    seconds: float = 10.0

    @classmethod
    def of(cls, networks: Sequence[str], port: int, hosts: Mapping[str, str], seconds: float) -> Fetcher:
        return cls(tuple(ipaddress.ip_network(one) for one in networks), port, dict(hosts), seconds)

    def key_authorization(self, name: str, token: str) -> bytes:
        """The body at the well-known address, at most 1 KiB. Raises `AcmeError` with what went wrong."""
        ends = monotonic() + self.seconds
        connection = http.client.HTTPConnection(self._address(name), self.port, timeout=self.seconds)
        try:
            host = name if self.port == 80 else f"{name}:{self.port}"
            connection.request("GET", _PATH + token, headers={"Host": host, "User-Agent": "yinxin-acme"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise _failed(
                    "connection", f"HTTP {answer.status}（不跟随跳转）", f"HTTP {answer.status}; no redirects"
                )
            body = b""
            while len(body) <= _MOST_OCTETS and (part := answer.read1(_MOST_OCTETS + 1 - len(body))):
                if monotonic() > ends:
                    raise _failed("connection", "应答太慢", "the answer came too slowly")
                body += part
        except (OSError, http.client.HTTPException) as error:
            kind = type(error).__name__  # an exception's text may repeat what the far side sent
            raise _failed("connection", f"连接失败（{kind}）", f"the connection failed ({kind})") from error
        finally:
            connection.close()
        if len(body) > _MOST_OCTETS:
            raise _failed("incorrectResponse", "应答过大", "the answer is too large")
        return body.rstrip()

    def _address(self, name: str) -> str:
        """The first address of `name`, provided all of them are allowed: no second answer can lead elsewhere."""
        found = self._resolve(name)
        for text in found:
            address = ipaddress.ip_address(text)
            mapped = getattr(address, "ipv4_mapped", None) or address
            if not any(mapped in network for network in self.networks):
                raise _failed(
                    "unauthorized", f"地址 {text} 不在允许的网段内", f"the address {text} is not in an allowed network"
                )
        return found[0]

    def _resolve(self, name: str) -> list[str]:
        fixed = self.hosts.get(name)
        if fixed is not None:
            return [fixed]
        try:
            answers = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise _failed("dns", "域名无法解析", "the name does not resolve") from error
        return [str(answer[4][0]).partition("%")[0] for answer in answers]


def _failed(kind: str, zh: str, en: str) -> AcmeError:
    return AcmeError(kind, Text(f"无法取得证明文件：{zh}。", f"The proof could not be fetched: {en}."))
