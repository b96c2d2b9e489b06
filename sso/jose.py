"""JSON Web Signatures (令牌签名), the few forms we make and accept (RFC 7515, 7519, 8725).

Fixed allow-list; keys come only from the caller, never from a header; `crit` and every other header member we do not
use is refused. Private keys are not here: `compact` builds the signing input and `hsm` signs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from foundation import base64url, der, strict_json
from sso.errors import BadToken

ALGORITHMS = ("RS256", "ES256", "PS256")
MOST_OCTETS = 8192
_PART = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS))

type_of = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}


@dataclass(frozen=True)
class VerificationKey:
    """A public key and the one algorithm family it may be used with."""

    key: RSAKey | ECKey
    algorithms: tuple[str, ...]


@dataclass(frozen=True)
class Parsed:
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def unb64url(text: str) -> bytes:
    """Strict: no padding, no foreign characters, no stray bits at the end (one octet string, one spelling)."""
    if not _PART.fullmatch(text):
        raise BadToken("base64url")
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise BadToken("base64url is not canonical") from error


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object without a repeated member: two parsers must never read two different tokens."""
    try:
        return strict_json.read_object(data)
    except strict_json.Refused as error:
        raise BadToken(error.why.value) from error


def parse(token: str) -> Parsed:
    """Read without believing: shape, size, header members and algorithm name."""
    if len(token) > MOST_OCTETS:
        raise BadToken("too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise BadToken("not three parts")
    header, claims = _object(unb64url(parts[0])), _object(unb64url(parts[1]))
    unb64url(parts[2])
    if unknown := set(header) - _HEADER_MEMBERS:
        raise BadToken(f"header member {min(unknown)!a} is not accepted")
    if header.get("alg") not in ALGORITHMS:
        raise BadToken("algorithm is not accepted")
    if not all(isinstance(value, str) for value in header.values()):
        raise BadToken("header member is not text")
    return Parsed(header, claims)


def verify(token: str, keys: Mapping[str, VerificationKey]) -> Parsed:
    """The token's content, proved by the key its `kid` names among `keys`; a sole key needs no `kid`."""
    parsed = parse(token)
    kid = parsed.header.get("kid")
    candidate = keys.get(kid) if kid is not None else next(iter(keys.values())) if len(keys) == 1 else None
    if candidate is None:
        raise BadToken("no key of that name")
    if parsed.header["alg"] not in candidate.algorithms:
        raise BadToken("algorithm does not belong to the key")
    try:
        jws.deserialize_compact(token, candidate.key, algorithms=list(candidate.algorithms), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise BadToken("signature") from error
    return parsed


def signing_input(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    return f"{_segment(header)}.{_segment(claims)}".encode()


def compact(signed: bytes, alg: str, signature: bytes) -> str:
    """The JWS of `signed` and what the key store returned for it."""
    raw = _raw_ecdsa(signature, 32) if alg == "ES256" else signature
    return f"{signed.decode()}.{base64url.encode(raw)}"


def _segment(value: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _raw_ecdsa(signature: bytes, size: int) -> bytes:
    """SEQUENCE(r, s) to r‖s, each of fixed width (RFC 7518 3.4)."""
    r, s = (part.as_integer() for part in der.parse(signature).expect(der.SEQUENCE).children(2))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
