"""General names (通用名): the nine kinds of name inside extensions (RFC 5280 4.2.1.6).

Kept as kind and octets: who compares them decides how (verify.paths), for each kind has its own rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ca.reading.shapes import sole
from foundation import der
from foundation.der import DerError


class NameKind(IntEnum):
    """The context tag is the kind."""

    OTHER = 0
    EMAIL = 1
    DNS = 2
    X400 = 3
    DIRECTORY = 4
    EDI = 5
    URI = 6
    ADDRESS = 7
    REGISTERED = 8


@dataclass(frozen=True, slots=True)
class GeneralName:
    """`value`: the content octets; of a directory name the whole Name SEQUENCE."""

    kind: NameKind
    value: bytes


def read_general_name(node: der.Node) -> GeneralName:
    number = node.tag & 0x1F
    if node.tag & 0xC0 != 0x80 or number > NameKind.REGISTERED:
        raise DerError("general name")
    kind = NameKind(number)
    if kind is NameKind.DIRECTORY:
        return GeneralName(kind, sole(node.expect(0xA4)).expect(der.SEQUENCE).raw)
    return GeneralName(kind, node.content)


def read_general_names(node: der.Node, most: int) -> tuple[GeneralName, ...]:
    """The names inside `node`, whatever its own tag (SEQUENCE or a context tag)."""
    return tuple(read_general_name(part) for part in node.children(most))
