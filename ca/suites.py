"""The suites (密码套件), each with a root and an issuing CA of its own where `ca.suites` enables it.

SM2 with SM3; RSA or P-256 with SHA-256 for readers that know no SM2; ML-DSA-65 for the day after.
"""

from __future__ import annotations

from enum import StrEnum

from hsm.digests import Digest, sha256
from hsm.keys import Algorithm
from hsm.schemes import Scheme, scheme_for


class Suite(StrEnum):
    SM2 = "sm2"
    RSA = "rsa"
    P256 = "p256"
    ML_DSA = "mldsa"

    @property
    def scheme(self) -> Scheme:
        return scheme_for(self.authority_algorithm)

    @property
    def digest(self) -> Digest:
        return self.scheme.digest

    @property
    def authority_algorithm(self) -> Algorithm:
        """Of CA and time-stamping keys: what they sign is believed for years."""
        return _AUTHORITY[self]

    @property
    def leaf_algorithm(self) -> Algorithm:
        return Algorithm.RSA_2048 if self is Suite.RSA else _AUTHORITY[self]

    @property
    def certifies(self) -> frozenset[Algorithm]:
        """Which subject keys its CAs sign for. Nothing weaker below than above, and SM2 apart from the rest."""
        return _CERTIFIES[self]

    @property
    def certifies_authorities(self) -> frozenset[Algorithm]:
        return (
            frozenset((Algorithm.RSA_3072, Algorithm.RSA_4096)) if self is Suite.RSA else frozenset((_AUTHORITY[self],))
        )


_RSA = frozenset((Algorithm.RSA_2048, Algorithm.RSA_3072, Algorithm.RSA_4096))
_AUTHORITY = {
    Suite.SM2: Algorithm.SM2,
    Suite.RSA: Algorithm.RSA_3072,
    Suite.P256: Algorithm.P256,
    Suite.ML_DSA: Algorithm.ML_DSA_65,
}
_CERTIFIES = {
    Suite.SM2: frozenset((Algorithm.SM2,)),
    Suite.RSA: _RSA | {Algorithm.P256},
    Suite.P256: _RSA | {Algorithm.P256},
    Suite.ML_DSA: frozenset((Algorithm.ML_DSA_65,)),
}
USUAL = (Suite.SM2, Suite.RSA)
"""What every region has, and what seals and licences are made with."""


def key_identifier(key_bits: bytes) -> bytes:
    """The first 160 bits of SHA-256 of the public key bits (RFC 7093 2, method 1), in both suites.

    It only tells keys apart, so it need not be SM3, and readers and pkilint know this method.
    """
    return sha256(key_bits)[:20]
