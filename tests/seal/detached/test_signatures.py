"""Detached signatures before other people's programs: openssl, gmssl, joserfc, npm jose."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from ca.chain import chain
from ca.reading import read_certificate
from ca.suites import Suite
from foundation import base64url
from foundation.errors import InvalidInput
from hsm.digests import Digest
from seal import cms
from seal.detached import jws_shape
from seal.detached.orders import DetachedOrder, Digests, Shape
from seal.detached.signing import sign_detached
from seal.errors import OrderTaken
from seal.find import row_of
from seal.keeping import held
from tests.seal import oracles
from tests.seal.conftest import Region, clerk

CONTENT = b"any octets at all\r\n\x00\xff" + "附件".encode()
ROOMY = jws.JWSRegistry(algorithms=["RS256", "ES256"], strict_check_header=False)  # it does not know `iat`
ROOMY.max_header_length = 16_384  # 512 as the library comes, and x5c holds certificates


def sign(region: Region, *, key: str | None = None, content: bytes | Digests = CONTENT, **more: object) -> bytes:
    order = DetachedOrder(content, region.seal_id, key or region.key(), **more)  # type: ignore[arg-type]
    return sign_detached(region.room, region.principal, order).document


def digests(content: bytes = CONTENT) -> Digests:
    return Digests(Digest.SHA256.of(content), len(content), Digest.SM3.of(content))


def certificate(region: Region, suite: Suite) -> bytes:
    row = row_of(region.room, region.principal, region.seal_id)
    return held(region.room, row).templates[suite].certificate


def root(region: Region, suite: Suite) -> bytes:
    return chain(region.room.ca, certificate(region, suite))[-1]


@pytest.mark.parametrize("suite", [Suite.RSA, Suite.P256])
@pytest.mark.parametrize("by_digest", [False, True])
def test_openssl_accepts_rsa_and_p256(region: Region, tmp_path: Path, suite: Suite, by_digest: bool) -> None:
    made = sign(region, content=digests() if by_digest else CONTENT, suite=suite)
    said = oracles.openssl_cms(tmp_path, root(region, suite), made, CONTENT, region.clock.now())
    assert "CMS Verification successful" in said
    said = oracles.openssl_cms(tmp_path, root(region, suite), made, CONTENT + b"x", region.clock.now())
    assert "successful" not in said


@pytest.mark.parametrize("shape", [Shape.CMS, Shape.GM_CMS])
@pytest.mark.parametrize("by_digest", [False, True])
def test_openssl_and_gmssl_accept_sm2(region: Region, tmp_path: Path, shape: Shape, by_digest: bool) -> None:
    made = cms.read(sign(region, content=digests() if by_digest else CONTENT, shape=shape))
    signer, own = made.signers[0], certificate(region, Suite.SM2)
    assert made.dialect == ("gm" if shape is Shape.GM_CMS else "cms")
    assert signer.message_digest == oracles.openssl_sm3(CONTENT)
    assert own in made.certificates
    assert oracles.openssl_sm2(tmp_path, own, signer.signed_octets or b"", signer.signature)
    assert not oracles.openssl_sm2(tmp_path, own, (signer.signed_octets or b"") + b"x", signer.signature)
    assert oracles.gmssl_verifies(own, signer.signed_octets or b"", signer.signature)


def test_the_gm_shape_names_gm_types_only(one_region: Region) -> None:
    made = cms.read(sign(one_region, shape=Shape.GM_CMS))
    assert (made.content_type, made.signers[0].content_type) == (cms.GM_DATA, cms.GM_DATA)
    assert made.signers[0].signature_algorithm == "1.2.156.10197.1.301.1"
    assert (made.version, made.signers[0].version, made.content) == (1, 1, None)


@pytest.mark.parametrize(("suite", "attached"), [(Suite.RSA, False), (Suite.P256, True)])
def test_joserfc_accepts_a_jws(region: Region, suite: Suite, attached: bool) -> None:
    made = sign(region, shape=Shape.JWS, suite=suite, attached=attached).decode()
    header, carried, value = made.split(".")
    assert bool(carried) is attached
    whole = f"{header}.{base64url.encode(CONTENT)}.{value}"
    key = (RSAKey if suite is Suite.RSA else ECKey).import_key(_pem(certificate(region, suite)))
    assert jws.deserialize_compact(whole, key, registry=ROOMY).payload == CONTENT
    other = f"{header}.{base64url.encode(CONTENT + b'x')}.{value}"
    with pytest.raises(Exception, match=r"(?i)bad_?signature"):
        jws.deserialize_compact(other, key, registry=ROOMY)


@pytest.mark.node
@pytest.mark.parametrize("suite", [Suite.RSA, Suite.P256])
def test_npm_jose_accepts_a_detached_jws(one_region: Region, suite: Suite) -> None:
    made = sign(one_region, shape=Shape.JWS, suite=suite).decode()
    script = Path(__file__).parents[2] / "node" / "verify_detached.mjs"
    told = {"jws": made, "payload": base64.b64encode(CONTENT).decode(), "alg": jws_shape.NAMES[suite]}
    answer = subprocess.run(["node", script], input=json.dumps(told), check=True, capture_output=True, text=True)
    assert json.loads(answer.stdout) == {"good": True, "changed": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}


def test_an_sm2_jws_is_a_signature_of_its_signing_input(one_region: Region, tmp_path: Path) -> None:
    made = sign(one_region, shape=Shape.JWS, attached=True)
    signed, _, value = made.rpartition(b".")
    header = json.loads(base64url.decode(signed.split(b".")[0].decode()))
    own = base64.b64decode(header["x5c"][0])
    assert header["alg"] == "SGD_SM3_SM2"
    assert own == certificate(one_region, Suite.SM2)
    raw = base64url.decode(value.decode())
    der = _der(raw)
    assert len(raw) == 64
    assert oracles.openssl_sm2(tmp_path, own, signed, der)


def test_a_jws_over_a_digest_states_it(one_region: Region) -> None:
    made = sign(one_region, shape=Shape.JWS, suite=Suite.RSA, content=digests()).decode()
    key = RSAKey.import_key(_pem(certificate(one_region, Suite.RSA)))
    said = jws.deserialize_compact(made, key, registry=ROOMY)
    assert json.loads(said.payload or b"") == {
        "digest": "sha256", "size": len(CONTENT), "value": Digest.SHA256.of(CONTENT).hex(),
    }  # fmt: skip


def test_one_key_gives_one_signature_for_ever(region: Region) -> None:
    key = region.key()
    first = sign(region, key=key)
    assert sign(region, key=key) == first
    with pytest.raises(OrderTaken):
        sign(region, key=key, content=CONTENT + b"x")
    with pytest.raises(OrderTaken):
        sign(region, key=key, shape=Shape.GM_CMS)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"shape": Shape.GM_CMS, "suite": Suite.RSA}, "seal.detached_gm_suite"),
        ({"suite": Suite.ML_DSA}, "seal.detached_suite"),
        ({"attached": True}, "seal.detached_attached"),
        ({"content": bytes(1024 * 1024 + 1), "shape": Shape.JWS}, "seal.detached_jws_large"),
        ({"content": Digests(bytes(32), 1)}, "seal.detached_digest"),
        ({"content": Digests(bytes(31), 1, bytes(32))}, "seal.detached_digest"),
        ({"content": Digests(bytes(32), -1, bytes(32))}, "seal.detached_digest"),
    ],
)
def test_what_cannot_be_signed_says_why(one_region: Region, more: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sign(one_region, **more)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_somebody_elses_seal_is_unknown(one_region: Region) -> None:
    order = DetachedOrder(CONTENT, one_region.seal_id, one_region.key())
    with pytest.raises(Exception, match=r"seal\.unknown"):
        sign_detached(one_region.room, clerk(one_region.transport.department), order)


def _pem(der: bytes) -> str:
    spki = base64.encodebytes(read_certificate(der).spki).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{spki}-----END PUBLIC KEY-----\n"


def _der(raw: bytes) -> bytes:
    from foundation import der as writing

    return writing.sequence(*(writing.integer(int.from_bytes(half, "big")) for half in (raw[:32], raw[32:])))
