"""Signed requests of ACME (RFC 8555 6.2): flattened JSON, one signature, strict header, a fixed allow-list.

The key comes from the account on record (`kid`) or, where the step allows it, from the request itself (`jwk`).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from ca.acme.problems import AcmeError, malformed
from foundation import base64url
from foundation.text import Text
from foundation.web import strict_json

ALGORITHMS = ("ES256", "ES384", "RS256", "PS256", "EdDSA")
MOST_OCTETS = 64 * 1024
_PART = re.compile(r"[A-Za-z0-9_-]*")
_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_FITS = {"RS256": "RSA", "PS256": "RSA", "ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519"}
_RSA_BITS = range(2048, 4097)

Jwk = dict[str, str]


class _Registry(jws.JWSRegistry):
    """An RSA key stands in the header and a request for many names in the payload; `read` bounded the whole."""

    max_header_length = 8 * 1024
    max_payload_length = MOST_OCTETS
    max_signature_length = 2 * 1024


@dataclass(frozen=True, slots=True)
class Signed:
    """A request before its signature was checked."""

    protected: Mapping[str, Any]
    payload: bytes
    text: dict[str, str]

    @property
    def jwk(self) -> Jwk | None:
        return self.protected.get("jwk")

    @property
    def kid(self) -> str | None:
        return self.protected.get("kid")


def unb64url(text: object, what: str) -> bytes:
    """Strict: one octet string has one spelling."""
    if not isinstance(text, str) or not _PART.fullmatch(text):
        raise malformed(f"{what} 不是 base64url。", f"{what} is not base64url.")
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise malformed(f"{what} 不是规范的 base64url。", f"{what} is not canonical base64url.") from error


def read(body: bytes, *, inner: bool = False) -> Signed:
    """Parse one JWS. `inner`: the key-change object, which carries no nonce (7.3.5)."""
    if len(body) > MOST_OCTETS:
        raise malformed("请求过大。", "The request is too large.")
    message = strict_json.parse(body)
    if set(message) != {"protected", "payload", "signature"}:
        raise malformed("须为扁平 JSON 序列化的 JWS。", "A flattened JWS must have protected, payload and signature.")
    protected = strict_json.parse(unb64url(message["protected"], "protected"))
    wanted = {"alg", "url"} if inner else {"alg", "url", "nonce"}
    if set(protected) not in ({*wanted, "jwk"}, {*wanted, "kid"}):
        raise malformed(
            "JWS 头须含 alg、nonce、url 以及 jwk 与 kid 之一，且无其他项。",
            "The JWS header must have alg, nonce, url and one of jwk and kid, and nothing else.",
        )
    return Signed(protected, unb64url(message["payload"], "payload"), message)


def verify(signed: Signed, key: Jwk) -> None:
    """Raise unless `key` signed this. The algorithm must fit the key, not the other way round."""
    alg = signed.protected["alg"]
    if alg not in ALGORITHMS:
        raise AcmeError(
            "badSignatureAlgorithm",
            Text(f"不支持的签名算法，可用：{'、'.join(ALGORITHMS)}。", f"Use one of {', '.join(ALGORITHMS)}."),
            algorithms=ALGORITHMS,
        )
    if _FITS[alg] not in (key["kty"], key.get("crv")):
        raise malformed("签名算法与密钥类型不符。", "The algorithm does not fit the key.")
    _checked(signed.text, _imported(key), alg)


def verify_mac(signed_text: dict[str, str], secret: bytes) -> None:
    """HS256 of an external account binding (7.3.4); the secret is the decoded MAC key."""
    _checked(signed_text, OctKey.import_key(secret), "HS256")


def _checked(text: dict[str, str], key: Any, alg: str) -> None:
    try:
        jws.deserialize_json(
            {"protected": text["protected"], "payload": text["payload"], "signature": text["signature"]},
            key,
            registry=_Registry(algorithms=[alg], strict_check_header=False),
        )
    except (JoseError, ValueError, KeyError) as error:
        raise AcmeError("unauthorized", Text("签名无效。", "The signature is not good."), 403) from error


def public_jwk(value: object) -> Jwk:
    """A public key a client gave us, reduced to the members that make it (RFC 7638 3.2)."""
    kty = value.get("kty") if isinstance(value, dict) else None
    members = _MEMBERS.get(kty) if isinstance(kty, str) else None
    if members is None or not isinstance(value, dict) or not all(isinstance(value.get(one), str) for one in members):
        raise _bad_key("不支持的密钥类型。", "Key types are RSA, EC (P-256, P-384) and Ed25519.")
    if "d" in value or "k" in value:
        raise _bad_key("请勿发送私钥，请立即更换该密钥。", "That is a private key. Do not send it; replace it now.")
    key = {one: value[one] for one in members}
    if kty != "RSA" and key["crv"] not in ("P-256", "P-384", "Ed25519"):
        raise _bad_key("不支持的曲线。", "Curves are P-256, P-384 and Ed25519.")
    made = _imported(key)
    if isinstance(made, RSAKey) and made.raw_value.key_size not in _RSA_BITS:
        raise _bad_key("RSA 密钥须为 2048 至 4096 位。", "RSA keys have 2048 to 4096 bits.")
    return key


def _imported(key: Jwk) -> RSAKey | ECKey | OKPKey:
    kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    try:
        made: RSAKey | ECKey | OKPKey = kinds[key["kty"]].import_key(key)
        _ = made.raw_value  # a point off its curve is only found now
    except (JoseError, ValueError) as error:
        raise _bad_key("公钥无法解析。", "The public key cannot be read.") from error
    return made


def thumbprint(key: Jwk) -> str:
    """RFC 7638."""
    members = {one: key[one] for one in _MEMBERS[key["kty"]]}
    return base64url.encode(sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


def spki_of(key: Jwk) -> bytes:
    """SubjectPublicKeyInfo, DER; to compare with a certificate's."""
    return _imported(key).public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def same_key(one: Jwk, other: Jwk) -> bool:
    return hmac.compare_digest(thumbprint(one), thumbprint(other))


def _bad_key(zh: str, en: str) -> AcmeError:
    return AcmeError("badPublicKey", Text(zh, en))
