"""The layout of a licence type (证照模板) as data: millimetre boxes from the top-left corner of the page.

Read from `licence/types/layouts/<slug>.toml`. A box says how its text may shrink and wrap; what still does not fit is
refused by the composer, never cut off.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Align = Literal["left", "centre", "right", "spread"]


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width, height in millimetres."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lettering:
    """How the text in a box looks and how far it may give way: from `size` down to `min_size` points, then lines."""

    font: str = "serif"
    size: float = 12.0
    min_size: float = 8.0
    leading: float = 1.4
    align: Align = "left"
    vertical: Literal["top", "middle"] = "top"
    colour: str = "ink"


@dataclass(frozen=True, slots=True)
class Printed:
    """One piece of text: constant (`text`), or made of values by a template such as `{valid_from} 至 {valid_to}`."""

    box: Box
    lettering: Lettering
    template: str
    keys: tuple[str, ...]
    """Values the template draws on; empty for constant text."""
    empty: str
    """Printed when every value is empty."""


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where the printed code (二维码) stands: a square of `size` mm and the caption box below it."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where the seal's centre goes: `page` counts from 1, millimetres from the top-left corner."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    theme: str
    device: str
    """The one character of the typographic device that stands where licensed emblem artwork may be put."""
    device_centre: tuple[float, float, float]
    """x, y and radius of the emblem slot."""
    printed: tuple[Printed, ...]
    rules: tuple[Box, ...]
    """Hairlines under entries, as boxes of no height."""
    code: CodePlace
    seal_place: SealPlace


def _box(values: list[float]) -> Box:
    return Box(*(float(value) for value in values))


def _printed(raw: dict[str, Any], defaults: dict[str, Any]) -> Printed:
    style = {**defaults, **raw}
    lettering = Lettering(**{name: style[name] for name in Lettering.__slots__ if name in style})
    template = raw.get("text") or raw.get("template") or "{" + raw["key"] + "}"
    keys = tuple(part.split("}")[0] for part in template.split("{")[1:])
    return Printed(_box(raw["box"]), lettering, template, keys, raw.get("empty", ""))


def read_layout(file: Path) -> Layout:
    """Parse one layout file; a misspelt entry stops the start rather than a licence."""
    raw = tomllib.loads(file.read_text("utf-8"))
    printed = [
        _printed(item, raw[defaults])
        for defaults, items in (("constant", "constants"), ("entry", "entries"))
        for item in raw[items]
    ]
    width, height = raw["page"]
    return Layout(
        width=float(width),
        height=float(height),
        theme=raw["theme"],
        device=raw["device"],
        device_centre=(float(raw["device_at"][0]), float(raw["device_at"][1]), float(raw["device_at"][2])),
        printed=tuple(printed),
        rules=tuple(_box(rule) for rule in raw.get("rules", [])),
        code=CodePlace(**raw["code"]),
        seal_place=SealPlace(**raw["seal"]),
    )
