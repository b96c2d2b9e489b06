"""Reading what others signed (证书解析): certificates, CRLs, OCSP answers, time stamp tokens, CSRs.

Bounded, independent of any database, over the original octets: what a signature covers is a slice, never a
re-encoding. Tolerates what the field has and says so in `deviations`; refuses garbage with `DerError`.
"""

from __future__ import annotations

from ca.names import Name
from ca.reading.algorithms import digest_of, scheme_of
from ca.reading.certificate import Certificate, KeyUsage, read_certificate, read_certificates
from ca.reading.crl import CertificateList, Reason, RevokedEntry, read_crl
from ca.reading.csr import Request, read_request
from ca.reading.extensions import Extension
from ca.reading.identity import NO_IDENTITY, IdentityExtensions, identity_of
from ca.reading.ocsp import CertId, CertStatus, OcspResponse, SingleStatus, read_ocsp_response
from ca.reading.stamp import TimeStampToken, TokenSigner, TstInfo, read_token

__all__ = [
    "NO_IDENTITY",
    "CertId",
    "CertStatus",
    "Certificate",
    "CertificateList",
    "Extension",
    "IdentityExtensions",
    "KeyUsage",
    "Name",
    "OcspResponse",
    "Reason",
    "Request",
    "RevokedEntry",
    "SingleStatus",
    "TimeStampToken",
    "TokenSigner",
    "TstInfo",
    "digest_of",
    "identity_of",
    "read_certificate",
    "read_certificates",
    "read_crl",
    "read_ocsp_response",
    "read_request",
    "read_token",
    "scheme_of",
]
