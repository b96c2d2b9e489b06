"""Reading JSON Web Signatures (JSON 网络签名), bounded and without judging: RFC 7515, compact and JSON serialisation.

Refused: names that stand twice, padding and other spellings of base64url, headers a reader must understand and we do
not. Octets are kept as they came, for the signature covers them and not what they decode to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundation import base64url, strict_json

MOST_OCTETS = 64 * 1024 * 1024
MOST_HEADER = 256 * 1024
MOST_SIGNATURES = 8


class JwsError(Exception):
    """Why the text is no JWS we accept; `code` is the finding's."""

    def __init__(self, code: str, *values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Signature:
    header: Mapping[str, Any]
    """Only what is protected by the signature."""
    protected: bytes
    """The header in base64url, as signed."""
    value: bytes
    unprotected: tuple[str, ...] = ()
    """Names in the header that no signature protects."""


@dataclass(frozen=True, slots=True)
class Jws:
    payload: bytes
    """In base64url, as signed; empty when detached."""
    signatures: tuple[Signature, ...]
    form: str

    @property
    def detached(self) -> bool:
        return not self.payload


def read(data: bytes) -> Jws:
    """Raises `JwsError`."""
    if len(data) > MOST_OCTETS:
        raise JwsError("file.limits", "JWS")
    text = data.strip()
    return _json(text) if text[:1] == b"{" else _compact(text)


def decoded(text: bytes) -> bytes:
    try:
        return base64url.decode(text)
    except base64url.NotBase64Url as error:
        raise JwsError("file.damaged", "base64url") from error


def encoded(octets: bytes) -> bytes:
    return base64url.encode(octets).encode("ascii")


def _compact(text: bytes) -> Jws:
    parts = text.split(b".")
    if len(parts) != 3:
        raise JwsError("file.damaged", "JWS")
    header, payload, value = parts
    return Jws(payload, (_signature(header, value, {}),), "JWS")


def _json(text: bytes) -> Jws:
    whole = _object(text, MOST_OCTETS)
    listed = whole.get("signatures")
    items = listed if isinstance(listed, list) else [whole] if listed is None else []
    payload = whole.get("payload", "")
    if not items or len(items) > MOST_SIGNATURES or not isinstance(payload, str) or not payload.isascii():
        raise JwsError("file.damaged", "JWS JSON")
    if listed is not None and {"signature", "protected", "header"} & whole.keys():
        raise JwsError("jws.ambiguous")
    return Jws(payload.encode(), tuple(_item(item) for item in items), "JWS JSON")


def _item(item: object) -> Signature:
    if not isinstance(item, dict):
        raise JwsError("file.damaged", "JWS JSON")
    protected, value, open_header = item.get("protected", ""), item.get("signature"), item.get("header", {})
    if not (isinstance(protected, str) and isinstance(value, str) and isinstance(open_header, dict)):
        raise JwsError("file.damaged", "JWS JSON")
    if not (protected.isascii() and value.isascii()):
        raise JwsError("file.damaged", "JWS JSON")
    return _signature(protected.encode(), value.encode(), open_header)


def _signature(protected: bytes, value: bytes, open_header: Mapping[str, Any]) -> Signature:
    header = _object(decoded(protected), MOST_HEADER)
    if header.keys() & open_header.keys():
        raise JwsError("jws.ambiguous")
    return Signature(header, protected, decoded(value), tuple(sorted(map(str, open_header))))


def _object(text: bytes, most: int) -> dict[str, Any]:
    try:
        return strict_json.read_object(text, most=most)
    except strict_json.Refused as refused:
        if refused.why is strict_json.Why.SIZE:
            raise JwsError("file.limits", "JWS") from refused
        if refused.why is strict_json.Why.TWICE:  # two readers would see two headers
            raise JwsError("jws.ambiguous") from refused
        raise JwsError("file.damaged", f"JSON: {refused.why}") from refused
