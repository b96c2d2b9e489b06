"""The licence data a sealed PDF carries (附带的证照数据): the attached `licence.json` (facts: sealing 6).

Read from the newest revision; whether that revision is sealed is decided elsewhere, and a file changed after sealing is
not genuine whatever its attachment says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verify.pdf.structure import PdfTrouble, Structure, at, reading

DATA_NAME = "licence.json"
MOST_OCTETS = 256 * 1024
_MOST_NAMES = 256


def licence_data(structure: Structure) -> Mapping[str, object] | None:
    """The JSON object attached as `licence.json`; None when there is none. Raises `PdfTrouble` over damage."""
    with reading(), structure.reader.working():
        names = at(at(structure.reader.root, "/Names", {}), "/EmbeddedFiles")
        if names is None:
            return None
        for name, specification in _leaves(names):
            if name == DATA_NAME:
                return _json(specification)
    return None


def _leaves(tree: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    waiting = [tree.get_object()]
    visited = 0
    while waiting:
        node = waiting.pop()
        visited += 1
        if visited > _MOST_NAMES or len(found) > _MOST_NAMES:
            raise PdfTrouble("too many attachments", limit=True)
        waiting += [kid.get_object() for kid in at(node, "/Kids", [])]
        names = at(node, "/Names", [])
        found += [(str(names[at]), names[at + 1]) for at in range(0, len(names) - 1, 2)]
    return found


def _json(specification: Any) -> Mapping[str, object] | None:
    files = specification.get_object()["/EF"]
    data = (files["/UF"] if "/UF" in files else files["/F"]).data
    if len(data) > MOST_OCTETS:
        raise PdfTrouble("attachment too large", limit=True)
    document = json.loads(data)
    return document if isinstance(document, dict) else None
