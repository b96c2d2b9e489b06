"""Small questions about the shape of a DER value, each with its own refusal instead of an IndexError."""

from __future__ import annotations

from foundation import der
from foundation.der import DerError, Node


def sole(node: Node) -> Node:
    """The one value inside an explicit tag or wrapper."""
    parts = node.children(1)
    if not parts:
        raise DerError("empty wrapper")
    return parts[0]


def fields(node: Node, least: int, most: int, what: str) -> list[Node]:
    """The parts of a SEQUENCE, whose count must lie between the bounds."""
    parts = node.expect(der.SEQUENCE).children(most)
    if len(parts) < least:
        raise DerError(what)
    return parts
