"""RSASSA-PSS of other makers (PSS 签名): pyHanko's PDFs, OpenSSL's messages, joserfc's tokens, any salt length.

Most writers make the salt as long as the key allows, and say so in the parameters (RFC 4055 3.1), which no signature
protects: what they say must be what was done.
"""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import keys, x509
from joserfc import jws
from joserfc.jwk import RSAKey
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from foundation import der
from foundation.clock import FixedClock
from hsm.keys import Algorithm
from tests.verify import odd_cms, pki
from tests.verify.pdf_papers import paper
from tests.verify.pki import NOW, Region
from tests.verify.test_sealed import told
from verify.judge import Context, judge
from verify.report import Report, Verdict
from verify.trust import TrustStore

CONTENT = odd_cms.CONTENT


@pytest.fixture(scope="module")
def region() -> Region:
    return pki.region("pss", Algorithm.RSA_2048)


@pytest.fixture(scope="module")
def context(region: Region) -> Context:
    trust = TrustStore.build([region.root.certificate], intermediates=[region.issuing.certificate], crls=region.crls())
    return Context(trust, FixedClock(NOW))


def stands(context: Context, data: bytes, content: bytes | None = None) -> Report:
    report = judge(data, name=None, context=context, content=content)
    assert report.verdict is Verdict.GENUINE, told(report)
    assert (report.signatures[0].intact, report.signatures[0].trusted) == (True, True)
    return report


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_pdf_signed_by_pyhanko(context: Context, region: Region, digest: str) -> None:
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(region.seal.certificate),  # type: ignore[no-untyped-call]
        signing_key=keys.PrivateKeyInfo.load(region.seal.key.pkcs8()),  # type: ignore[no-untyped-call]
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
        prefer_pss=True,
    )
    meta = signers.PdfSignatureMetadata(field_name="Seal1", md_algorithm=digest)
    out = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(paper())), meta, signer)
    data = out.getvalue()
    report = stands(context, data)
    assert report.signatures[0].algorithm == f"rsa-pss-{digest}"
    spoilt = judge(data.replace(b"(charity)", b"(CHARITY)", 1), name=None, context=context)
    assert (spoilt.verdict, spoilt.intact) == (Verdict.NOT_GENUINE, False), told(spoilt)


@pytest.mark.parametrize(
    ("digest", "salt"),
    [("sha256", "max"), ("sha256", "digest"), ("sha256", "20"), ("sha256", "0"), ("sha384", "max"), ("sha512", "33")],
)
def test_a_message_signed_by_openssl(context: Context, region: Region, tmp_path: Path, digest: str, salt: str) -> None:
    options = ("-md", digest, "-keyopt", "rsa_padding_mode:pss", "-keyopt", f"rsa_pss_saltlen:{salt}")
    data = odd_cms.openssl(tmp_path, region.seal, CONTENT, *options)
    assert stands(context, data, CONTENT).signatures[0].algorithm == f"rsa-pss-{digest}"
    other = judge(data, name=None, context=context, content=CONTENT + b"!")
    assert (other.verdict, other.has("signature.hash")) == (Verdict.NOT_GENUINE, True)


def test_another_salt_length_than_was_used_is_an_alteration(context: Context, region: Region, tmp_path: Path) -> None:
    options = ("-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:33")
    data = odd_cms.openssl(tmp_path, region.seal, CONTENT, *options)
    said = der.explicit(2, der.integer(33))
    assert data.count(said) == 1
    for wrong in (32, 34, 0, 127):
        report = judge(
            data.replace(said, der.explicit(2, der.integer(wrong))), name=None, context=context, content=CONTENT
        )
        assert (report.verdict, report.intact) == (Verdict.NOT_GENUINE, False), told(report)
        assert report.has("signature.crypto")


@pytest.mark.parametrize("name", ["PS256", "PS384", "PS512"])
def test_a_token_signed_by_joserfc(context: Context, region: Region, name: str) -> None:
    key = RSAKey.import_key(_pem(region.seal.key.pkcs8()))
    registry = jws.JWSRegistry(algorithms=[name])
    registry.max_header_length = 16_384
    header = {"alg": name, "x5c": [base64.b64encode(region.seal.certificate).decode()]}
    token = jws.serialize_compact(header, CONTENT, key, registry=registry)
    report = stands(context, token.encode())
    assert report.signatures[0].format == f"JWS {name}"
    head, payload, value = token.split(".")
    forged = f"{head}.{payload[:-2]}AA.{value}"
    assert judge(forged.encode(), name=None, context=context).verdict is Verdict.NOT_GENUINE


def _pem(pkcs8: bytes) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(pkcs8).decode()}-----END PRIVATE KEY-----\n"
