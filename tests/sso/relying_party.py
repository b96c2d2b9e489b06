"""A department's system and a person's browser, written apart from the room they test."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from foundation.clock import Clock, FixedClock
from sso import sms

ISSUER = "http://127.0.0.1:8000"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PAGE = {"Accept": "text/html"}


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def query_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


class Browser:
    """Follows our pages as a browser does: cookies, forms with their token, redirects by hand."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http: FlaskClient = app.test_client()

    def get(self, url: str, **values: Any) -> TestResponse:
        return self.http.get(url, headers=PAGE, **values)

    def post(self, url: str, data: dict[str, Any], **values: Any) -> TestResponse:
        return self.http.post(url, data=data, headers=PAGE, **values)

    def submit(self, page: TestResponse, url: str, **fields: Any) -> TestResponse:
        return self.post(url, {**hidden(page), **fields})

    def log_in(self, identifier: str, password: str, start: str = "/login") -> TestResponse:
        """Password and SMS code; the answer to the code."""
        clock = self.app.extensions["yinxin"].ground.clock
        if isinstance(clock, FixedClock):
            clock.advance(milliseconds=1)  # so that the newest message is the newest
        first = self.submit(self.get(start), start, identifier=identifier, password=password)
        assert first.status_code == 303, first.text
        second = self.get(first.location)
        assert second.status_code == 200, second.text
        return self.submit(second, "/login/code", code=newest_code(self.app))


def hidden(page: TestResponse) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text):
        found.setdefault(name, [])
        if html.unescape(value) not in found[name]:
            found[name].append(html.unescape(value))
    return found


def newest_code(app: Flask) -> str:
    return re.search(r"验证码 (\d{6})", sms.outbox(app.extensions["yinxin"].ground)[0].text)[1]  # type: ignore[index]


@dataclass
class Flow:
    """What a system keeps between sending a person off and having them back."""

    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str | None = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str | None = field(default_factory=lambda: secrets.token_urlsafe(16))


class RelyingParty:
    def __init__(self, app: Flask, client_id: str, *, clock: Clock) -> None:
        self.app = app
        self.client_id = client_id
        self.clock = clock
        self.redirect_uri = f"https://{client_id}.example/back"
        self.goodbye_uri = f"https://{client_id}.example/goodbye"
        self.key = ECKey.import_key(ec_pem())
        public = {name: str(value) for name, value in self.key.as_dict(private=False).items()}
        self.kid = public["kid"] = f"{client_id}-1"
        self.jwk = {name: public[name] for name in ("kty", "crv", "x", "y", "kid")}
        self.http = app.test_client(use_cookies=False)

    def url(self, flow: Flow, **changes: str | None) -> str:
        values: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return "/oauth2/authorize?" + urlencode({name: value for name, value in values.items() if value is not None})

    def assertion(self, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(self.clock.now().timestamp())
        values = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
            **claims,
        }
        body = {name: value for name, value in values.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.kid, **(header or {})}, body, self.key)

    def authentication(self, **claims: Any) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION, "client_assertion": self.assertion(**claims)}

    def redeem(self, code: str, flow: Flow, **changes: str | None) -> TestResponse:
        values: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": flow.verifier,
            **self.authentication(),
            **changes,
        }
        return self.http.post(
            "/oauth2/token", data={name: value for name, value in values.items() if value is not None}
        )

    def program(self, scope: str | None = None, **changes: Any) -> TestResponse:
        """A token for the department itself."""
        values: dict[str, Any] = {
            "grant_type": "client_credentials",
            **self.authentication(),
            "scope": scope,
            **changes,
        }
        return self.http.post(
            "/oauth2/token", data={name: value for name, value in values.items() if value is not None}
        )

    def userinfo(self, access_token: str) -> TestResponse:
        return self.http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def sign_in(self, browser: Browser, flow: Flow | None = None, **changes: str | None) -> dict[str, Any]:
        """A whole flow for somebody who is logged in already; the token response."""
        flow = flow or Flow()
        answer = browser.get(self.url(flow, **changes))
        assert answer.status_code == 303, answer.text
        back = query_of(answer.location)
        assert "code" in back, back
        response = self.redeem(back["code"], flow)
        assert response.status_code == 200, response.text
        return dict(response.json or {})

    def jwks(self) -> dict[str, Any]:
        return dict(self.http.get("/oauth2/jwks").json or {})


def ec_pem() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def fragment_free(location: str) -> bool:
    return not urlsplit(location).fragment and all(len(v) == 1 for v in parse_qs(urlsplit(location).query).values())
