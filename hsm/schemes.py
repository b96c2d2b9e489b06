"""Signature schemes (签名算法): which mathematics, which digest, which object identifier.

RSA with SHA-1 can be verified, never made, and is `weak`. For RSASSA-PSS the identifier alone says too little: the
reader of the AlgorithmIdentifier parameters picks the member and the salt length (RFC 4055 3.1).
"""

from __future__ import annotations

from enum import StrEnum

from foundation import der
from hsm import oids
from hsm.digests import Digest
from hsm.keys import Algorithm


class Family(StrEnum):
    SM2 = "sm2"
    RSA = "rsa"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"
    ML_DSA = "ml-dsa"


class Scheme(StrEnum):
    SM2_SM3 = "sm2-sm3"
    RSA_SHA1 = "rsa-sha1"
    RSA_SHA256 = "rsa-sha256"
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    RSA_PSS_SHA384 = "rsa-pss-sha384"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"
    ML_DSA_65 = "ml-dsa-65"

    @property
    def family(self) -> Family:
        return _TABLE[self][0]

    @property
    def digest(self) -> Digest:
        return _TABLE[self][1]

    @property
    def oid(self) -> str:
        return _TABLE[self][2]

    @property
    def weak(self) -> bool:
        return self.digest.weak

    def algorithm_identifier(self) -> bytes:
        """DER as our own certificates and messages carry it: RSA with NULL (RFC 4055 5), the others bare."""
        match self.family:
            case Family.SM2 | Family.ECDSA | Family.ML_DSA:
                return der.sequence(der.oid(self.oid))
            case Family.RSA:
                return der.sequence(der.oid(self.oid), der.null())
            case Family.RSA_PSS:
                inner = der.sequence(der.oid(self.digest.oid), der.null())
                return der.sequence(
                    der.oid(self.oid),
                    der.sequence(
                        der.explicit(0, inner),
                        der.explicit(1, der.sequence(der.oid(oids.MGF1), inner)),
                        der.explicit(2, der.integer(self.digest.size)),
                    ),
                )


_TABLE: dict[Scheme, tuple[Family, Digest, str]] = {
    Scheme.SM2_SM3: (Family.SM2, Digest.SM3, oids.SM2_WITH_SM3),
    Scheme.RSA_SHA1: (Family.RSA, Digest.SHA1, oids.RSA_WITH_SHA1),
    Scheme.RSA_SHA256: (Family.RSA, Digest.SHA256, oids.RSA_WITH_SHA256),
    Scheme.RSA_SHA384: (Family.RSA, Digest.SHA384, oids.RSA_WITH_SHA384),
    Scheme.RSA_SHA512: (Family.RSA, Digest.SHA512, oids.RSA_WITH_SHA512),
    Scheme.RSA_PSS_SHA256: (Family.RSA_PSS, Digest.SHA256, oids.RSA_PSS),
    Scheme.RSA_PSS_SHA384: (Family.RSA_PSS, Digest.SHA384, oids.RSA_PSS),
    Scheme.RSA_PSS_SHA512: (Family.RSA_PSS, Digest.SHA512, oids.RSA_PSS),
    Scheme.ECDSA_SHA256: (Family.ECDSA, Digest.SHA256, oids.ECDSA_WITH_SHA256),
    Scheme.ECDSA_SHA384: (Family.ECDSA, Digest.SHA384, oids.ECDSA_WITH_SHA384),
    Scheme.ECDSA_SHA512: (Family.ECDSA, Digest.SHA512, oids.ECDSA_WITH_SHA512),
    # It hashes inside; the digest is what goes beside it in messages (RFC 9882 3.3)
    Scheme.ML_DSA_65: (Family.ML_DSA, Digest.SHA512, oids.ML_DSA_65),
}
_BY_OID = {scheme.oid: scheme for scheme in Scheme if scheme.family is not Family.RSA_PSS}
_FOR_ALGORITHM = {
    Algorithm.SM2: Scheme.SM2_SM3,
    Algorithm.RSA_2048: Scheme.RSA_SHA256,
    Algorithm.RSA_3072: Scheme.RSA_SHA256,
    Algorithm.RSA_4096: Scheme.RSA_SHA256,
    Algorithm.P256: Scheme.ECDSA_SHA256,
    Algorithm.ML_DSA_65: Scheme.ML_DSA_65,
}


def scheme_for(algorithm: Algorithm) -> Scheme:
    """The one scheme a key of ours signs with."""
    return _FOR_ALGORITHM[algorithm]


def scheme_of_oid(oid: str) -> Scheme | None:
    """The scheme of a signature algorithm identifier; None for unknown ones and for RSASSA-PSS (see above)."""
    return _BY_OID.get(oid)
