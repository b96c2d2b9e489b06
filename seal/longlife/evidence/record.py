"""The evidence record as it travels (证据记录编码): RFC 4998 3 to 5, ASN.1 of its appendix A (implicit tags).

Written as DER. Read within bounds, and every part keeps its original octets: renewals are made over those.
"""

from __future__ import annotations

from dataclasses import dataclass

from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError, Node
from hsm.digests import Digest, digest_of_oid
from seal.longlife.evidence.tree import Reduced

MOST_OCTETS = 4 * 1024 * 1024
MOST_CHAINS = 64
MOST_STAMPS = 256
MOST_LISTS = 64
MOST_HASHES = 20_000
MOST_INFOS = 16
_DIGEST, _ATTRIBUTES, _TREE = 0xA0, 0xA1, 0xA2
_CRYPTO_INFOS, _ENCRYPTION = 0xA0, 0xA1


@dataclass(frozen=True, slots=True)
class ArchiveStamp:
    """One ArchiveTimeStamp. `digest` None: what the token itself says (RFC 4998 4.1)."""

    token: bytes
    digest: str | None = None
    """Object identifier of the digest algorithm."""
    reduced: Reduced = ()

    def encoded(self) -> bytes:
        parts = []
        if self.digest is not None:
            parts.append(der.implicit(0, der.sequence(der.oid(self.digest))))
        if self.reduced:
            lists = (der.sequence(*map(der.octet_string, known)) for known in self.reduced)
            parts.append(der.implicit(2, der.sequence(*lists)))
        return der.sequence(*parts, self.token)


@dataclass(frozen=True, slots=True)
class Chain:
    """Archive time stamps of one digest algorithm, oldest first; `raw` as it stands in the record."""

    stamps: tuple[ArchiveStamp, ...]
    raw: bytes

    @classmethod
    def of(cls, stamps: tuple[ArchiveStamp, ...]) -> Chain:
        return cls(stamps, der.sequence(*(stamp.encoded() for stamp in stamps)))


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    digests: tuple[str, ...]
    """Object identifiers of every digest algorithm in it."""
    chains: tuple[Chain, ...]
    infos: tuple[bytes, ...] = ()
    """Attributes of cryptoInfos: certificates and revocation data, protected by nothing but themselves."""
    encrypted: bool = False

    def encoded(self) -> bytes:
        algorithms = der.sequence(*(der.sequence(der.oid(oid)) for oid in self.digests))
        infos = der.implicit(0, der.sequence(*self.infos)) if self.infos else b""
        return der.sequence(der.integer(1), algorithms, infos, sequence_of(self.chains))


def sequence_of(chains: tuple[Chain, ...]) -> bytes:
    """The ArchiveTimeStampSequence, which a renewal of the hash tree covers (RFC 4998 5.2)."""
    return der.sequence(*(chain.raw for chain in chains))


def renewed_leaf(document: bytes, chains: tuple[Chain, ...], digest: Digest) -> bytes:
    """The leaf in the first tree of the chain after `chains`: the document with everything said of it before."""
    return digest.of(document + digest.of(sequence_of(chains)))


def read_record(data: bytes) -> EvidenceRecord:
    """Raises `DerError` for anything else."""
    if len(data) > MOST_OCTETS:
        raise DerError("evidence record too large")
    parts = fields(der.parse(data), 3, 5, "EvidenceRecord")
    version, algorithms, *optional, sequence = parts
    if version.as_integer() != 1:
        raise DerError("version of the evidence record")
    tags = [part.tag for part in optional]
    if tags not in ([], [_CRYPTO_INFOS], [_ENCRYPTION], [_CRYPTO_INFOS, _ENCRYPTION]):
        raise DerError("EvidenceRecord")
    infos = tuple(one.raw for one in optional[0].children(MOST_INFOS)) if _CRYPTO_INFOS in tags else ()
    chains = tuple(map(_chain, sequence.expect(der.SEQUENCE).children(MOST_CHAINS)))
    if not chains:
        raise DerError("evidence record without a time stamp")
    digests = tuple(_algorithm(one) for one in algorithms.expect(der.SEQUENCE).children(MOST_INFOS))
    return EvidenceRecord(digests, chains, infos, _ENCRYPTION in tags)


def _chain(node: Node) -> Chain:
    stamps = tuple(map(_stamp, node.expect(der.SEQUENCE).children(MOST_STAMPS)))
    if not stamps:
        raise DerError("chain without a time stamp")
    return Chain(stamps, node.raw)


def _stamp(node: Node) -> ArchiveStamp:
    *optional, token = fields(node, 1, 4, "ArchiveTimeStamp")
    tags = [part.tag for part in optional]
    if tags != sorted(set(tags)) or not {_DIGEST, _ATTRIBUTES, _TREE}.issuperset(tags):
        raise DerError("ArchiveTimeStamp")
    found = {part.tag: part for part in optional}
    digest = _algorithm_parts(found[_DIGEST]) if _DIGEST in found else None
    lists = found[_TREE].children(MOST_LISTS) if _TREE in found else []
    reduced = tuple(_hashes(one) for one in lists)
    if _TREE in found and not all(reduced):
        raise DerError("empty list of hash values")
    return ArchiveStamp(token.expect(der.SEQUENCE).raw, digest, reduced)


def _hashes(node: Node) -> tuple[bytes, ...]:
    return tuple(one.as_octets() for one in node.expect(der.SEQUENCE).children(MOST_HASHES))


def _algorithm(node: Node) -> str:
    return _algorithm_parts(node.expect(der.SEQUENCE))


def _algorithm_parts(node: Node) -> str:
    """Parameters may be absent or NULL (RFC 5754 2)."""
    parts = node.children(2)
    if not parts or (len(parts) == 2 and parts[1].raw != der.null()):
        raise DerError("digest algorithm")
    return parts[0].as_oid()


def digest_named(oid: str | None) -> Digest | None:
    return digest_of_oid(oid) if oid is not None else None
