"""With which mathematics a CMS signature was made (签名数据的算法): what it names, checked against itself."""

from __future__ import annotations

from ca.reading import Certificate, scheme_of
from ca.reading.algorithms import pss_of
from foundation import der
from hsm import oids
from hsm.digests import Digest, digest_of_oid
from hsm.errors import BadSignature
from hsm.schemes import Scheme
from seal.cms import SignerInfo
from verify import values
from verify.checked import Broken
from verify.report import Sub
from verify.words import finding


def algorithms(signer: SignerInfo, certificate: Certificate) -> tuple[Scheme, Digest, int | None]:
    """The digest of the SignerInfo and of the scheme must be one: SM2 goes with SM3 and nothing else.

    And the salt length of RSASSA-PSS, which most writers make as long as the key allows.
    """
    digest = digest_of_oid(signer.digest_algorithm)
    identifier = der.parse(der.sequence(der.oid(signer.signature_algorithm), signer.signature_parameters or b""))
    salted = pss_of(identifier) if signer.signature_algorithm == oids.RSA_PSS else None
    scheme, salt = salted or (scheme_of(identifier, digest) if digest is not None else None, None)
    if digest is None or scheme is None or scheme.digest is not digest:
        named = f"{signer.signature_algorithm} / {signer.digest_algorithm}"
        if _stands_otherwise(signer, certificate):
            altered = finding("signature.format", f"it was not made with {named}")
            raise Broken(Sub.FORMAT_FAILURE, altered, certificate=certificate)
        raise Broken(Sub.SIG_CRYPTO_FAILURE, finding("signature.algorithm_unknown", named), certificate=certificate)
    return scheme, digest, salt


def _stands_otherwise(signer: SignerInfo, certificate: Certificate) -> bool:
    """The value stands under an algorithm we know: somebody changed the name of it, which no signature protects."""
    for scheme in Scheme:
        try:
            values.departures(certificate.spki, scheme, signer.signed_octets or b"", signer.signature)
        except BadSignature:
            continue
        return True
    return False
