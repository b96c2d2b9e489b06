"""One change made to a document after it was signed (签后改动): what, where, and whether it was allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundation.text import Text

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Change:
    """`revision` counts from 0, the file as first written. `box` is left, bottom, right, top in points of the page."""

    revision: int
    kind: str
    """Stable name: `content`, `annotation`, `field_value`, `archive`, `signature` …, see `verify.pdf.compare.kinds`."""
    text: Text
    allowed: bool
    page: int | None = None
    """From 1."""
    box: Box | None = None
    field: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "revision": self.revision,
            "kind": self.kind,
            "allowed": self.allowed,
            "page": self.page,
            "box": [round(number, 1) for number in self.box] if self.box is not None else None,
            "field": self.field,
            "text_zh": self.text.zh,
            "text_en": self.text.en,
        }
