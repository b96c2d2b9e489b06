"""Digests (杂凑算法): SM3 (GB/T 32905) and the SHA family, plus HMAC-SM3 (GB/T 15852.2).

SHA-1 is here to judge old foreign files; nothing of ours is made with it.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from cryptography.hazmat.primitives import constant_time, hashes, hmac

from hsm import oids


class Digest(StrEnum):
    SM3 = "sm3"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def oid(self) -> str:
        return _OIDS[self]

    @property
    def size(self) -> int:
        return self.primitive().digest_size

    @property
    def weak(self) -> bool:
        """Collisions have been made: a signature over it proves little about files made since."""
        return self is Digest.SHA1

    def primitive(self) -> hashes.HashAlgorithm:
        return _PRIMITIVES[self]

    def of(self, data: bytes) -> bytes:
        running = hashes.Hash(_PRIMITIVES[self])
        running.update(data)
        return running.finalize()

    def stream(self) -> hashes.Hash:
        """A running digest: `update(...)`, then `finalize()`."""
        return hashes.Hash(_PRIMITIVES[self])


_OIDS: dict[Digest, str] = {
    Digest.SM3: oids.SM3,
    Digest.SHA1: oids.SHA1,
    Digest.SHA256: oids.SHA256,
    Digest.SHA384: oids.SHA384,
    Digest.SHA512: oids.SHA512,
}
_PRIMITIVES: dict[Digest, hashes.HashAlgorithm] = {
    Digest.SM3: hashes.SM3(),
    Digest.SHA1: hashes.SHA1(),  # noqa: S303 - verification of old foreign files, reported as weak
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
_BY_OID = {oid: digest for digest, oid in _OIDS.items()}


def digest_of_oid(oid: str) -> Digest | None:
    """The digest an AlgorithmIdentifier names; None when it is none of ours."""
    return _BY_OID.get(oid)


def sm3(data: bytes) -> bytes:
    return Digest.SM3.of(data)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    running = hmac.HMAC(key, hashes.SM3())
    running.update(message)
    return running.finalize()


def same(left: bytes, right: bytes) -> bool:
    """Equality whose time tells nothing about where two tags differ."""
    return constant_time.bytes_eq(left, right)
