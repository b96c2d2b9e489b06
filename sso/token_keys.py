"""Signing keys of tokens (令牌签名密钥): which is used now, which are published, and signing through `hsm`.

A new key is published before it is used and stays published after it is replaced, so no department ever meets a
`kid` it cannot find (OpenID Connect Core 10.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from foundation.ground import Ground
from foundation.principal import Principal
from hsm.keys import Algorithm, Purpose
from hsm.signing import Signer, ToBeSigned
from hsm.store import KeyStore
from sso import jose, jwks
from sso.protocol_models import TokenKey
from sso.secrets_at_rest import put_once

ALGORITHMS = {"RS256": Algorithm.RSA_2048, "ES256": Algorithm.P256}
PUBLISHED_AHEAD = timedelta(minutes=15)
PUBLISHED_AFTER = timedelta(days=2)
"""Longer than any session, so an old ID token still serves as `id_token_hint`."""
CACHED = timedelta(seconds=30)


@dataclass(frozen=True)
class _Entry:
    alg: str
    kid: str
    use_from: datetime
    publish_until: datetime | None
    signer: Signer
    jwk: dict[str, str]


class TokenKeys:
    """A short-lived reading of the key table; the only way `sso` reaches a signer."""

    def __init__(self, ground: Ground, keys: KeyStore) -> None:
        self._ground = ground
        self._keys = keys
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._entries: tuple[_Entry, ...] = ()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [entry.jwk for entry in self._published()]}

    def verification_keys(self) -> Mapping[str, jose.VerificationKey]:
        return jwks.keys_of([entry.jwk for entry in self._published()])

    def sign(self, claims: Mapping[str, Any], *, alg: str, intent: str, typ: str = "JWT") -> str:
        """A compact JWS over `claims`. `intent` names the committed row this signature carries out."""
        published = self._published()
        now = self._ground.clock.now()  # after reading: the very first key begins in that moment
        ready = [entry for entry in published if entry.alg == alg and entry.use_from <= now]
        entry = max(ready, key=lambda each: each.use_from)
        signed = jose.signing_input({"alg": alg, "typ": typ, "kid": entry.kid}, claims)
        signature = entry.signer.sign(ToBeSigned(Purpose.TOKEN, signed, intent))
        return jose.compact(signed, alg, signature)

    def forget(self) -> None:
        """Read the table again at the next use; a rotation calls it."""
        self._read_at = None

    def _published(self) -> tuple[_Entry, ...]:
        now = self._ground.clock.now()
        with self._lock:
            if self._read_at is None or not timedelta() <= now - self._read_at < CACHED:
                self._entries, self._read_at = self._read(now), now
            return tuple(e for e in self._entries if e.publish_until is None or e.publish_until > now)

    def _read(self, now: datetime) -> tuple[_Entry, ...]:
        rows = self._rows()
        if {row.alg for row in rows} != set(ALGORITHMS):
            self._begin(now)
            rows = self._rows()
        return tuple(self._entry(row) for row in rows)

    def _rows(self) -> list[TokenKey]:
        with self._ground.db.read() as session:
            return list(session.scalars(select(TokenKey).order_by(TokenKey.use_from, TokenKey.name)))

    def _entry(self, row: TokenKey) -> _Entry:
        signer = self._keys.signer(row.name)
        kid = jwks.thumbprint(signer.ref.spki)
        jwk = jwks.from_spki(signer.ref.spki, kid=kid, alg=row.alg)
        return _Entry(row.alg, kid, row.use_from, row.publish_until, signer, jwk)

    def _begin(self, now: datetime) -> None:
        """First start: one key of each algorithm, in use at once."""
        for alg, algorithm in ALGORITHMS.items():
            ref = self._keys.ensure(key_name(alg, 1), algorithm, {Purpose.TOKEN})
            with self._ground.db.begin() as session:  # another process may be starting too
                put_once(session, TokenKey, {"name": ref.name, "alg": alg, "use_from": now, "publish_until": None})


def key_name(alg: str, number: int) -> str:
    return f"sso/token-{alg.lower()}/{number}"


def rotate(ground: Ground, keys: KeyStore, token_keys: TokenKeys, principal: Principal, alg: str) -> str:
    """Make the next key of `alg`: published now, used in 15 minutes; the present one stays published for two days."""
    token_keys.jwks()  # the first keys are made now if they are not there
    now = ground.clock.now()
    with ground.db.read() as session:
        number = len(session.scalars(select(TokenKey.name).where(TokenKey.alg == alg)).all()) + 1
    ref = keys.ensure(key_name(alg, number), ALGORITHMS[alg], {Purpose.TOKEN})
    with ground.db.begin() as session:
        _retire(session, alg, now + PUBLISHED_AHEAD + PUBLISHED_AFTER)
        session.execute(
            insert(TokenKey).values(name=ref.name, alg=alg, use_from=now + PUBLISHED_AHEAD, publish_until=None)
        )
        ground.audit.record(session, principal, action="sso.rotate_key", object=f"key:{ref.name}", payload={"alg": alg})
    token_keys.forget()
    return ref.name


def _retire(session: Session, alg: str, until: datetime) -> None:
    session.execute(
        update(TokenKey).where(TokenKey.alg == alg, TokenKey.publish_until.is_(None)).values(publish_until=until)
    )
