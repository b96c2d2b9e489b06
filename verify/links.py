"""One link of a chain (证书链的一环): was this signed by that key? RFC 5280 6.1.3 (a)(1), GM/T 0015.

SM2 always with the explicit default ID: `openssl verify` forgets it above the leaf (facts: standards 1.5). Answers are
cached by octets, for the same issuing certificates and CRLs stand behind every file.
"""

from __future__ import annotations

from functools import lru_cache

from ca.reading import Certificate, CertificateList, KeyUsage, OcspResponse, read_certificate
from hsm.errors import BadSignature
from hsm.schemes import Family, Scheme
from hsm.verifying import DEFAULT_SM2_ID, verify

parsed = lru_cache(maxsize=1024)(read_certificate)
"""`read_certificate`, kept: the same few issuers and departments stand in every file."""


def stands(spki: bytes, scheme: Scheme, message: bytes, signature: bytes) -> bool:
    """True when the signature stands. Callers turn False into a report entry; it is never an answer by itself."""
    sm2_id = DEFAULT_SM2_ID if scheme.family is Family.SM2 else None
    try:
        verify(spki, scheme, message, signature, sm2_id=sm2_id)
    except BadSignature:
        return False
    return True


_certificate_stands = lru_cache(maxsize=4096)(stands)
_list_stands = lru_cache(maxsize=64)(stands)  # few, for a list may have 100 MB and the cache keeps it alive


def issued(issuer: Certificate, certificate: Certificate) -> bool:
    """`issuer` signed `certificate`: by name (octets), key identifier and mathematics."""
    if issuer.subject.raw != certificate.issuer.raw or certificate.scheme is None:
        return False
    wanted, held = certificate.authority_key_id, issuer.subject_key_id
    if wanted is not None and held is not None and wanted != held:
        return False
    return _certificate_stands(issuer.spki, certificate.scheme, certificate.tbs, certificate.signature)


def listed(issuer: Certificate, crl: CertificateList) -> bool:
    """`issuer` signed `crl` and may sign lists."""
    if crl.issuer.raw != issuer.subject.raw or crl.scheme is None or not issuer.allows(KeyUsage.CRL_SIGN):
        return False
    return _list_stands(issuer.spki, crl.scheme, crl.tbs, crl.signature)


def answered(responder: Certificate, answer: OcspResponse) -> bool:
    """`responder` signed `answer`; whether it may speak for an issuer is the caller's question."""
    if answer.scheme is None:
        return False
    return _list_stands(responder.spki, answer.scheme, answer.tbs, answer.signature)
