"""Department A against an issuer that lies (伪造的令牌): each check of its ID token refuses by itself.

The issuer is a real server with a key of its own that speaks the protocol, so that it can say what ours never would.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask import Flask, request
from jose import jwk, jwt
from werkzeug.serving import make_server

from tests.examples.conftest import EXAMPLES

sys.path.append(str(EXAMPLES / "department_a"))
import identity
import own_key

CLIENT, BACK = "department-a", "http://127.0.0.1:9/back"
Token = Callable[["Liar", dict[str, Any]], str]


class Liar:
    """An issuer whose ID token is whatever `token` makes of the honest claims."""

    def __init__(self) -> None:
        self.token: Token = Liar.sign
        self.person = "her"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.app = Flask("liar")
        self.app.get("/.well-known/openid-configuration")(self.metadata)
        self.app.get("/jwks")(self.jwks)
        self.app.post("/token")(self.answer)
        self.app.get("/userinfo")(lambda: {"sub": self.person, "name": "白渚"})
        self.url = ""
        self.nonce = ""

    def metadata(self) -> dict[str, str]:
        ends = {"token_endpoint": "/token", "jwks_uri": "/jwks", "userinfo_endpoint": "/userinfo"}
        return {"issuer": self.url} | {name: self.url + path for name, path in ends.items()}

    def jwks(self) -> dict[str, Any]:
        return {"keys": [jwk.construct(self.public_pem, "RS256").to_dict() | {"kid": "k", "alg": "RS256"}]}

    @property
    def public_pem(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def answer(self) -> dict[str, str]:
        assert request.form["code_verifier"]
        assert request.form["client_assertion"]
        now = int(time.time())
        claims = {"iss": self.url, "sub": "her", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": self.nonce}
        return {"access_token": "opaque", "id_token": self.token(self, claims)}

    def sign(self, claims: dict[str, Any], *, bound_to: str = "opaque", kid: str = "k") -> str:
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return str(jwt.encode(claims, pem, algorithm="RS256", headers={"kid": kid}, access_token=bound_to))


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(liar: Liar, claims: dict[str, Any]) -> str:
    del liar
    return f"{_segment({'alg': 'none', 'kid': 'k'})}.{_segment(claims)}."


def by_public_key(liar: Liar, claims: dict[str, Any]) -> str:
    """HS256 with what everybody can read as the secret."""
    secret = base64.b64encode(liar.public_pem.encode()).decode()
    return str(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "k"}, access_token="opaque"))


LIES: dict[str, tuple[Token, str]] = {
    "unsigned": (unsigned, "alg value is not allowed"),
    "signed with the public key": (by_public_key, "alg value is not allowed"),
    "unpublished key": (lambda liar, claims: liar.sign(claims, kid="other"), "does not publish"),
    "another nonce": (lambda liar, claims: liar.sign(claims | {"nonce": "replayed"}), "nonce is not ours"),
    "no nonce": (lambda liar, claims: liar.sign(claims | {"nonce": None}), "nonce is not ours"),
    "another audience": (lambda liar, claims: liar.sign(claims | {"aud": "department-b"}), "audience"),
    "another issuer": (lambda liar, claims: liar.sign(claims | {"iss": "https://evil.example"}), "issuer"),
    "expired": (lambda liar, claims: liar.sign(claims | {"exp": int(time.time()) - 60}), "expired"),
    "another access token": (lambda liar, claims: liar.sign(claims, bound_to="stolen"), "at_hash"),
    "no at_hash": (lambda liar, claims: liar.sign(claims, bound_to=""), "at_hash"),
}
"""What is said, and what must be found wrong with it."""


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    made = Liar()
    server = make_server("127.0.0.1", 0, made.app, threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def finish(liar: Liar, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """Department A taking an answer for a login it began."""
    key = own_key.load(tmp_path_factory.mktemp("a") / "private.json")
    department = identity.Identity(liar.url, CLIENT, key, BACK)
    flow = identity.Flow()
    liar.nonce, liar.token, liar.person = flow.nonce, Liar.sign, "her"
    return lambda: department.finish(flow, {"state": flow.state, "iss": liar.url, "code": "c"})


def test_an_honest_token_is_taken(finish: Callable[[], Any]) -> None:
    person = finish()
    assert (person.subject, person.name) == ("her", "白渚")


@pytest.mark.parametrize(("lie", "why"), LIES.values(), ids=LIES.keys())
def test_a_lie_is_refused(liar: Liar, finish: Callable[[], Any], lie: Token, why: str) -> None:
    liar.token = lie
    with pytest.raises(identity.Refused, match=why):
        finish()


def test_userinfo_about_somebody_else_is_refused(liar: Liar, finish: Callable[[], Any]) -> None:
    liar.person = "him"
    with pytest.raises(identity.Refused, match="different people"):
        finish()


def test_metadata_of_another_issuer_are_refused(liar: Liar, finish: Callable[[], Any]) -> None:
    honest, liar.url = liar.url, "http://127.0.0.1:1"
    try:
        with pytest.raises(identity.Refused, match="another issuer"):
            identity.Identity(honest, CLIENT, {}, BACK).metadata()
    finally:
        liar.url = honest
