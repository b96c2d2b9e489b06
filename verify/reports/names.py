"""Names in a TS 119 102-2 report (报告用名): namespaces, URNs of EN 319 102-1, identifiers of algorithms.

W3C has no name for SM3 and SM2; their object identifiers stand in as URNs (RFC 3061).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from hsm.digests import Digest
from hsm.schemes import Scheme
from verify.indications import Indication, Sub

VR = "http://uri.etsi.org/19102/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
TSL = "http://uri.etsi.org/02231/v2#"
PREFIXES = {"vr": VR, "ds": DS, "tsl": TSL}

_ETSI = "urn:etsi:019102"
OWN = "urn:yinxin:verify"
POE = f"{_ETSI}:poetype:validation"
CERTIFICATE = f"{_ETSI}:validationObject:certificate"
CRL = f"{_ETSI}:validationObject:CRL"
OCSP = f"{_ETSI}:validationObject:OCSPResponse"
TIME_STAMP = f"{_ETSI}:validationObject:timestamp"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"
_PSS = "http://www.w3.org/2007/05/xmldsig-more#"
_DIGESTS = {
    Digest.SM3: f"urn:oid:{Digest.SM3.oid}",
    Digest.SHA1: f"{DS}sha1",
    Digest.SHA256: f"{_ENC}sha256",
    Digest.SHA384: f"{_MORE}sha384",
    Digest.SHA512: f"{_ENC}sha512",
}
_SCHEMES = {
    Scheme.RSA_SHA1: f"{DS}rsa-sha1",
    Scheme.RSA_SHA256: f"{_MORE}rsa-sha256",
    Scheme.RSA_SHA384: f"{_MORE}rsa-sha384",
    Scheme.RSA_SHA512: f"{_MORE}rsa-sha512",
    Scheme.RSA_PSS_SHA256: f"{_PSS}sha256-rsa-MGF1",
    Scheme.RSA_PSS_SHA384: f"{_PSS}sha384-rsa-MGF1",
    Scheme.RSA_PSS_SHA512: f"{_PSS}sha512-rsa-MGF1",
    Scheme.ECDSA_SHA256: f"{_MORE}ecdsa-sha256",
    Scheme.ECDSA_SHA384: f"{_MORE}ecdsa-sha384",
    Scheme.ECDSA_SHA512: f"{_MORE}ecdsa-sha512",
}
_WORD = re.compile(r"_([a-z])")


def digest_uri(digest: Digest) -> str:
    return _DIGESTS[digest]


def scheme_uri(name: str) -> str:
    """Of an algorithm as a report names it."""
    try:
        scheme = Scheme(name)
    except ValueError:
        return f"{OWN}:algorithm:{quote(name[:80], safe='')}"
    return _SCHEMES.get(scheme) or f"urn:oid:{scheme.oid}"


def is_weak(name: str) -> bool:
    return name in {scheme.value for scheme in Scheme if scheme.weak}


def main_indication(indication: Indication) -> str:
    return f"{_ETSI}:mainindication:{indication.value.lower()}"


def sub_indication(sub: Sub) -> str:
    return f"{_ETSI}:subindication:{sub.value}"


def process(name: str) -> str:
    return f"{_ETSI}:validationprocess:{name}"


def reason(name: str) -> str:
    """`KEY_COMPROMISE` → `keyCompromise`, as X.509 spells it."""
    return f"{_ETSI}:revocationReason:{_WORD.sub(lambda found: found[1].upper(), name.lower())}"
