"""JWS in compact form (JSON 网络签名): RFC 7515, content inside or left out (appendix F).

ES256 and RS256 as RFC 7518 has them. SM2 has no registered name: `SGD_SM3_SM2` is GM/T 0006's own, the value r‖s of 64
octets as for ES256, with the usual signer ID. Over a digest alone, the content is a small statement that names it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime

from ca.suites import Suite
from foundation import base64url
from hsm import signature_value
from hsm.digests import Digest, sha256
from hsm.schemes import Family
from seal.detached.orders import DetachedOrder, Digests

NAMES: Mapping[Suite, str] = {Suite.SM2: "SGD_SM3_SM2", Suite.RSA: "RS256", Suite.P256: "ES256"}
STATEMENT = "application/vnd.yinxin.digest+json"


def protected(suite: Suite, certificates: tuple[bytes, ...], time: datetime, *, statement: bool) -> bytes:
    """The protected header: algorithm, certificates (signer's first, no root), time; always the same octets."""
    told: dict[str, object] = {
        "alg": NAMES[suite],
        "iat": int(time.timestamp()),
        "x5c": [base64.b64encode(one).decode() for one in certificates],
        "x5t#S256": base64url.encode(sha256(certificates[0])),
    }
    if statement:
        told["cty"] = STATEMENT
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def statement(digest: Digest, value: bytes, size: int) -> bytes:
    """The content where only a digest is known."""
    told = {"digest": digest.value, "size": size, "value": value.hex()}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def payload(order: DetachedOrder) -> bytes:
    """What a JWS of this order covers."""
    if isinstance(order.content, Digests):
        return statement(order.suite.digest, order.digest(), order.content.size)
    return order.content


def signing_input(header: bytes, payload: bytes) -> bytes:
    return f"{base64url.encode(header)}.{base64url.encode(payload)}".encode()


def assemble(signed: bytes, value: bytes, suite: Suite, *, detached: bool) -> bytes:
    """Compact serialisation; `value` is DER for SM2 and P-256."""
    raw = value if suite.scheme.family is Family.RSA else signature_value.to_raw(value)
    header, _, payload = signed.partition(b".")
    return b".".join((header, b"" if detached else payload, base64url.encode(raw).encode()))
