"""SM2 certification paths, class by class (SM2 证书路径): accepted, or refused for the right reason.

The cases stand in `path_cases` and `list_cases`. Two others are asked as well: pyhanko-certvalidator for the rules,
over our mathematics or gmssl's, and `openssl verify` for each link (facts: standards 1.5 says why only links).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError
from pyhanko_certvalidator.policy_decl import AcceptAllAlgorithms, PKIXValidationParams
from pyhanko_certvalidator.sig_validate import SignatureValidator
from pyhanko_certvalidator.validate import validate_path

from ca.reading import read_certificate
from hsm.oids import SM2_WITH_SM3
from hsm.schemes import Scheme
from tests.ca.oracles import DISTID, gmssl_accepts_sm2, pem
from tests.verify import list_cases, pki
from tests.verify.path_cases import CASES, Case, Question, chain, spoilt
from verify.links import stands
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.trust import TrustStore, Use

assert list_cases
_DISAGREE = {
    "critical-extension-damaged": "raises while reading the extension",
    "names-of-every-kind-permitted": "does not know IP addresses in constraints",
    "names-address-not-permitted": "does not know IP addresses in constraints",
    "names-of-a-kind-nobody-can-judge": "raises over names of another kind",
    "list-with-an-unknown-critical-extension-in-another-entry": "looks at one entry only (RFC 5280 5.3)",
    "delta-that-leaves-a-gap-is-not-laid-over": "refuses the complete list too",
    "delta-fresh-over-a-list-out-of-date": "wants the complete list fresh (RFC 5280 6.3.3 (a)(1)(i) does not)",
    "answer-with-sm3-hashes": "knows no SM3",
    "answer-of-a-delegated-responder": "reads the responder's key with a library that has no SM2",
    "answer-of-another-ca's-responder": "reads the responder's key with a library that has no SM2",
    "answer-older-than-the-list-that-revokes": "lets a good answer outvote a newer list (facts: sealing 2.3 note a)",
}
"""Case → why pyhanko-certvalidator 0.33 sees it differently."""
COMPARED = [case for case in CASES if case.name not in _DISAGREE]
IDS = [case.name for case in CASES]


def ask(question: Question) -> PathResult:
    trust = TrustStore.build(
        [question.root.certificate],
        intermediates=[one.certificate for one in question.between],
        crls=question.lists(),
        ocsp=question.ocsp,
    )
    leaf = read_certificate(question.leaf.certificate)
    return validate(leaf, trust, moment=Moment(question.now), use=Use.CERTIFICATE, asked=question.asked)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_case(case: Case) -> None:
    result = ask(case.make())
    assert {finding.code for finding in result.findings} == case.reasons
    assert {reason.value for reason in result.unusable} == case.because
    assert result.trusted is (not case.reasons)


# --- second opinions -------------------------------------------------------------------------------------------------


class Sm2(SignatureValidator):
    """SM2 signatures for a validator that knows none."""

    def __init__(self, accepts: Callable[[bytes, bytes, bytes], bool]) -> None:
        self._accepts = accepts

    def validate_signature(  # type: ignore[no-untyped-def]
        self, signature: bytes, signed_data: bytes, public_key_info, signature_algorithm, context=None
    ) -> None:
        if signature_algorithm["algorithm"].dotted != SM2_WITH_SM3:
            raise InvalidSignature
        if not self._accepts(public_key_info.dump(), signed_data, signature):
            raise InvalidSignature


def by_libcrypto(spki: bytes, message: bytes, signature: bytes) -> bool:
    return stands(spki, Scheme.SM2_SM3, message, signature)


def mathematics(case: Case) -> Sm2:
    """The pure-Python implementation where signatures are the point; it needs forty milliseconds for each."""
    return Sm2(gmssl_accepts_sm2 if case.name.startswith("signature") else by_libcrypto)


def pyhanko(question: Question, accepts: Sm2) -> bool:
    asked = question.asked
    params = PKIXValidationParams(
        user_initial_policy_set=asked.policies or frozenset(["any_policy"]),
        initial_policy_mapping_inhibit=asked.inhibit_mapping,
        initial_explicit_policy=asked.explicit_policy,
        initial_any_policy_inhibit=asked.inhibit_any,
    )
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(question.root.certificate)],
        other_certs=[asn1_x509.Certificate.load(one.certificate) for one in question.between],
        crls=[asn1_crl.CertificateList.load(data) for data in question.lists()],
        ocsps=[asn1_ocsp.OCSPResponse.load(data) for data in question.ocsp],
        revocation_mode="require",
        moment=question.now,
        best_signature_time=question.now,
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=accepts,
    )
    try:
        path = context.path_builder.build_paths(asn1_x509.Certificate.load(question.leaf.certificate))[0]
        validate_path(context, path, parameters=params)
    except (ValidationError, PathBuildingError, ValueError):
        return False
    return True


@pytest.mark.parametrize("case", COMPARED, ids=[case.name for case in COMPARED])
def test_a_second_opinion(case: Case) -> None:
    assert pyhanko(case.make(), mathematics(case)) is (not case.reasons)


def openssl(folder: Path, issuer: bytes, certificate: bytes) -> bool:
    """`openssl verify` of one link: the signer ID reaches the leaf alone, so the leaf is all it gets."""
    (folder / "issuer.pem").write_bytes(pem(issuer))
    (folder / "leaf.pem").write_bytes(pem(certificate))
    command = ["openssl", "verify", "-partial_chain", "-attime", str(int(pki.NOW.timestamp())), "-vfyopt", DISTID]
    run = subprocess.run(
        [*command, "-trusted", str(folder / "issuer.pem"), str(folder / "leaf.pem")], capture_output=True, check=False
    )
    return run.returncode == 0


@pytest.mark.parametrize("changed", [False, True], ids=["sound", "spoilt"])
def test_openssl_agrees_link_by_link(tmp_path: Path, *, changed: bool) -> None:
    question = chain()
    middle, leaf = question.between[0], spoilt(question.leaf) if changed else question.leaf
    assert openssl(tmp_path, question.root.certificate, middle.certificate)
    assert openssl(tmp_path, middle.certificate, leaf.certificate) is not changed
    assert ask(question).trusted is not changed
