"""One link of a chain (证书链的一环): was this signed by that key? RFC 5280 6.1.3 (a)(1), GM/T 0015.

SM2 always with the explicit default ID: `openssl verify` forgets it above the leaf (facts: standards 1.5). Answers are
cached by octets, for the same issuing certificates and CRLs stand behind every file.
"""

from __future__ import annotations

from functools import lru_cache

from ca.reading import Certificate, CertificateList, OcspResponse, read_certificate
from foundation import der
from hsm import dsa
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
forget = _certificate_stands.cache_clear
"""For measuring: the next question checks every signature anew."""


def certified(spki: bytes, certificate: Certificate) -> bool:
    """The key signed the certificate; key identifiers are hints and prove nothing either way."""
    if certificate.scheme is None:
        return _stands_by_dsa(spki, certificate.signature_algorithm, certificate.tbs, certificate.signature)
    return _certificate_stands(spki, certificate.scheme, certificate.tbs, certificate.signature)


def listed(spki: bytes, crl: CertificateList) -> bool:
    """The key signed `crl`. Not cached by octets: a list may have 100 MB, and a cache would keep it alive."""
    if crl.scheme is None:
        return _stands_by_dsa(spki, crl.signature_algorithm, crl.tbs, crl.signature)
    return stands(spki, crl.scheme, crl.tbs, crl.signature)


def answered(spki: bytes, answer: OcspResponse) -> bool:
    """The key signed `answer`; whether it may speak for an issuer is the caller's question."""
    return answer.scheme is not None and stands(spki, answer.scheme, answer.tbs, answer.signature)


def _stands_by_dsa(spki: bytes, algorithm: bytes, message: bytes, signature: bytes) -> bool:
    try:
        dsa.verify(spki, der.parse(algorithm).children(2)[0].as_oid(), message, signature)
    except BadSignature:
        return False
    return True
