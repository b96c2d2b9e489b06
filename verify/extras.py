"""Certificates a file brings along (附带证书): none of them may stand there unproved.

They lie outside the signature, so an altered one would go unnoticed. Each must be on the validated path, or be signed
by a certificate we can see. Where the signer itself is unknown, missing issuers are that finding's business.
"""

from __future__ import annotations

from collections.abc import Iterable

from ca.reading import Certificate
from foundation import der
from foundation.der import DerError
from verify.links import parsed
from verify.path import PathResult
from verify.paths.limits import MOST_FAN_OUT, Budget, OutOfBounds
from verify.paths.names import same_name
from verify.paths.signatures import Signatures
from verify.trust import TrustStore


def unverified(brought: Iterable[bytes], path: PathResult, trust: TrustStore) -> bool:
    """True when some certificate in `brought` cannot be shown to be what its issuer signed."""
    used = {certificate.der for certificate in path.certificates}
    held = {certificate.der for certificate in (*trust.anchors, *trust.intermediates, *trust.leaves)}
    items: list[Certificate] = []
    for data in brought:
        try:
            items.append(parsed(data))
        except DerError:
            return True
    signatures = Signatures(Budget())
    known = (*items, *trust.anchors, *trust.intermediates)
    for certificate in items:
        if certificate.der in held:
            continue
        if not _one_spelling(certificate):
            return True
        if certificate.der in used:
            continue
        issuers = [item for item in known if same_name(item.subject.raw, certificate.issuer.raw)]
        if _issued_by_one(certificate, issuers, signatures):
            continue
        if path.trusted or any(_says_so(issuer, certificate) for issuer in issuers):
            return True
    return False


def _says_so(issuer: Certificate, certificate: Certificate) -> bool:
    """Not where it names another key under the same name: an authority renewed, or one elsewhere called the same."""
    named = issuer.subject_key_id, certificate.authority_key_id
    return None in named or named[0] == named[1]


def _issued_by_one(certificate: Certificate, issuers: list[Certificate], signatures: Signatures) -> bool:
    """The likeliest issuers first; a file with so many that the limit is reached has not proved its certificates."""
    issuers.sort(key=lambda issuer: issuer.subject_key_id != certificate.authority_key_id)
    try:
        return any(signatures.certificate(issuer.spki, certificate) for issuer in issuers[:MOST_FAN_OUT])
    except OutOfBounds:
        return False


def _one_spelling(certificate: Certificate) -> bool:
    """The octets around the signed part are the only ones possible."""
    value = der.bit_string(certificate.signature)
    same = "algorithm-parameters-differ" not in certificate.deviations
    return same and certificate.der == der.sequence(certificate.tbs, certificate.signature_algorithm, value)
