"""What a CA may not do (约束扩展项): name constraints, policy mappings and constraints (RFC 5280 4.2.1).

Readers of extension values; each is kept by its octets, for few CAs stand above many certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ca.reading.general_names import GeneralName, read_general_name
from ca.reading.shapes import fields
from foundation import der
from foundation.der import DerError

MOST_SUBTREES = 4096
MOST_MAPPINGS = 256


@dataclass(frozen=True, slots=True)
class NameConstraints:
    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyConstraints:
    """How many more certificates may follow before it takes effect; None: not stated."""

    require_explicit: int | None = None
    inhibit_mapping: int | None = None


@lru_cache(maxsize=256)
def read_name_constraints(value: bytes) -> NameConstraints:
    found: dict[int, tuple[GeneralName, ...]] = {}
    for part in der.parse(value).expect(der.SEQUENCE).children(2):
        if part.tag not in (0xA0, 0xA1) or part.tag in found:
            raise DerError("name constraints")
        found[part.tag] = tuple(_subtree(node) for node in part.children(MOST_SUBTREES))
    return NameConstraints(found.get(0xA0, ()), found.get(0xA1, ()))


def _subtree(node: der.Node) -> GeneralName:
    base, *bounds = fields(node, 1, 3, "subtree")
    if any(bound.tag != 0x80 or bound.content != b"\x00" for bound in bounds):
        raise DerError("subtree with a minimum or maximum")  # RFC 5280 4.2.1.10: 0, and no maximum
    return read_general_name(base)


@lru_cache(maxsize=256)
def read_policy_mappings(value: bytes) -> tuple[tuple[str, str], ...]:
    """(issuer's policy, subject's policy) pairs."""
    pairs = (fields(n, 2, 2, "policy mapping") for n in der.parse(value).expect(der.SEQUENCE).children(MOST_MAPPINGS))
    return tuple((theirs.as_oid(), ours.as_oid()) for theirs, ours in pairs)


@lru_cache(maxsize=256)
def read_policy_constraints(value: bytes) -> PolicyConstraints:
    found: dict[int, int] = {}
    for part in der.parse(value).expect(der.SEQUENCE).children(2):
        if part.tag not in (0x80, 0x81) or part.tag in found:
            raise DerError("policy constraints")
        found[part.tag] = _count(part)
    return PolicyConstraints(found.get(0x80), found.get(0x81))


def read_inhibit_any(value: bytes) -> int:
    return _count(der.parse(value).expect(der.INTEGER))


def _count(node: der.Node) -> int:
    count = int.from_bytes(node.content, "big", signed=True)
    if not node.content or count < 0:
        raise DerError("a number of certificates")
    return count
