"""AlgorithmIdentifier (算法标识) to scheme and digest, as certificates and CMS spell them.

SM2 parameters stand as NULL or not at all in the field (facts: standards 1.5); both are read.
"""

from __future__ import annotations

from typing import Final

from ca.reading.shapes import fields, sole
from foundation import der
from hsm import oids
from hsm.digests import Digest, digest_of_oid
from hsm.schemes import Scheme, scheme_of_oid

_PSS: Final = {
    Digest.SHA256: Scheme.RSA_PSS_SHA256,
    Digest.SHA384: Scheme.RSA_PSS_SHA384,
    Digest.SHA512: Scheme.RSA_PSS_SHA512,
}
_DEFAULT_SALT: Final = 20
_MOST_SALT: Final = 2048
_BY_KEY: Final = {
    # CMS may name the key's algorithm and leave the digest to its own field (RFC 5652 5.3, GB/T 35275)
    (oids.RSA, Digest.SHA1): Scheme.RSA_SHA1,
    (oids.RSA, Digest.SHA256): Scheme.RSA_SHA256,
    (oids.RSA, Digest.SHA384): Scheme.RSA_SHA384,
    (oids.RSA, Digest.SHA512): Scheme.RSA_SHA512,
    (oids.SM2, Digest.SM3): Scheme.SM2_SM3,
    (oids.SM2_SIGN, Digest.SM3): Scheme.SM2_SM3,
}


def algorithm_oid(node: der.Node) -> str:
    return fields(node, 1, 2, "algorithm identifier is empty")[0].as_oid()


def digest_of(node: der.Node) -> Digest | None:
    return digest_of_oid(algorithm_oid(node))


def scheme_of(node: der.Node, digest: Digest | None = None) -> Scheme | None:
    """The scheme an AlgorithmIdentifier names, or None for one we do not know. `digest` is the SignerInfo's own."""
    oid = algorithm_oid(node)
    if oid == oids.RSA_PSS:
        return _pss(node)
    if digest is not None and (oid, digest) in _BY_KEY:
        return _BY_KEY[oid, digest]
    return scheme_of_oid(oid)


def pss_of(node: der.Node) -> tuple[Scheme, int] | None:
    """Scheme and salt length of an RSASSA-PSS identifier (RFC 4055 3.1): one digest in both places; else unknown."""
    parts = node.children(2)
    if len(parts) != 2:
        return None  # all defaults means SHA-1
    given = {part.tag: sole(part) for part in parts[1].expect(der.SEQUENCE).children(4)}
    if not {0xA0, 0xA1} <= given.keys() <= {0xA0, 0xA1, 0xA2}:
        return None
    digest = digest_of(given[0xA0])
    generator = fields(given[0xA1], 2, 2, "mask generation")
    if digest is None or generator[0].as_oid() != oids.MGF1 or digest_of(generator[1]) is not digest:
        return None
    salt = given[0xA2].as_integer() if 0xA2 in given else _DEFAULT_SALT
    scheme = _PSS.get(digest)
    return (scheme, salt) if scheme is not None and 0 <= salt <= _MOST_SALT else None


def _pss(node: der.Node) -> Scheme | None:
    """Where no salt length goes along, it must be as long as the digest."""
    found = pss_of(node)
    return found[0] if found is not None and found[1] == found[0].digest.size else None
