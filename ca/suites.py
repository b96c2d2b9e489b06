"""The two suites (密码套件): SM2 with SM3, and RSA with SHA-256 for readers that know no SM2."""

from __future__ import annotations

from enum import StrEnum

from hsm.digests import Digest
from hsm.keys import Algorithm
from hsm.schemes import Scheme


class Suite(StrEnum):
    SM2 = "sm2"
    RSA = "rsa"

    @property
    def scheme(self) -> Scheme:
        return Scheme.SM2_SM3 if self is Suite.SM2 else Scheme.RSA_SHA256

    @property
    def digest(self) -> Digest:
        return self.scheme.digest

    @property
    def authority_algorithm(self) -> Algorithm:
        """Of CA and time-stamping keys: what they sign is believed for years."""
        return Algorithm.SM2 if self is Suite.SM2 else Algorithm.RSA_3072

    @property
    def leaf_algorithm(self) -> Algorithm:
        return Algorithm.SM2 if self is Suite.SM2 else Algorithm.RSA_2048


def key_identifier(key_bits: bytes) -> bytes:
    """The first 160 bits of SHA-256 of the public key bits (RFC 7093 2, method 1), in both suites.

    It only tells keys apart, so it need not be SM3, and readers and pkilint know this method.
    """
    return Digest.SHA256.of(key_bits)[:20]
