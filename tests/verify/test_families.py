"""One chain in every algorithm we can verify (签名算法): RSA, RSA-PSS, P-256, P-384, SM2, ML-DSA, and mixed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca.reading import read_certificate
from foundation import der
from hsm.keys import Algorithm
from hsm.oids import RSA_WITH_SHA1, RSA_WITH_SHA256
from tests.bent import bent
from tests.verify import pki
from tests.verify.pki import NOW, make
from verify.moments import Moment
from verify.path import PathResult, validate
from verify.trust import TrustStore, Use

DAY = timedelta(days=1)


def ask(roots: list[bytes], between: list[bytes], crls: list[bytes], leaf: bytes) -> PathResult:
    trust = TrustStore.build(roots, intermediates=between, crls=crls)
    return validate(read_certificate(leaf), trust, moment=Moment(NOW), use=Use.CERTIFICATE)


@pytest.mark.parametrize("algorithm", [Algorithm.SM2, Algorithm.P256, Algorithm.RSA_2048, Algorithm.ML_DSA_65])
def test_our_own_families(algorithm: Algorithm) -> None:
    region = pki.region(f"家族 {algorithm}", algorithm)
    result = ask([region.root.certificate], [region.issuing.certificate], region.crls(), region.seal.certificate)
    assert result.trusted
    assert {line.algorithm for line in result.lines} == {region.seal.scheme.value}
    region.issuing.revoke(region.seal, at=NOW - DAY)
    again = ask([region.root.certificate], [region.issuing.certificate], region.crls(), region.seal.certificate)
    assert {finding.code for finding in again.findings} == {"certificate.revoked"}
    spoilt = bent(region.seal.certificate, -9)
    assert not ask([region.root.certificate], [region.issuing.certificate], region.crls(), spoilt).trusted


def test_a_chain_of_mixed_families() -> None:
    """Old RSA root, SM2 below it, a P-256 leaf: each link by its own mathematics."""
    top = make("混合根", kind="ca", algorithm=Algorithm.RSA_2048)
    middle = make("混合中级", top, kind="ca", algorithm=Algorithm.SM2)
    leaf = make("混合用户", middle, algorithm=Algorithm.P256)
    result = ask([top.certificate], [middle.certificate], [top.crl(), middle.crl()], leaf.certificate)
    assert result.trusted
    assert [line.algorithm for line in result.lines] == ["sm2-sm3", "rsa-sha256", "rsa-sha256"]


# --- by the builders of `cryptography`, which share nothing with ours ------------------------------------------------


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def foreign(kind: str) -> tuple[bytes, bytes, bytes]:
    """Root, its list, a leaf."""
    key: Any
    if kind == "p-384":
        key, more = ec.generate_private_key(ec.SECP384R1()), {"algorithm": hashes.SHA384()}
    else:
        key = rsa.generate_private_key(65537, 2048)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        more = {"algorithm": hashes.SHA256(), "rsa_padding": pss}

    def certificate(subject: str, *, authority: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=named("外来根"),
            subject_name=named(subject),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=NOW - DAY,
            not_valid_after=NOW + 365 * DAY,
        )
        return builder.add_extension(x509.BasicConstraints(authority, None), critical=True).sign(key, **more)

    crl = x509.CertificateRevocationListBuilder(named("外来根"), NOW - DAY, NOW + DAY).sign(key, **more)
    made = certificate("外来根", authority=True), crl, certificate("外来用户", authority=False)
    root, list_, leaf = (one.public_bytes(Encoding.DER) for one in made)
    return root, list_, leaf


@pytest.mark.parametrize("kind", ["p-384", "rsa-pss"])
def test_foreign_families(kind: str) -> None:
    root, crl, leaf = foreign(kind)
    assert ask([root], [], [crl], leaf).trusted
    assert not ask([root], [], [crl], leaf[:-1] + bytes((leaf[-1] ^ 1,))).trusted


def test_a_list_under_a_weak_algorithm_counts_for_nothing() -> None:
    """RSA with SHA-1 can still be checked; nobody should rely on it."""
    key = rsa.generate_private_key(65537, 2048)
    root = (
        x509.CertificateBuilder(named("旧根"), named("旧根"), key.public_key(), 1, NOW - DAY, NOW + 365 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    leaf = x509.CertificateBuilder(named("旧根"), named("旧用户"), key.public_key(), 2, NOW - DAY, NOW + 365 * DAY)
    made = leaf.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    crl = x509.CertificateRevocationListBuilder(named("旧根"), NOW - DAY, NOW + DAY).sign(key, hashes.SHA256())
    tbs = crl.tbs_certlist_bytes.replace(der.oid(RSA_WITH_SHA256), der.oid(RSA_WITH_SHA1))
    value = key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - the point
    old = der.sequence(tbs, der.sequence(der.oid(RSA_WITH_SHA1), der.null()), der.bit_string(value))
    assert ask([root.public_bytes(Encoding.DER)], [], [crl.public_bytes(Encoding.DER)], made).trusted
    assert ask([root.public_bytes(Encoding.DER)], [], [old], made).unusable == {"weak-algorithm"}
