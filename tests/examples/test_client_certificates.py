"""Certificate-bound tokens through a real proxy (客户端证书绑定令牌; RFC 8705): nginx ends TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from cryptography import x509

from foundation.principal import SYSTEM
from server.house import open_house
from server.sample import MARKET
from sso.client_certificates import thumbprint
from sso.clients import NewClient, add_client
from tests.examples.nginx import proxy, self_signed
from tests.region import Region, running_region

SECRET = "shared-between-proxy-and-region-0001"
CLIENT_ID = "market-machine"


@dataclass(frozen=True)
class Machine:
    """A department's program whose proof is its own certificate."""

    direct: str
    front: str
    trusted: Path
    certificate: Path
    key: Path
    stranger: tuple[Path, Path]

    def token(self, address: str, *, proof: tuple[Path, Path] | None, **headers: str) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "scope": "licence:read"}
        return requests.post(f"{address}/oauth2/token", data=form, headers=headers, timeout=30, **self._tls(proof))

    def licences(self, address: str, token: str, *, proof: tuple[Path, Path] | None, **headers: str) -> int:
        bearer = {"Authorization": f"Bearer {token}", **headers}
        url = f"{address}/api/v1/licence/licences"
        return requests.get(url, headers=bearer, timeout=30, **self._tls(proof)).status_code

    @property
    def own(self) -> tuple[Path, Path]:
        return self.certificate, self.key

    @property
    def typed(self) -> str:
        """The header as nginx would make it, typed by somebody who has the public certificate only."""
        return quote(self.certificate.read_text(encoding="ascii"))

    def _tls(self, proof: tuple[Path, Path] | None) -> dict[str, Any]:
        cert = None if proof is None else (str(proof[0]), str(proof[1]))
        return {"verify": str(self.trusted), "cert": cert}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("mtls")
    certificate, key = self_signed(folder, "machine")
    stranger = self_signed(folder, "stranger")
    with (
        running_region(folder / "home", YINXIN_WEB__PROXY_SECRET=SECRET) as region,
        proxy(folder, region.url, SECRET) as (front, trusted),
    ):
        _register(region, certificate)
        yield Machine(region.url, front, trusted, certificate, key, stranger)


def _register(region: Region, certificate: Path) -> None:
    new = NewClient(
        CLIENT_ID,
        "发证机器",
        "licence machine",
        MARKET.uscc,
        auth_method="self_signed_tls_client_auth",
        certificate_thumbprint=thumbprint(x509.load_pem_x509_certificate(certificate.read_bytes())),
        scopes=["licence:read"],
    )
    with open_house(region.settings) as house:
        add_client(house.ground, SYSTEM, new)


def test_a_token_got_by_certificate_works_only_with_it(machine: Machine) -> None:
    answer = machine.token(machine.front, proof=machine.own)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert machine.licences(machine.front, token, proof=machine.own) == 200
    assert machine.licences(machine.front, token, proof=None) == 401
    assert machine.licences(machine.front, token, proof=machine.stranger) == 401
    assert machine.licences(machine.direct, token, proof=None) == 401


def test_another_certificate_or_none_gets_no_token(machine: Machine) -> None:
    for proof in (None, machine.stranger):
        answer = machine.token(machine.front, proof=proof)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_typed_certificate_is_nobodys_proof(machine: Machine) -> None:
    """Past the proxy it lacks the secret; through the proxy both headers are overwritten."""
    typed = {"X-Client-Cert": machine.typed}
    guesses: tuple[dict[str, str], ...] = ({}, {"X-Proxy-Secret": ""}, {"X-Proxy-Secret": SECRET[:-1]})
    for guess in guesses:
        assert machine.token(machine.direct, proof=None, **typed, **guess).status_code == 401
    token = machine.token(machine.front, proof=machine.own).json()["access_token"]
    for guess in guesses:
        assert machine.licences(machine.direct, token, proof=None, **typed, **guess) == 401
    for extra in ({}, {"X-Proxy-Secret": SECRET}):
        assert machine.token(machine.front, proof=None, **typed, **extra).status_code == 401
        assert machine.licences(machine.front, token, proof=None, **typed, **extra) == 401
    assert machine.token(machine.direct, proof=None, **typed, **{"X-Proxy-Secret": SECRET}).status_code == 200
