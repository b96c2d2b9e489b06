"""What the signer asks before it signs a token (令牌签名策略): the shape of a JWS of ours, for a code that was spent.

RFC 7515 and 8725: the header names this very key, its one algorithm and a type; issuer and times are ours and now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from foundation.ground import Ground
from hsm.keys import Algorithm, Purpose
from hsm.service.errors import IntentUnknown, PolicyRefused
from hsm.service.policies import Asked, Policies, Stated
from sso import jose, jwks
from sso.errors import BadToken
from sso.protocol_models import AuthorisationCode

_ALGORITHMS = {Algorithm.RSA_2048: "RS256", Algorithm.P256: "ES256"}
_LONGEST = timedelta(hours=1)


def policies(ground: Ground) -> Policies:
    return {Purpose.TOKEN: partial(check, ground)}


def check(ground: Ground, asked: Asked) -> Stated:
    header, claims = _parts(asked.data)
    if header != {
        "alg": _ALGORITHMS.get(asked.ref.algorithm),
        "typ": header.get("typ"),
        "kid": jwks.thumbprint(asked.ref.spki),
    } or header["typ"] not in ("JWT", "at+jwt", "logout+jwt"):
        raise PolicyRefused("token_header", "令牌头不合约定", "the header is not one of ours")
    if claims.get("iss") != ground.settings.web.public_url:
        raise PolicyRefused("token_issuer", "令牌签发者不是本系统", "the issuer is not this service")
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise PolicyRefused("token_times", "令牌缺少时间", "the token has no times")
    if not 0 < expires - issued <= _LONGEST.total_seconds():
        raise PolicyRefused("token_times", "令牌有效期过长", "the token lives too long")
    _spent(ground, asked, claims)
    return Stated(datetime.fromtimestamp(issued, UTC))


def _spent(ground: Ground, asked: Asked, claims: Mapping[str, Any]) -> None:
    """The committed redemption of a code of that client is the intent."""
    word, _, rest = asked.intent.partition(":")
    try:
        identifier = UUID(rest)
    except ValueError as error:
        raise IntentUnknown(asked.intent) from error
    with ground.db.read() as session:
        code = session.get(AuthorisationCode, identifier)
    if word != "oidc_code" or code is None or code.spent_at is None:
        raise IntentUnknown(asked.intent)
    if (claims.get("aud"), claims.get("sid")) != (code.client_id, code.sid):
        raise PolicyRefused("token_audience", "令牌的接收方不是该授权码的应用", "the audience is not the code's client")


def _parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(data) > jose.MOST_OCTETS:
        raise PolicyRefused("token_shape", "令牌过长", "the token is too long")
    try:
        first, second = data.decode("ascii").split(".")
        header, claims = (json.loads(jose.unb64url(part)) for part in (first, second))
    except (ValueError, BadToken) as error:
        raise PolicyRefused("token_shape", "不是令牌的待签内容", "this is not the signing input of a token") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise PolicyRefused("token_shape", "不是令牌的待签内容", "this is not the signing input of a token")
    return header, claims
