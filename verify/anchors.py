"""What a trusted root may vouch for (信任锚约束): uses, policies, names, and the day it was withdrawn (RFC 5914, 5937).

The constraints a region puts on somebody's root, beside those the root's own certificate states.
"""

from __future__ import annotations

import re
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
    trusted_from: datetime | None = None
    trusted_until: datetime | None = None
    regions: frozenset[str] | None = None
    """First digits of GB/T 2260 codes it may seal for; None: anywhere."""
    licence_types: frozenset[str] | None = None
    """Type codes (GB/T 36904, or their first characters) it may seal licences of; None: any."""
    stale_after: datetime | None = None
    """The list that named it should have been replaced by then; never read from a rule."""


UNRULED = AnchorRules()
_KEYS = frozenset(
    {
        "policies", "permitted", "excluded", "withdrawn_since", "trusted_from", "trusted_until", "regions",
        "licence_types",
    }
)  # fmt: skip
_REGION = re.compile(r"\d{2,6}")
_TYPE = re.compile(r"[0-9A-Z]{1,21}")
_TEXT_KINDS = {"dns": NameKind.DNS, "email": NameKind.EMAIL, "uri": NameKind.URI}
_ATTRIBUTES = {short: oid for oid, short in oids.SHORT_NAMES.items()}


def read_rules(data: Mapping[str, object]) -> AnchorRules:
    """One entry of `anchors.json`. Raises `ValueError`, `TypeError` or `KeyError` over what it cannot hold.

    `{"policies": ["1.2.3"], "permitted": [{"directory": [["C", "CN"]]}], "excluded": [{"dns": "gov.cn"}],
    "withdrawn_since": "2026-11-22T00:00:00+08:00", "regions": ["21"], "licence_types": ["11100000MB0341032Y"]}`
    """
    unknown = data.keys() - _KEYS
    if unknown:
        raise ValueError(f"unknown rule {min(unknown)}")
    policies = data.get("policies")
    return AnchorRules(
        frozenset(str(item) for item in _list(policies)) if policies is not None else None,
        NameConstraints(_names(data.get("permitted")), _names(data.get("excluded"))),
        _moment(data.get("withdrawn_since")),
        _moment(data.get("trusted_from")),
        _moment(data.get("trusted_until")),
        _words(data.get("regions"), _REGION),
        _words(data.get("licence_types"), _TYPE),
    )


def write_rules(rules: AnchorRules) -> dict[str, object]:
    """What `read_rules` reads, of the rules a region list states (names and policies are local rules only)."""
    found: dict[str, object] = {}
    for name in ("withdrawn_since", "trusted_from", "trusted_until"):
        at: datetime | None = getattr(rules, name)
        if at is not None:
            found[name] = at.isoformat()
    for name in ("regions", "licence_types"):
        words: frozenset[str] | None = getattr(rules, name)
        if words is not None:
            found[name] = sorted(words)
    return found


def _moment(value: object) -> datetime | None:
    at = datetime.fromisoformat(str(value)) if value is not None else None
    if at is not None and at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def _words(value: object, shape: re.Pattern[str]) -> frozenset[str] | None:
    """A list that limits must not be empty by oversight: nothing allowed is said by withdrawing the root."""
    if value is None:
        return None
    words = [str(item) for item in _list(value)]
    if not words or not all(shape.fullmatch(word) for word in words):
        raise ValueError("codes are wanted")
    return frozenset(words)


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
