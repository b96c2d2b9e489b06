"""Comparing names (名称比较), RFC 5280 7.1 with the string preparation of RFC 4518.

Case, width and runs of blanks do not count, nor which string type carries the text. A name is turned into its
comparable form once and kept: the same issuers stand in every certificate.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ca.names import MOST_ATTRIBUTES, text_of
from ca.reading.general_names import GeneralName, NameKind
from ca.reading.points import PointName
from foundation import der
from foundation.der import DerError

Comparable = tuple[frozenset[tuple[str, str]], ...]
"""One set of (type, prepared text) per RDN, in order."""


@lru_cache(maxsize=8192)
def comparable(raw: bytes) -> Comparable:
    """The comparable form of a Name SEQUENCE. Raises `DerError`."""
    return tuple(_rdn(node) for node in der.parse(raw).expect(der.SEQUENCE).children(MOST_ATTRIBUTES))


def _rdn(node: der.Node) -> frozenset[tuple[str, str]]:
    found = set()
    for pair in node.expect(der.SET).children(MOST_ATTRIBUTES):
        parts = pair.expect(der.SEQUENCE).children(2)
        if len(parts) != 2:
            raise DerError("attribute of a name")
        found.add((parts[0].as_oid(), _prepared(text_of(parts[1]))))
    return frozenset(found)


def _prepared(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def same_name(left: bytes, right: bytes) -> bool:
    return left == right or comparable(left) == comparable(right)


def below(name: bytes, base: bytes) -> bool:
    """`name` is `base` or stands in its subtree (RFC 5280 4.2.1.10 directoryName)."""
    wanted = comparable(base)
    return comparable(name)[: len(wanted)] == wanted


def names_of_point(point: PointName, issuer: bytes) -> frozenset[tuple[NameKind, object]]:
    """The full names of a distribution point; a relative one is completed with the CRL issuer's name."""
    if point.relative is not None:
        return frozenset({(NameKind.DIRECTORY, (*comparable(issuer), _rdn(der.parse(point.relative))))})
    return frozenset(key_of(name) for name in point.full)


def key_of(name: GeneralName) -> tuple[NameKind, object]:
    """Directory names by their words, all others by their octets."""
    return (name.kind, comparable(name.value) if name.kind is NameKind.DIRECTORY else name.value)
