"""NIST PKITS, all of it (证书路径一致性测试): every case accepted or refused, and refused for the right reason.

The table is `pkits.json` (its head says where each part comes from); the certificates are those of PyPI's
`cryptography-vectors`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, ValidationError
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy, PKIXValidationParams
from pyhanko_certvalidator.validate import validate_path

from ca.oids import ANY_POLICY
from ca.reading import read_certificate
from verify.moments import Moment
from verify.path import PathResult, PathRules, judge_path, validate
from verify.trust import TrustStore, Use

FOLDER = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "pkits.json").read_text(encoding="utf-8"))["cases"]
NOW = datetime(2022, 5, 1, tzinfo=UTC)
ARC = "2.16.840.1.101.3.2.1.48."
ROOT, ROOT_CRL = "TrustAnchorRootCertificate", "TrustAnchorRootCRL"
UNLISTED_TESTS = 31
"""Cases beyond the first of a test: the same certificates under other inputs."""


@cache
def certificate(name: str) -> bytes:
    return (FOLDER / "certs" / f"{name}.crt").read_bytes()


@cache
def crl(name: str) -> bytes:
    return (FOLDER / "crls" / f"{name}.crl").read_bytes()


def policies(names: list[str]) -> frozenset[str]:
    return frozenset(ANY_POLICY if name == "any" else name.replace("NIST-", ARC) for name in names)


def rules(case: dict[str, Any]) -> PathRules:
    inputs = dict(case["inputs"])
    wanted = inputs.pop("policies", None)
    return PathRules(policies(wanted) if wanted is not None else None, **inputs)


def ask(case: dict[str, Any], *, brought: bool) -> PathResult:
    """`brought`: the intermediates come with the file, last first, instead of standing in the trust store."""
    between = [certificate(name) for name in case["certificates"]]
    crls = [crl(name) for name in (ROOT_CRL, *case["crls"])]
    trust = TrustStore.build([certificate(ROOT)], intermediates=[] if brought else between, crls=crls)
    extra = [read_certificate(data) for data in reversed(between)] if brought else []
    leaf = read_certificate(certificate(case["leaf"]))
    return validate(leaf, trust, extra=extra, moment=Moment(NOW), use=Use.CERTIFICATE, asked=rules(case))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}-{case['name']}" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    for brought in (False, True):
        result = ask(case, brought=brought)
        assert result.trusted is case["valid"], [finding.code for finding in result.findings]
        assert {finding.code for finding in result.findings} == set(case.get("reasons", ()))
        assert {reason.value for reason in result.unusable} == set(case.get("because", ()))
        if "policies" in case:
            assert result.policies == policies(case["policies"])


def test_the_table_is_whole() -> None:
    """Every numbered test of NIST's sections stands in it, and every end-entity certificate is used."""
    counts = {
        "4.1": 6, "4.2": 8, "4.3": 11, "4.4": 21, "4.5": 8, "4.6": 17, "4.7": 5, "4.8": 20,
        "4.9": 8, "4.10": 14, "4.11": 11, "4.12": 10, "4.13": 38, "4.14": 35, "4.15": 10, "4.16": 2,
    }  # fmt: skip
    ids = {case["id"] for case in CASES}
    assert ids == {f"{section}.{number}" for section, most in counts.items() for number in range(1, most + 1)}
    assert len(CASES) == len(ids) + UNLISTED_TESTS
    leaves = {file.stem for file in (FOLDER / "certs").glob("*EE.crt")}
    assert leaves == {case["leaf"] for case in CASES}


@pytest.mark.parametrize("number", ["4.3.1", "4.3.2"])
def test_names_that_do_not_chain_are_named_when_the_path_is_given(number: str) -> None:
    """Building never offers such a path, so the check is asked directly."""
    case = next(case for case in CASES if case["id"] == number)
    trust = TrustStore.build([certificate(ROOT)], crls=[crl(name) for name in (ROOT_CRL, *case["crls"])])
    path = tuple(read_certificate(certificate(name)) for name in (case["leaf"], *case["certificates"], ROOT))
    result = judge_path(path, trust, moment=Moment(NOW), use=Use.CERTIFICATE)
    assert "certificate.name_chaining" in {finding.code for finding in result.findings}


# --- a second opinion ------------------------------------------------------------------------------------------------

_DISAGREE = {"4.1.5"}
"""DSA parameters inherited from the issuer: NIST says valid; pyhanko-certvalidator 0.33 and OpenSSL 3.0 cannot."""
_SAMPLE = [
    case
    for case in CASES
    if case["id"].rsplit(".", 1)[1] in ("1", "2", "5", "8", "15", "28") and case["id"] not in _DISAGREE
]


def pyhanko(case: dict[str, Any]) -> bool:
    """What pyhanko-certvalidator says to the same question."""
    wanted = dict(case["inputs"])
    params = PKIXValidationParams(
        user_initial_policy_set=policies(wanted["policies"]) if "policies" in wanted else frozenset(["any_policy"]),
        initial_policy_mapping_inhibit=wanted.get("inhibit_mapping", False),
        initial_explicit_policy=wanted.get("explicit_policy", False),
        initial_any_policy_inhibit=wanted.get("inhibit_any", False),
    )
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(certificate(ROOT))],
        other_certs=[asn1_x509.Certificate.load(certificate(name)) for name in case["certificates"]],
        crls=[asn1_crl.CertificateList.load(crl(name)) for name in (ROOT_CRL, *case["crls"])],
        revocation_mode="require",
        moment=NOW,
        best_signature_time=NOW,
        algorithm_usage_policy=DisallowWeakAlgorithmsPolicy(
            weak_hash_algos=frozenset(("md2", "md5")), dsa_key_size_threshold=1024
        ),
    )
    try:
        found = context.path_builder.build_paths(asn1_x509.Certificate.load(certificate(case["leaf"])))
        validate_path(context, found[0], parameters=params)
    except (ValidationError, PathValidationError, PathBuildingError):
        return False
    return True


@pytest.mark.parametrize("case", _SAMPLE, ids=[case["name"] for case in _SAMPLE])
def test_a_second_opinion(case: dict[str, Any]) -> None:
    assert pyhanko(case) is case["valid"]
