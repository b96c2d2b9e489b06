"""Is this signed by that key (签名核验)? For certificates, CRLs, OCSP answers, time stamps and requests.

One place passes the SM2 signer ID, always explicitly (GM/T 0009, facts: standards 1.5). Each raises `BadSignature`, or
returns the scheme for a report. Trust, time and purpose are the path validator's business, not this module's.
"""

from __future__ import annotations

from typing import Protocol

from ca import oids
from ca.reading.certificate import Certificate
from ca.reading.crl import CertificateList
from ca.reading.csr import Request
from ca.reading.ocsp import OcspResponse
from ca.reading.stamp import TimeStampToken
from hsm.digests import same
from hsm.errors import BadSignature, Reason
from hsm.schemes import Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify


class Verifies(Protocol):
    """`hsm.verifying.verify`, or `hsm.just_verified.verify_kept` where our own is compared after making it."""

    def __call__(
        self, spki: bytes, scheme: Scheme, message: bytes, signature: bytes, *, sm2_id: bytes | None
    ) -> None: ...


def _verify(spki: bytes, scheme: Scheme | None, message: bytes, signature: bytes, how: Verifies = verify) -> Scheme:
    if scheme is None:
        raise BadSignature(Reason.MALFORMED, "unknown signature algorithm")
    how(spki, scheme, message, signature, sm2_id=DEFAULT_SM2_ID)
    return scheme


def check_certificate(certificate: Certificate, issuer_spki: bytes) -> Scheme:
    return _verify(issuer_spki, certificate.scheme, certificate.tbs, certificate.signature)


def check_crl(crl: CertificateList, issuer_spki: bytes) -> Scheme:
    return _verify(issuer_spki, crl.scheme, crl.tbs, crl.signature)


def check_ocsp(response: OcspResponse, responder_spki: bytes) -> Scheme:
    return _verify(responder_spki, response.scheme, response.tbs, response.signature)


def check_request(request: Request) -> Scheme:
    """Proof of possession: the request is signed with the key it asks a certificate for."""
    return _verify(request.spki, request.scheme, request.info, request.signature)


def check_token(token: TimeStampToken, tsa: Certificate, how: Verifies = verify) -> Scheme:
    """The token is signed by `tsa`, over this content, and names this certificate (RFC 3161 2.4.2, RFC 5816)."""
    signer = token.signer
    if signer.content_type != oids.TST_INFO or signer.digest is None:
        raise BadSignature(Reason.MALFORMED, "signed attributes of a time stamp")
    if not same(signer.digest.of(token.info.raw), signer.message_digest):
        raise BadSignature(Reason.MISMATCH, "content of the time stamp was changed")
    if signer.certificate_hash is not None:
        digest = signer.certificate_digest
        if digest is None or not same(digest.of(tsa.der), signer.certificate_hash):
            raise BadSignature(Reason.MISMATCH, "the time stamp names another certificate")
    return _verify(tsa.spki, signer.scheme, signer.signed_attributes, signer.signature, how)
