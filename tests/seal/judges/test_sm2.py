"""SM2 outputs (国密产出): every signature in every kind of file before OpenSSL's command, gmssl and npm sm-crypto."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import x509

from tests.seal import oracles
from tests.seal.conftest import Region
from tests.seal.judges import extract, outputs
from tests.seal.judges.extract import Claim

NODE = Path(__file__).parents[2] / "node" / "sm_crypto_verify.mjs"
KINDS = [*outputs.SM2_PDFS, *outputs.OFDS, *outputs.SM2_FILES, *(n for n in outputs.INTERNATIONAL_PDFS if "sm2" in n)]
LEAST = {"seal": 1, "jws": 1, "jws attached": 1, "pades b-b": 1, "gm-cms b-b": 1, "gm-seal b-b": 2}
"""How many signatures a kind has at least; usually the seal's, and its time stamp's or maker's."""
Judge = Callable[[Path, Claim], bool]


def claims_of(name: str, data: bytes) -> list[Claim]:
    if name in outputs.OFDS:
        found = extract.ofd_claims(name, data)
    elif name == "seal":
        found = extract.seal_claims(name, data)
    elif "jws" in name:
        found = extract.jws_claims(name, data, outputs.CONTENT)
    elif name in outputs.SM2_FILES:
        found = extract.cms_claims(name, data, outputs.CONTENT)
    else:
        found = extract.pdf_claims(name, data)
    return [one for one in found if is_sm2(one)]


def is_sm2(claim: Claim) -> bool:
    """The other half of a dual file is for the other judges."""
    key = x509.Certificate.load(claim.certificate)["tbs_certificate"]["subject_public_key_info"]["algorithm"]
    return bool(
        key["algorithm"].dotted == "1.2.840.10045.2.1" and key["parameters"].dump().hex() == "06082a811ccf5501822d"
    )


@pytest.fixture(scope="module")
def files(one_region: Region) -> dict[str, bytes]:
    makers = {**outputs.INTERNATIONAL_PDFS, **outputs.SM2_PDFS, **outputs.OFDS, **outputs.SM2_FILES}
    return {name: makers[name](one_region) for name in KINDS}


@pytest.fixture(scope="module")
def made(files: dict[str, bytes]) -> dict[str, list[Claim]]:
    return {name: claims_of(name, data) for name, data in files.items()}


@pytest.fixture(scope="module")
def sm_crypto(made: dict[str, list[Claim]]) -> Judge:
    """All claims, good and altered, in one process of Node."""
    every = [one for claims in made.values() for claim in claims for one in (claim, extract.altered(claim))]
    told = [
        {"key": extract.public_point(one.certificate).hex(), "message": one.message.hex(), "value": one.value.hex()}
        for one in every
    ]
    answer = subprocess.run(["node", NODE], input=json.dumps(told), check=True, capture_output=True, text=True)
    verdicts = dict(zip(every, json.loads(answer.stdout), strict=True))
    return lambda _, claim: bool(verdicts[claim])


_gmssl = cache(oracles.gmssl_verifies)
"""Pure Python takes its time over a seal, and one seal is in many files."""


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    name: str = request.param
    if name == "sm-crypto":
        return request.getfixturevalue("sm_crypto")  # type: ignore[no-any-return]
    if name == "gmssl":
        return lambda _, one: _gmssl(one.certificate, one.message, one.value)
    return lambda folder, one: oracles.openssl_sm2(folder, one.certificate, one.message, one.value)


@pytest.mark.node
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("judge", ["openssl", "gmssl", "sm-crypto"], indirect=True)
def test_every_sm2_signature_before_every_judge(
    made: dict[str, list[Claim]], judge: Judge, name: str, tmp_path: Path
) -> None:
    claims = made[name]
    assert len(claims) >= LEAST.get(name, 1 if "no time stamp" in name else 2)
    for claim in claims:
        assert judge(tmp_path, claim), claim.what
    assert not judge(tmp_path, extract.altered(min(claims, key=lambda one: len(one.message))))


@pytest.mark.parametrize("name", outputs.SM2_PDFS)
def test_qpdf_finds_nothing_to_complain_about(files: dict[str, bytes], tmp_path: Path, name: str) -> None:
    assert oracles.qpdf_clean(tmp_path, files[name])
