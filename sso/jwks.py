"""Public keys as JWK (RFC 7517, 7518): ours for the JWKS, clients' as they were registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from foundation import base64url
from foundation.errors import InvalidInput
from foundation.text import Text
from sso.errors import BadToken
from sso.jose import ALGORITHMS, VerificationKey, type_of, unb64url

_PUBLIC_MEMBERS = {"RSA": {"kty", "n", "e"}, "EC": {"kty", "crv", "x", "y"}}
_LABELS = {"kid", "use", "alg"}


def from_spki(spki: bytes, *, kid: str, alg: str) -> dict[str, str]:
    """A JWKS entry for one of our keys."""
    key = load_der_public_key(spki)
    entry = {"kid": kid, "use": "sig", "alg": alg}
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _unsigned(numbers.n), "e": _unsigned(numbers.e)} | entry
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        point = key.public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _unsigned(point.x, 32), "y": _unsigned(point.y, 32)} | entry
    raise TypeError("a token key is RSA or P-256")


def thumbprint(spki: bytes) -> str:
    """Key id: RFC 7638 thumbprint, so the same key always has the same name."""
    entry = from_spki(spki, kid="", alg="")
    bare = {name: value for name, value in entry.items() if name not in _LABELS}
    key = RSAKey.import_key(dict(bare)) if bare["kty"] == "RSA" else ECKey.import_key(dict(bare))
    return key.thumbprint()


def keys_of(entries: Sequence[Mapping[str, str]]) -> Mapping[str, VerificationKey]:
    """Verification keys by `kid`. An entry naming an `alg` is held to it."""
    return _keys_of(tuple(tuple(sorted(entry.items())) for entry in entries))


@lru_cache(maxsize=512)
def _keys_of(entries: tuple[tuple[tuple[str, str], ...], ...]) -> Mapping[str, VerificationKey]:
    """By content, so a replaced key is never found here."""
    found: dict[str, VerificationKey] = {}
    for entry in map(dict, entries):
        bare = {name: entry[name] for name in _PUBLIC_MEMBERS[entry["kty"]]}
        key = RSAKey.import_key(dict(bare)) if entry["kty"] == "RSA" else ECKey.import_key(dict(bare))
        family = tuple(alg for alg in ALGORITHMS if type_of[alg] == entry["kty"])
        found[entry["kid"]] = VerificationKey(key, (entry["alg"],) if "alg" in entry else family)
    return MappingProxyType(found)


def checked(entries: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    """A client's keys, refused unless public, named, distinct and strong (RSA 2048 to 4096, EC P-256)."""
    result = [_checked_entry(entry) for entry in entries]
    if len({entry["kid"] for entry in result}) != len(result):
        raise _refused("kid 重复", "two keys share a kid")
    return result


def _checked_entry(entry: Mapping[str, object]) -> dict[str, str]:
    kty = entry.get("kty")
    if kty not in ("RSA", "EC"):
        raise _refused("只接受 RSA 或 EC 公钥", "only RSA and EC keys are taken")
    needed = _PUBLIC_MEMBERS[str(kty)]
    if secret := set(entry) - needed - _LABELS:
        raise _refused(
            f"含有不接受的成员 {min(secret)}（私钥绝不能提交）",
            f"member {min(secret)} is not accepted; never send a private key",
        )
    if needed - set(entry) or not entry.get("kid") or not all(isinstance(value, str) for value in entry.values()):
        raise _refused("缺少成员或 kid", "a member or the kid is missing")
    key = {name: str(value) for name, value in entry.items()}
    if key.get("use", "sig") != "sig" or type_of.get(key.get("alg", "RS256" if kty == "RSA" else "ES256")) != kty:
        raise _refused("use 或 alg 不符", "use or alg does not fit the key")
    try:
        size = len(unb64url(key["n"]).lstrip(b"\0")) * 8 if kty == "RSA" else 2048
        if not 2048 <= size <= 4096 or (kty == "EC" and key["crv"] != "P-256"):
            raise _refused("RSA 须为 2048–4096 位，EC 须为 P-256", "RSA must have 2048 to 4096 bits, EC must be P-256")
        keys_of([key])
    except (BadToken, JoseError, ValueError, KeyError) as error:
        raise _refused("公钥无法解析", "the key cannot be read") from error
    return key


def _refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("sso.client_key", Text(f"客户端公钥不合格：{zh}。", f"The client's key is refused: {en}."))


def _unsigned(value: int, size: int = 0) -> str:
    return base64url.encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))
