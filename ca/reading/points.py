"""Distribution points (分布点): where a certificate is listed, and what a list speaks about.

RFC 5280 4.2.1.13 (CRLDistributionPoints, FreshestCRL) and 5.2.5 (IssuingDistributionPoint). Parsed once per octets, for
thousands of certificates carry the same point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ca.reading.general_names import GeneralName, read_general_names
from ca.reading.shapes import sole
from foundation import der
from foundation.der import DerError

MOST_POINTS = 32
MOST_NAMES = 32

ALL_REASONS = 0b1_1111_1110
"""ReasonFlags bits 1 to 8 as a mask (RFC 5280 4.2.1.13); bit 0 is unused there."""


@dataclass(frozen=True, slots=True)
class PointName:
    """Either full names or one RDN relative to the CRL issuer's name (`relative`: the RDN as a SET)."""

    full: tuple[GeneralName, ...] = ()
    relative: bytes | None = None


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    name: PointName | None = None
    reasons: int = ALL_REASONS
    crl_issuer: tuple[GeneralName, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuingPoint:
    """What a list speaks about. Two lists with equal points have the same scope."""

    name: PointName | None = None
    only_users: bool = False
    only_authorities: bool = False
    only_attributes: bool = False
    indirect: bool = False
    reasons: int = ALL_REASONS


@lru_cache(maxsize=1024)
def read_points(value: bytes) -> tuple[DistributionPoint, ...]:
    """CRLDistributionPoints or FreshestCRL."""
    return tuple(_point(node) for node in der.parse(value).expect(der.SEQUENCE).children(MOST_POINTS))


def read_issuing_point(value: bytes) -> IssuingPoint:
    parts = _tagged(der.parse(value), frozenset((0xA0, 0x81, 0x82, 0x83, 0x84, 0x85)))
    return IssuingPoint(
        _name(parts.get(0xA0)),
        _flag(parts.get(0x81)),
        _flag(parts.get(0x82)),
        _flag(parts.get(0x85)),
        _flag(parts.get(0x84)),
        _reasons(parts.get(0x83)),
    )


def _point(node: der.Node) -> DistributionPoint:
    parts = _tagged(node, frozenset((0xA0, 0x81, 0xA2)))
    issuer = read_general_names(parts[0xA2], MOST_NAMES) if 0xA2 in parts else ()
    return DistributionPoint(_name(parts.get(0xA0)), _reasons(parts.get(0x81)), issuer)


def _tagged(node: der.Node, known: frozenset[int]) -> dict[int, der.Node]:
    found: dict[int, der.Node] = {}
    for part in node.expect(der.SEQUENCE).children(len(known)):
        if part.tag not in known or part.tag in found:
            raise DerError("distribution point")
        found[part.tag] = part
    return found


def _name(node: der.Node | None) -> PointName | None:
    if node is None:
        return None
    choice = sole(node)
    if choice.tag == 0xA0:
        return PointName(read_general_names(choice, MOST_NAMES))
    return PointName(relative=der.tlv(der.SET, choice.expect(0xA1).content))


def _flag(node: der.Node | None) -> bool:
    return node is not None and node.content != b"\x00"


def _reasons(node: der.Node | None) -> int:
    if node is None:
        return ALL_REASONS
    bits = node.content[1:]
    return sum(1 << at for at in range(1, 9) if at // 8 < len(bits) and bits[at // 8] & 0x80 >> at % 8)
