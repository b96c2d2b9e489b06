"""Which names a credential may ask for (名称许可): exact, `*.zone` for all below a zone, `gate-*` for devices.

Compared in lower case, label by label. A wildcard certificate name is itself only allowed when the pattern says so
with two stars (`**.zone`): one certificate for a whole zone is a decision of its own.
"""

from __future__ import annotations

import re

from foundation.errors import InvalidInput
from foundation.text import Text

MOST_NAMES = 50
_LABEL = r"[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,40}")
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:@-]{0,63}")


def check_patterns(patterns: tuple[str, ...]) -> None:
    """Raise `InvalidInput` for what no name could match, or what would match all."""
    good = 0 < len(patterns) <= MOST_NAMES and all(_pattern(one) for one in patterns)
    if not good:
        raise InvalidInput(
            "ca.credential_names",
            Text(
                "名称许可须为 1 至 50 条，如 oa.example.gov.cn 或 *.example.gov.cn。",
                "Give 1 to 50 permitted names, such as oa.example.gov.cn or *.example.gov.cn.",
            ),
        )


def _pattern(text: str) -> bool:
    head, star, zone = text.rpartition("*")
    if star and not zone:
        return bool(_SERIES.fullmatch(head))
    if star:
        return head in ("", "*") and zone.startswith(".") and "." in zone[1:] and is_host(zone[1:])
    return is_host(text) or bool(_DEVICE.fullmatch(text))


def is_host(name: str) -> bool:
    """A DNS name of at least one label, lower case, no final dot, not an address."""
    return len(name) <= 253 and bool(_HOST.fullmatch(name)) and not name.rpartition(".")[2].isdigit()


def permits(patterns: tuple[str, ...], name: str) -> bool:
    if name.startswith("*."):
        return f"**{name[1:]}" in patterns
    return any(_matches(one, name) for one in patterns)


def _matches(pattern: str, name: str) -> bool:
    if "*" not in pattern:
        return pattern == name
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1]) and "." not in name and bool(_DEVICE.fullmatch(name))
    zone = pattern.lstrip("*")
    return name.endswith(zone) and len(name) > len(zone) and is_host(name)
