"""The system's own ES256 key (本系统私钥), made at first start. The private half never leaves this folder."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk

_PUBLIC = ("kty", "crv", "x", "y")


def load(path: Path) -> dict[str, str]:
    """The private JWK at `path`. Whoever comes first makes it; a second start at the same moment gets the same key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(_make(), file)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return key


def public_jwks(key: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """What is registered with 印信: public members only."""
    return {"keys": [{name: key[name] for name in (*_PUBLIC, "kid", "alg")} | {"use": "sig"}]}


def _make() -> dict[str, str]:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key: dict[str, str] = jwk.construct(pem.decode(), "ES256").to_dict()
    return key | {"kid": _thumbprint(key), "alg": "ES256"}


def _thumbprint(key: dict[str, str]) -> str:
    """RFC 7638: the same key always has the same name."""
    canonical = json.dumps({name: key[name] for name in sorted(_PUBLIC)}, separators=(",", ":"))
    return urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
