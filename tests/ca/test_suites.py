"""The other suites (P-256, ML-DSA-65) from root to list and answer, and a CA held to its names, for other judges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.x509 import ocsp as x509_ocsp

from ca import crl, ocsp
from ca.chain import chain
from ca.errors import AuthorityUnknown, LintFailed
from ca.issue import IssuedCertificate, issue, run
from ca.prepare import wanted_from
from ca.profiles import PROFILES
from ca.reading import NO_IDENTITY, Reason, read_certificate, read_crl, read_token
from ca.reading.alternative import NO_NAMES
from ca.recheck import recheck
from ca.revoke import revoke
from ca.signatures import check_certificate, check_crl, check_token
from ca.suites import USUAL, Suite
from ca.timestamps import token
from foundation import der
from foundation.principal import SYSTEM
from hsm import private_keys
from hsm.digests import Digest
from hsm.errors import BadSignature
from hsm.errors import Reason as Why
from hsm.keys import Algorithm
from hsm.public_keys import algorithm_of, describe, public_key
from hsm.schemes import Scheme, scheme_for
from hsm.verifying import verify
from tests.ca.conftest import IDENTITIES, NAMES, SERVICE, SUBJECTS, Region
from tests.ca.linting import lint_certificate, lint_crl, lint_link
from tests.ca.oracles import openssl, pem, refused_by_openssl, write
from tests.ca.services import certificate_of
from tests.ca.test_ocsp import request

NEWER = (Suite.P256, Suite.ML_DSA)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def newer(request: pytest.FixtureRequest, make_region: Callable[..., Region]) -> Region:
    return make_region(request.param, NEWER)


def leaf(region: Region, suite: Suite, profile: str) -> IssuedCertificate:
    return issue(
        region.room,
        SYSTEM,
        suite=suite,
        profile=profile,
        subject=SUBJECTS.get(profile, SERVICE),
        spki=private_keys.generate(suite.leaf_algorithm).spki,
        identity=IDENTITIES.get(profile, NO_IDENTITY),
        names=NAMES.get(profile, NO_NAMES),
        request_key=f"{suite}-{profile}-{region.room.ground.ids.token(6)}",
    )


@pytest.mark.parametrize("suite", NEWER)
@pytest.mark.parametrize("profile", ["citizen", "legal-person", "device", "tls-server"])
def test_a_leaf_chains_to_its_root_for_cryptography(newer: Region, suite: Suite, profile: str) -> None:
    made = leaf(newer, suite, profile)
    path = [x509.load_der_x509_certificate(octets) for octets in (made.der, *chain(newer.room, made.der))]
    assert len(path) == 3
    for below, above in zip(path, [*path[1:], path[-1]], strict=True):
        key = above.public_key()
        if suite is Suite.P256:
            below.verify_directly_issued_by(above)
        else:
            assert isinstance(key, mldsa.MLDSA65PublicKey)
            key.verify(below.signature, below.tbs_certificate_bytes)
            assert below.signature_algorithm_oid.dotted_string == "2.16.840.1.101.3.4.3.18"
        assert below.issuer == above.subject
    kind = ec.EllipticCurvePublicKey if suite is Suite.P256 else mldsa.MLDSA65PublicKey
    assert isinstance(path[0].public_key(), kind)
    assert lint_certificate(made.der) == []


@pytest.mark.parametrize("suite", NEWER)
@pytest.mark.parametrize("profile", list(PROFILES))
def test_every_profile_either_passes_pkilint_or_takes_no_such_key(newer: Region, suite: Suite, profile: str) -> None:
    if suite.leaf_algorithm in PROFILES[profile].algorithms:
        assert lint_certificate(certificate_of(newer, suite, profile)) == []
        return
    with pytest.raises(LintFailed) as caught:
        leaf(newer, suite, profile)
    assert caught.value.check == "public_key"


def test_pkilint_finds_nothing_in_the_p256_links(newer: Region) -> None:
    issuing, root = (newer.room.authority(f"p256-{role}").certificate.der for role in ("issuing", "root"))
    assert lint_link(issuing, leaf(newer, Suite.P256, "tls-server").der) == []
    assert lint_link(root, issuing) == []


@pytest.mark.parametrize("suite", NEWER)
def test_lists_answers_and_stamps_are_signed_in_the_suite(newer: Region, suite: Suite) -> None:
    room, made = newer.room, leaf(newer, suite, "device")
    revoke(room, SYSTEM, certificate_id=made.id, reason=Reason.SUPERSEDED)
    issuing = room.authority(f"{suite}-issuing").certificate
    octets = crl.current(room, f"{suite}-issuing")
    assert check_crl(read_crl(octets), issuing.spki) is suite.scheme
    assert lint_crl(octets) == []
    assert x509.load_der_x509_crl(octets).get_revoked_certificate_by_serial_number(made.serial) is not None
    answer = x509_ocsp.load_der_ocsp_response(ocsp.answer(room, f"{suite}-issuing", request(newer, suite, made.serial)))
    assert answer.certificate_status is x509_ocsp.OCSPCertStatus.REVOKED
    stamp = read_token(token(room, suite, Digest.SHA256, b"x" * 32))
    assert check_token(stamp, stamp.signer_certificate()) is suite.scheme


def test_everything_of_these_suites_stands_up_to_a_recheck(newer: Region) -> None:
    assert recheck(newer.room).faults == []


def test_a_region_has_the_suites_its_settings_name(newer: Region) -> None:
    assert newer.room.suites == USUAL
    with pytest.raises(AuthorityUnknown):
        leaf(newer, Suite.RSA, "device")


@pytest.mark.parametrize(
    ("suite", "algorithm"),
    [
        (Suite.P256, Algorithm.ML_DSA_65),
        (Suite.P256, Algorithm.SM2),
        (Suite.ML_DSA, Algorithm.P256),
        (Suite.ML_DSA, Algorithm.SM2),
    ],
)
def test_a_suite_certifies_no_key_of_another(newer: Region, suite: Suite, algorithm: Algorithm) -> None:
    with pytest.raises(LintFailed) as caught:
        issue(
            newer.room,
            SYSTEM,
            suite=suite,
            profile="code-signer",
            subject=SUBJECTS["code-signer"],
            spki=private_keys.generate(algorithm).spki,
            request_key=f"foreign-{suite}-{algorithm}",
        )
    assert caught.value.check == "public_key"


def test_ml_dsa_keys_and_values_are_read_strictly() -> None:
    key = private_keys.generate(Algorithm.ML_DSA_65)
    value = private_keys.sign(key, b"m")
    verify(key.spki, Scheme.ML_DSA_65, b"m", value, sm2_id=None)
    assert (describe(key.spki), algorithm_of(public_key(key.spki))) == ("ML-DSA-65", Algorithm.ML_DSA_65)
    assert scheme_for(Algorithm.ML_DSA_65).algorithm_identifier() == der.sequence(der.oid("2.16.840.1.101.3.4.3.18"))
    for message, altered, why in (
        (b"n", value, Why.MISMATCH),
        (b"m", value[:-1] + bytes((value[-1] ^ 1,)), Why.MISMATCH),
        (b"m", value + b"\x00", Why.MALFORMED),
        (b"m", b"", Why.MALFORMED),
    ):
        with pytest.raises(BadSignature) as caught:
            verify(key.spki, Scheme.ML_DSA_65, message, altered, sm2_id=None)
        assert caught.value.reason is why
    with pytest.raises(BadSignature):
        verify(private_keys.generate(Algorithm.P256).spki, Scheme.ML_DSA_65, b"m", value, sm2_id=None)


@pytest.mark.parametrize(
    ("host", "holds"), [("oa.traffic.gov.cn", True), ("oa.traffic.example", False)], ids=["inside", "outside"]
)
def test_openssl_holds_a_constrained_ca_to_its_names(newer: Region, tmp_path: Path, host: str, holds: bool) -> None:
    """The sub-CA of a department signs for a host; judged whole, with policies and name constraints."""
    room, root = newer.room, newer.room.authority("p256-root")
    key = private_keys.generate(Algorithm.P256)
    profile, subject = PROFILES["sub-issuing"], SUBJECTS["sub-issuing"]
    below = run(room, SYSTEM, wanted_from(root, profile, subject, key.spki, NO_IDENTITY, f"sub-{host}"))
    made = read_certificate(below.der)
    check_certificate(made, root.certificate.spki)
    assert (made.is_ca, made.path_len) == (True, 0)
    assert lint_certificate(below.der) == []
    pattern = leaf(newer, Suite.P256, "tls-server").der
    tbs = _under(read_certificate(pattern).tbs, made.subject.raw, made.subject_key_id or b"", host)
    value = private_keys.sign(key, tbs)
    end = der.sequence(tbs, Scheme.ECDSA_SHA256.algorithm_identifier(), der.bit_string(value))
    files = [
        write(tmp_path, f"{name}.pem", pem(octets))
        for name, octets in (("root", root.certificate.der), ("sub", below.der), ("end", end))
    ]
    at = str(int(newer.clock.now().timestamp()) + 60)
    policy = room.places.certificate_policy(PROFILES["tls-server"])
    command = (
        "verify",
        "-policy",
        policy,
        "-explicit_policy",
        "-attime",
        at,
        "-CAfile",
        files[0],
        "-untrusted",
        files[1],
        files[2],
    )
    if holds:
        assert "OK" in openssl(*command)
    else:
        assert "permitted subtree violation" in refused_by_openssl(*command)


def _under(tbs: bytes, issuer: bytes, key_id: bytes, host: str) -> bytes:
    """The same certificate as if the sub-CA had made it, for another host (of the same length or not)."""
    parts = [node.raw for node in der.parse(tbs).children()]
    extensions = [node.raw for node in der.parse(parts[7]).children(1)[0].children()]
    rewritten = []
    for octets in extensions:
        oid = der.parse(octets).children()[0].as_oid()
        value = {
            "2.5.29.35": der.sequence(der.implicit(0, der.octet_string(key_id))),
            "2.5.29.17": der.sequence(der.implicit(2, der.ia5(host))),
        }.get(oid)
        rewritten.append(octets if value is None else der.sequence(der.oid(oid), der.octet_string(value)))
    parts[3], parts[7] = issuer, der.explicit(3, der.sequence(*rewritten))
    return der.sequence(*parts)
