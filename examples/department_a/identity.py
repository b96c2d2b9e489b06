"""What a department's system asks of 印信 (统一身份认证接入): OpenID Connect Core 3.1, RFC 7636, RFC 7523, RFC 9207.

Everything is taken from the metadata; every check of an ID token is written out where a reader can see it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from jose import JWTError, jwt

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SECONDS = 10
_REQUIRED = {f"require_{name}": True for name in ("aud", "iat", "exp", "iss", "sub", "at_hash")}


class Refused(Exception):  # noqa: N818 - a sentence is shown, not a class name
    """The login or the call is not to be believed; the text says why."""


@dataclass(frozen=True)
class Flow:
    """Kept on our side between sending a person off and having them back."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Person:
    subject: str
    name: str
    id_token: str


class Identity:
    """One registered client at one issuer."""

    def __init__(self, issuer: str, client_id: str, key: dict[str, str], redirect_uri: str) -> None:
        self.issuer, self.client_id, self.redirect_uri = issuer, client_id, redirect_uri
        self._key = key
        self._metadata: dict[str, Any] = {}
        self._jwks: dict[str, dict[str, str]] = {}
        self._jwks_read = 0.0

    def metadata(self) -> dict[str, Any]:
        """Discovery 4.3: the issuer must be, letter by letter, the one we were told."""
        if not self._metadata:
            found = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=_SECONDS).json()
            if found.get("issuer") != self.issuer:
                raise Refused("the metadata belong to another issuer")
            self._metadata = found
        return self._metadata

    def login_url(self, flow: Flow, scope: str) -> str:
        asked = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.metadata()['authorization_endpoint']}?{urlencode(asked)}"

    def finish(self, flow: Flow, answer: dict[str, str]) -> Person:
        """From the browser's return to a proved person. Raises `Refused`."""
        if not hmac.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
            raise Refused("state is not ours: this return belongs to no login begun in this browser")
        if answer.get("iss") != self.issuer:
            raise Refused("the answer comes from another issuer (RFC 9207)")
        if "code" not in answer:
            raise Refused(f"no login: {answer.get('error', 'no code came back')}")
        given = {"code": answer["code"], "redirect_uri": self.redirect_uri, "code_verifier": flow.verifier}
        tokens = {"id_token": ""} | self.token("authorization_code", given)
        claims = self._proved(tokens["id_token"], tokens["access_token"], flow.nonce)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        told = requests.get(self.metadata()["userinfo_endpoint"], headers=bearer, timeout=_SECONDS).json()
        if told.get("sub") != claims["sub"]:  # Core 5.3.2
            raise Refused("UserInfo and ID token name different people")
        return Person(claims["sub"], str(told.get("name", "")), tokens["id_token"])

    def token(self, grant: str, given: dict[str, str]) -> dict[str, Any]:
        """The token endpoint, authenticated by private_key_jwt."""
        proof = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": self._assertion()}
        form = {"grant_type": grant, **given, **proof}
        answer = requests.post(self.metadata()["token_endpoint"], data=form, timeout=_SECONDS)
        if answer.status_code != requests.codes.ok:
            raise Refused(f"the token endpoint said {answer.status_code}: {answer.text[:200]}")
        tokens: dict[str, Any] = answer.json()
        return tokens

    def logout_url(self, person: Person, back: str, state: str) -> str:
        """RP-Initiated Logout 2: the ID token shows which login is to end."""
        asked = {"id_token_hint": person.id_token, "post_logout_redirect_uri": back, "state": state}
        return f"{self.metadata()['end_session_endpoint']}?{urlencode(asked)}"

    def _assertion(self) -> str:
        """RFC 7523 3: short-lived, for this issuer alone, never used twice."""
        now = int(time.time())
        who = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer}
        claims = {**who, "iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}
        made: str = jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._key["kid"]})
        return made

    def _proved(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        """Core 3.1.3.7. python-jose is safe with three settings: one named algorithm, the audience, the issuer;
        and with a key that is a JWK, so that no text could ever be taken for a shared secret.
        """
        try:
            key = self._key_named(str(jwt.get_unverified_header(id_token).get("kid")))
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=["RS256"],
                audience=self.client_id,
                issuer=self.issuer,
                access_token=access_token,
                options=_REQUIRED | {"leeway": 30},
            )
        except JWTError as error:
            raise Refused(f"the ID token is not valid: {error}") from error
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise Refused("nonce is not ours: the ID token was made for another login")
        return claims

    def _key_named(self, kid: str) -> dict[str, str]:
        """From the JWKS alone. An unknown name makes us read it again, for keys rotate; once a minute at most."""
        if not self._jwks_read or (kid not in self._jwks and time.monotonic() - self._jwks_read > 60):
            keys = requests.get(self.metadata()["jwks_uri"], timeout=_SECONDS).json()["keys"]
            self._jwks = {key["kid"]: key for key in keys if key["kty"] == "RSA" and key["alg"] == "RS256"}
            self._jwks_read = time.monotonic()
        if kid not in self._jwks:
            raise Refused("the ID token names a key that the issuer does not publish")
        return self._jwks[kid]
