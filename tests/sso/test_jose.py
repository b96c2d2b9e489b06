"""What counts as a JWT of ours or of a client, and the list of what never may (S-17, T7, R24)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from foundation.errors import InvalidInput
from sso import jose, jwks
from sso.errors import BadToken

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
RSA_SPKI = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
EC_SPKI = EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
KEYS = jwks.keys_of([jwks.from_spki(RSA_SPKI, kid="r", alg="RS256"), jwks.from_spki(EC_SPKI, kid="e", alg="ES256")])
CLAIMS = {"sub": "alice", "n": 1}


def b64(data: bytes | str | dict[str, Any]) -> str:
    raw = json.dumps(data).encode() if isinstance(data, dict) else data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], payload: dict[str, Any] | None = None) -> str:
    """By another library, with whatever header is wanted."""
    key = RSAKey.import_key(RSA) if header["alg"][0] in "RP" else ECKey.import_key(EC)
    registry = jws.JWSRegistry(algorithms=["RS256", "PS256", "ES256", "RS512"], strict_check_header=False)
    return jws.serialize_compact(header, json.dumps(payload or CLAIMS).encode(), key, registry=registry)


def mac(header: dict[str, Any], key: bytes) -> str:
    body = f"{b64(header)}.{b64(CLAIMS)}"
    return f"{body}.{b64(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


def test_good_ones_pass() -> None:
    assert jose.verify(signed({"alg": "RS256", "kid": "r"}), KEYS).claims == CLAIMS
    assert jose.verify(signed({"alg": "ES256", "kid": "e", "typ": "JWT"}), KEYS).claims == CLAIMS
    sole = jwks.keys_of([jwks.from_spki(EC_SPKI, kid="e", alg="ES256")])
    assert jose.verify(signed({"alg": "ES256"}), sole).claims == CLAIMS


def attacks() -> dict[str, str]:
    good = signed({"alg": "RS256", "kid": "r"})
    head, body, signature = good.split(".")
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    own = ECKey.generate_key("P-256")
    jwk = own.as_dict(private=False)
    repeated = b64('{"alg":"RS256","kid":"r","kid":"e"}')
    twice = b64('{"sub":"bob","sub":"alice"}')
    deep = b64('{"a":' * 900 + "1" + "}" * 900)
    der = bytes.fromhex("3006020101020101")
    latin = b64(b"\xff\xfe")
    return {
        "none": f"{b64({'alg': 'none'})}.{body}.",
        "None": f"{b64({'alg': 'None', 'kid': 'r'})}.{body}.",
        "nOnE with signature": f"{b64({'alg': 'nOnE', 'kid': 'r'})}.{body}.{signature}",
        "no algorithm": f"{b64({'kid': 'r'})}.{body}.{signature}",
        "algorithm is a number": f"{b64({'alg': 1, 'kid': 'r'})}.{body}.{signature}",
        "HS256 with public PEM": mac({"alg": "HS256", "kid": "r"}, pem),
        "HS256 with public DER": mac({"alg": "HS256", "kid": "r"}, RSA_SPKI),
        "HS256 with EC DER": mac({"alg": "HS256", "kid": "e"}, EC_SPKI),
        "HS256 with modulus": mac({"alg": "HS256", "kid": "r"}, KEYS["r"].key.as_bytes(private=False)),
        "HS256 with empty key": mac({"alg": "HS256", "kid": "r"}, b""),
        "RS512 with our key": signed({"alg": "RS512", "kid": "r"}),
        "PS256 with a key registered for RS256": signed({"alg": "PS256", "kid": "r"}),
        "RS256 under the EC key": f"{b64({'alg': 'RS256', 'kid': 'e'})}.{body}.{signature}",
        "ES256 under the RSA key": f"{b64({'alg': 'ES256', 'kid': 'r'})}.{body}.{signature}",
        "embedded jwk": jws.serialize_compact({"alg": "ES256", "jwk": jwk}, b"{}", own, registry=LOOSE),
        "embedded jwk and our kid": jws.serialize_compact(
            {"alg": "ES256", "jwk": jwk, "kid": "e"}, b"{}", own, registry=LOOSE
        ),
        "jku": signed({"alg": "ES256", "kid": "e", "jku": "https://evil.example/jwks"}),
        "x5u": signed({"alg": "ES256", "kid": "e", "x5u": "https://evil.example/cert"}),
        "x5c": signed({"alg": "ES256", "kid": "e", "x5c": ["MIIB"]}),
        "unknown crit": f"{b64({'alg': 'RS256', 'kid': 'r', 'crit': ['x'], 'x': 1})}.{body}.{signature}",
        "b64 false": f"{b64({'alg': 'RS256', 'kid': 'r', 'b64': False, 'crit': ['b64']})}.{body}.{signature}",
        "kid is a path": signed({"alg": "RS256", "kid": "../../dev/null"}),
        "kid is SQL": signed({"alg": "RS256", "kid": "r' OR '1'='1"}),
        "kid is empty": signed({"alg": "RS256", "kid": ""}),
        "no kid among two keys": signed({"alg": "RS256"}),
        "repeated header member": f"{repeated}.{body}.{signature}",
        "repeated claim": f"{head}.{twice}.{signature}",
        "other payload": f"{head}.{b64({'sub': 'bob'})}.{signature}",
        "no signature": f"{head}.{body}.",
        "psychic signature": f"{b64({'alg': 'ES256', 'kid': 'e'})}.{body}.{b64(bytes(64))}",
        "DER instead of raw ECDSA": f"{b64({'alg': 'ES256', 'kid': 'e'})}.{body}.{b64(der)}",
        "padding": f"{head}.{body}.{signature}==",
        "stray bits at the end": good[:-1] + chr(ord(good[-1]) + 1) if good[-1] in "AQgw" else good + "A",
        "space inside": f"{head}. {body}.{signature}",
        "line end": good + "\n",
        "plus and slash": good.replace("-", "+").replace("_", "/") + "+",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.x",
        "encrypted shape": f"{good}.x.y",
        "JSON serialisation": json.dumps({"payload": body, "protected": head, "signature": signature}),
        "array claims": f"{head}.{b64('[1]')}.{signature}",
        "not UTF-8": f"{head}.{latin}.{signature}",
        "deep nesting": f"{head}.{deep}.{signature}",
        "too long": good + "A" * 9000,
        "empty": "",
        "dots": "..",
    }


LOOSE = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


@pytest.mark.parametrize("name", sorted(attacks()))
def test_attacks_are_refused(name: str) -> None:
    token = attacks()[name]
    with pytest.raises(BadToken):
        jose.verify(token, KEYS)


def test_es256_signatures_of_the_key_store_become_raw() -> None:
    from cryptography.hazmat.primitives import hashes

    for _ in range(50):  # short r and s come up about every hundredth time; both widths must hold
        data = jose.signing_input({"alg": "ES256", "kid": "e"}, CLAIMS)
        token = jose.compact(data, "ES256", EC.sign(data, ec.ECDSA(hashes.SHA256())))
        assert len(jose.unb64url(token.split(".")[2])) == 64
        assert jose.verify(token, KEYS).claims == CLAIMS


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **more: str) -> dict[str, object]:
    imported = RSAKey.import_key(key) if isinstance(key, rsa.RSAPrivateKey) else ECKey.import_key(key)
    return {**imported.as_dict(private=False), "kid": "k", **more}


def test_client_keys_are_public_named_distinct_and_strong() -> None:
    assert jwks.checked([public(RSA), public(EC, kid="k2", alg="ES256", use="sig")])
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it must be refused
    weak_spki = weak.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bad: tuple[list[dict[str, object]], ...] = (
        [dict(jwks.from_spki(weak_spki, kid="k", alg="RS256"))],
        [public(ec.generate_private_key(ec.SECP384R1()))],
        [{**ECKey.import_key(EC).as_dict(private=True), "kid": "k"}],
        [{**RSAKey.import_key(RSA).as_dict(private=True), "kid": "k"}],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "k"}],
        [{name: value for name, value in public(EC).items() if name != "kid"}],
        [{name: value for name, value in public(EC).items() if name != "y"}],
        [public(EC, y="AAAA")],
        [public(EC, alg="RS256")],
        [public(EC, use="enc")],
        [public(EC, x5u="https://evil.example")],
        [public(EC), public(RSA)],
    )
    for entries in bad:
        with pytest.raises(InvalidInput):
            jwks.checked(entries)
