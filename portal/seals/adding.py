"""Several seals on one document (多枚印章): those placed before travel with the form, each a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from seal.several import MOST_FURTHER

PLACE = ("seal", "by", "page", "x_mm", "y_mm", "text", "occurrence", "edge", "name")
"""What of the form belongs to one seal; everything else is the order's."""
APART = 60.0
"""Millimetres a further seal is put aside, so that it hides none."""


def read(lines: Iterable[str]) -> list[dict[str, str]]:
    """The seals placed before; what is no such line is left out."""
    found = []
    for line in list(lines)[:MOST_FURTHER]:
        try:
            said = json.loads(line[:2000])
        except ValueError:
            continue
        if isinstance(said, dict) and all(isinstance(said.get(name), str) for name in PLACE):
            found.append({name: said[name][:200] for name in PLACE})
    return found


def line(one: Mapping[str, str]) -> str:
    return json.dumps({name: one[name] for name in PLACE}, ensure_ascii=False)


def further(typed: Mapping[str, str], placed: list[dict[str, str]], usable: list[str]) -> dict[str, str]:
    """The form for one more seal: one not yet used if there is one, beside the last."""
    used = {one["seal"] for one in placed}
    seal = next((one for one in usable if one not in used), typed["seal"])
    try:
        across = float(typed["x_mm"])
    except ValueError:
        across = APART
    aside = across - APART if across > 1.5 * APART else across + APART
    return dict(typed) | {"seal": seal, "by": "point", "x_mm": f"{aside:g}", "text": "", "name": "", "occurrence": "1"}
