"""Other people's libraries (第三方库互操作): one completes the flow, all verify ID tokens, none a spoilt one."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jose import JWTError
from jose import jwt as python_jose
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from foundation.principal import SYSTEM
from server.house import open_house
from server.sample import MARKET
from sso.clients import NewClient, add_client
from tests.examples.conftest import NAME, ROOT, node
from tests.region import Region
from tests.visitor import Visitor

BACK = "http://127.0.0.1:9/back"


@dataclass(frozen=True)
class Issued:
    """What openid-client accepted, and where others find the keys."""

    alg: str
    client_id: str
    issuer: str
    answer: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.answer["idToken"])

    @property
    def jwks_uri(self) -> str:
        return f"{self.issuer}/oauth2/jwks"

    def jwks(self) -> list[dict[str, str]]:
        keys: list[dict[str, str]] = requests.get(self.jwks_uri, timeout=30).json()["keys"]
        return keys


@contextmanager
def openid_client(settings: dict[str, Any]) -> Iterator[tuple[Callable[[dict[str, Any]], None], IO[str]]]:
    command = ["node", str(ROOT / "tests" / "node" / "openid_client.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told = process.stdin

        def say(value: dict[str, Any]) -> None:
            told.write(json.dumps(value) + "\n")
            told.flush()

        try:
            say(settings)
            yield say, process.stdout
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def issued(region: Region, resident: Visitor, request: pytest.FixtureRequest) -> Issued:
    """A flow driven by npm openid-client, with a person in between."""
    alg = str(request.param)
    client_id = f"foreign-{secrets.token_hex(4)}"  # pytest may make this fixture more than once
    key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
    public = {**key.as_dict(private=False), "kid": "foreign"}
    new = NewClient(
        client_id,
        "外部库",
        "foreign library",
        MARKET.uscc,
        [BACK],
        jwks=[public],
        scopes=["openid", "profile", "phone", "licence:read"],
        id_token_alg=alg,
        consent_free=True,
    )
    with open_house(region.settings) as house:
        add_client(house.ground, SYSTEM, new)
    settings = {"issuer": region.url, "clientId": client_id, "alg": alg, "redirectUri": BACK}
    private = {**key.as_dict(private=True), "kid": "foreign"}
    with openid_client(settings | {"key": private}) as (say, heard):
        first = json.loads(heard.readline())
        assert first["usesPkce"] is True
        sent = resident.http.get(first["address"], allow_redirects=False, timeout=30)
        assert sent.headers["Location"].startswith(BACK), sent.text
        say({"back": sent.headers["Location"]})
        answer = json.loads(heard.readline())
    return Issued(alg, client_id, region.url, answer)


def by_npm_jose(issued: Issued, token: str) -> str:
    given = {"token": token, "jwksUri": issued.jwks_uri, "issuer": issued.issuer, "audience": issued.client_id}
    done = node("verify_id_token.mjs", given=json.dumps(given | {"alg": issued.alg}))
    answer = json.loads(done.stdout)
    if done.returncode:
        raise Refused(answer["refused"])
    return str(answer["sub"])


def by_python_jose(issued: Issued, token: str) -> str:
    """With its three safe settings, and the key as a JWK."""
    try:
        kid = python_jose.get_unverified_header(token)["kid"]
        key = next(key for key in issued.jwks() if key["kid"] == kid)
        options = {"verify_at_hash": False}  # the access token is not at hand
        claims = python_jose.decode(
            token, key, algorithms=[issued.alg], audience=issued.client_id, issuer=issued.issuer, options=options
        )
    except (JWTError, StopIteration) as error:
        raise Refused(str(error)) from error
    return str(claims["sub"])


def by_joserfc(issued: Issued, token: str) -> str:
    keys = KeySet.import_key_set({"keys": issued.jwks()})  # type: ignore[typeddict-item]
    try:
        claims = joserfc_jwt.decode(token, keys, algorithms=[issued.alg]).claims
        rules = joserfc_jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issued.issuer}, aud={"essential": True, "value": issued.client_id}
        )
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        raise Refused(str(error)) from error
    return str(claims["sub"])


class Refused(Exception):  # noqa: N818 - what the library did
    """Whatever name the library has for it."""


VERIFIERS = pytest.mark.parametrize("verify", [by_npm_jose, by_python_jose, by_joserfc])


@pytest.mark.node
def test_openid_client_completes_the_flow(issued: Issued) -> None:
    claims, person = issued.answer["claims"], issued.answer["userinfo"]
    assert (claims["iss"], claims["aud"]) == (issued.issuer, issued.client_id)
    assert (person["sub"], person["name"]) == (claims["sub"], NAME)
    assert person["phone_number"].startswith("+8613900000")
    assert issued.answer["programScope"] == "licence:read"


@pytest.mark.node
@VERIFIERS
def test_a_foreign_library_verifies_the_id_token(issued: Issued, verify: Callable[[Issued, str], str]) -> None:
    assert verify(issued, issued.token) == issued.answer["claims"]["sub"]


@pytest.mark.node
@VERIFIERS
@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
def test_a_foreign_library_refuses_a_flipped_byte(
    issued: Issued, verify: Callable[[Issued, str], str], part: int
) -> None:
    with pytest.raises(Refused):
        verify(issued, flipped(issued.token, part))


@pytest.mark.node
@VERIFIERS
def test_a_foreign_library_refuses_another_audience(issued: Issued, verify: Callable[[Issued, str], str]) -> None:
    other = Issued(issued.alg, "department-z", issued.issuer, issued.answer)
    with pytest.raises(Refused):
        verify(other, issued.token)


def flipped(token: str, part: int) -> str:
    """One character in the middle changed to its neighbour: one bit of the octets, still base64url."""
    parts = token.split(".")
    text = parts[part]
    at = len(text) // 2
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    parts[part] = text[:at] + alphabet[alphabet.index(text[at]) ^ 1] + text[at + 1 :]
    return ".".join(parts)
