"""What a trusted root may vouch for (信任锚约束): uses, policies, names, and the day it was withdrawn (RFC 5914, 5937).

The constraints a region puts on somebody's root, beside those the root's own certificate states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca import oids
from ca.names import write_attributes
from ca.reading.constraints import NameConstraints
from ca.reading.general_names import GeneralName, NameKind


class Use(StrEnum):
    """What a root may vouch for. A root without an entry in `purposes.json` may vouch for everything."""

    SEAL = "seal"
    SEAL_MAKING = "seal-making"
    TIMESTAMP = "timestamp"
    CODE = "code"
    CERTIFICATE = "certificate"


_FREE = NameConstraints()


@dataclass(frozen=True, slots=True)
class AnchorRules:
    """`withdrawn_since`: what is proved to be older still stands, nothing newer does."""

    policies: frozenset[str] | None = None
    """Every path must keep to one of them; None: any, or none at all."""
    names: NameConstraints = _FREE
    withdrawn_since: datetime | None = None


UNRULED = AnchorRules()
_TEXT_KINDS = {"dns": NameKind.DNS, "email": NameKind.EMAIL, "uri": NameKind.URI}
_ATTRIBUTES = {short: oid for oid, short in oids.SHORT_NAMES.items()}


def read_rules(data: Mapping[str, object]) -> AnchorRules:
    """One entry of `anchors.json`. Raises `ValueError`, `TypeError` or `KeyError` over what it cannot hold.

    `{"policies": ["1.2.3"], "permitted": [{"directory": [["C", "CN"]]}], "excluded": [{"dns": "gov.cn"}],
    "withdrawn_since": "2026-11-22T00:00:00+08:00"}`
    """
    unknown = data.keys() - {"policies", "permitted", "excluded", "withdrawn_since"}
    if unknown:
        raise ValueError(f"unknown rule {min(unknown)}")
    policies = data.get("policies")
    since = data.get("withdrawn_since")
    at = datetime.fromisoformat(str(since)) if since is not None else None
    if at is not None and at.tzinfo is None:
        raise ValueError("a time without its zone")
    return AnchorRules(
        frozenset(str(item) for item in _list(policies)) if policies is not None else None,
        NameConstraints(_names(data.get("permitted")), _names(data.get("excluded"))),
        at,
    )


def _names(value: object) -> tuple[GeneralName, ...]:
    return tuple(_name(item) for item in _list(value or []))


def _name(item: object) -> GeneralName:
    if not isinstance(item, dict) or len(item) != 1:
        raise TypeError("a name is an object with one kind")
    ((kind, value),) = item.items()
    if kind == "directory":
        pairs = ((_ATTRIBUTES[str(short)], str(text)) for short, text in map(_pair, _list(value)))
        return GeneralName(NameKind.DIRECTORY, write_attributes(pairs))
    return GeneralName(_TEXT_KINDS[kind], str(value).encode("ascii"))


def _pair(value: object) -> tuple[object, object]:
    short, text = _list(value)
    return short, text


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is wanted")
    return value
