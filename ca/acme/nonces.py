"""Numbers used once (RFC 8555 6.5). Given out without a row, remembered when used: a flood of asking fills no table."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ca.acme.models import AcmeNonce
from ca.acme.problems import AcmeError
from foundation import base64url
from foundation.ground import Ground
from foundation.text import Text

LIFE = timedelta(hours=1)
_RANDOM, _TIME, _TAG = 12, 8, 16


def fresh(ground: Ground) -> str:
    """Random octets, the second it was made, and our tag over both; base64url."""
    body = ground.ids.random(_RANDOM) + int(ground.clock.now().timestamp()).to_bytes(_TIME, "big")
    return base64url.encode(body + _tag(ground, body))


def use(ground: Ground, nonce: object) -> None:
    """Raise badNonce for one we did not make, one too old, or one used before, also when two come at once."""
    made = _opened(ground, nonce)
    try:
        with ground.db.begin() as session:
            session.add(AcmeNonce(value=nonce, expires_at=made + LIFE))
    except IntegrityError as error:
        raise _bad() from error


def purge(session: Session, now: datetime) -> None:
    session.execute(delete(AcmeNonce).where(AcmeNonce.expires_at < now))


def _opened(ground: Ground, nonce: object) -> datetime:
    if not isinstance(nonce, str) or len(nonce) != 48:
        raise _bad()
    try:
        data = base64url.decode(nonce)
    except base64url.NotBase64Url as error:
        raise _bad() from error
    body, tag = data[:-_TAG], data[-_TAG:]
    if not hmac.compare_digest(tag, _tag(ground, body)):
        raise _bad()
    made = datetime.fromtimestamp(int.from_bytes(body[_RANDOM:], "big"), UTC)
    if not made <= ground.clock.now() < made + LIFE:
        raise _bad()
    return made


def _tag(ground: Ground, body: bytes) -> bytes:
    return ground.mac.mac("acme.nonce", body)[:_TAG]


def _bad() -> AcmeError:
    return AcmeError("badNonce", Text("随机数已失效，请重新获取。", "The nonce is not good; take a new one."))
