"""ID tokens (身份令牌; OpenID Connect Core 2): made once per code, and read back as hints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from foundation import base64url
from sso import jose
from sso.errors import BadToken
from sso.records import ClientRecord, CodeRecord
from sso.room import SsoRoom

ACR = "urn:yinxin:acr:password-and-sms"
"""What every login proves today: something known and something held (GB/T 22239 8.1.4.1 d)."""
AMR = ("pwd", "sms", "mfa")
"""RFC 8176."""


@dataclass(frozen=True)
class Hint:
    client_id: str
    subject: str
    sid: str


def make(room: SsoRoom, client: ClientRecord, code: CodeRecord, subject: str, access_token: str, now: datetime) -> str:
    """Core 2, 3.1.3.6. The committed redemption of the code is the intent this signature carries out."""
    issued = int(now.timestamp())
    claims: dict[str, object] = {
        "iss": room.issuer,
        "sub": subject,
        "aud": client.client_id,
        "exp": issued + room.ground.settings.sso.id_token_seconds,
        "iat": issued,
        "auth_time": int(code.auth_time.timestamp()),
        "acr": ACR,
        "amr": list(AMR),
        "sid": code.sid,
        "at_hash": base64url.encode(hashlib.sha256(access_token.encode()).digest()[:16]),
    }
    if code.nonce is not None:
        claims["nonce"] = code.nonce
    return room.token_keys.sign(claims, alg=client.id_token_alg, intent=f"oidc_code:{code.id}")


def read_hint(room: SsoRoom, token: str) -> Hint:
    """An ID token of ours, however old (RP-Initiated Logout 2, Core 3.1.2.1). Raises `BadToken`."""
    claims = jose.verify(token, room.token_keys.verification_keys()).claims
    values = [claims.get(name) for name in ("iss", "aud", "sub", "sid")]
    if values[0] != room.issuer or not all(isinstance(value, str) for value in values):
        raise BadToken("not an ID token of this service")
    return Hint(str(values[1]), str(values[2]), str(values[3]))
