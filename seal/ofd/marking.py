"""A mark as a StampAnnot (签章外观): the whole seal's box on its page, and for a riding seal the slice of it."""

from __future__ import annotations

from typing import Protocol

from seal.ofd.sheets import OfdSheets
from seal.ofd.signing import Annotation
from seal.pdf.appearance import Appearance
from seal.placing import Mark


class HasLook(Protocol):
    """A seal ready for use, or only how it shows."""

    @property
    def appearance(self) -> Appearance: ...


def annotation(mark: Mark, held: HasLook, sheets: OfdSheets) -> Annotation:
    width, height = held.appearance.width, held.appearance.height
    clip = None if mark.part_width == width else (mark.part_left, 0.0, mark.part_width, height)
    return Annotation(sheets.page(mark.page).id, (mark.left, mark.top, width, height), clip)
