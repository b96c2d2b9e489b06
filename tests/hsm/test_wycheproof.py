"""C2SP Wycheproof: HMAC-SM3, SM4-GCM, ECDSA P-256, RSA PKCS#1 v1.5 and PSS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hsm.digests import hmac_sm3, same
from hsm.errors import BadCiphertext, BadSignature
from hsm.schemes import Scheme
from hsm.sm4 import Aead, lock, unlock
from hsm.verifying import verify


def _cases(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
        for case in group["tests"]:
            yield group, case


@pytest.mark.parametrize(
    ("file", "scheme", "least"),
    [
        ("ecdsa_secp256r1_sha256_test.json", Scheme.ECDSA_SHA256, 450),
        ("rsa_signature_2048_sha256_test.json", Scheme.RSA_SHA256, 250),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", Scheme.RSA_PSS_SHA256, 100),
    ],
)
def test_signatures(vectors: Path, file: str, scheme: Scheme, least: int) -> None:
    wrong, count = [], 0
    for group, case in _cases(vectors / "wycheproof" / file):
        spki, message, value = (bytes.fromhex(t) for t in (group["publicKeyDer"], case["msg"], case["sig"]))
        count += 1
        try:
            verify(spki, scheme, message, value, sm2_id=None)
            verdict = "valid"
        except BadSignature:
            verdict = "invalid"
        if case["result"] not in (verdict, "acceptable"):
            wrong.append((case["tcId"], case["comment"], case["result"], verdict))
    assert wrong == []
    assert count >= least


def test_hmac_sm3(vectors: Path) -> None:
    count = 0
    for group, case in _cases(vectors / "wycheproof" / "hmac_sm3_test.json"):
        tag = hmac_sm3(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]))[: group["tagSize"] // 8]
        assert same(tag, bytes.fromhex(case["tag"])) is (case["result"] == "valid"), case
        count += 1
    assert count == 174


def test_sm4_gcm(vectors: Path) -> None:
    opened = refused = 0
    for group, case in _cases(vectors / "wycheproof" / "sm4_gcm_test.json"):
        key, nonce, bound, text, body, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        if group["ivSize"] != 96:  # only nonces of 96 bits are offered
            with pytest.raises(ValueError, match="size"):
                lock(Aead.SM4_GCM, key, nonce, text, bound)
            refused += 1
        elif case["result"] == "valid":
            assert lock(Aead.SM4_GCM, key, nonce, text, bound) == body + tag
            assert unlock(Aead.SM4_GCM, key, nonce, body + tag, bound) == text
            opened += 1
        else:
            with pytest.raises(BadCiphertext):
                unlock(Aead.SM4_GCM, key, nonce, body + tag, bound)
            refused += 1
    assert opened > 20
    assert refused > 20
