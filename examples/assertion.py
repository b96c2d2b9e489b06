"""Print a client assertion (客户端断言; RFC 7523 3) for use with curl: it names one client, lives a minute, works once.

`--public-jwks` prints the public key to register instead.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from pathlib import Path

from jose import jwt

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "department_a"))

import own_key  # noqa: E402 - a key file is made and read the same way for every Python sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client-id", default="market-program")
    parser.add_argument("--issuer", default="http://127.0.0.1:8000")
    parser.add_argument("--key", type=Path, default=HERE / ".keys" / "private.json")
    parser.add_argument("--public-jwks", action="store_true")
    given = parser.parse_args()
    key = own_key.load(given.key)
    if given.public_jwks:
        print(json.dumps(own_key.public_jwks(key)))
        return
    now = int(time.time())
    claims = {
        "iss": given.client_id,
        "sub": given.client_id,
        "aud": given.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_urlsafe(16),
    }
    print(jwt.encode(claims, key, algorithm="ES256", headers={"kid": key["kid"]}))


if __name__ == "__main__":
    main()
