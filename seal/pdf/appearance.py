"""How a seal looks in a PDF (印章外观): a form XObject with vector paths, compressed once per seal.

No background, and blend mode Multiply: what is printed under the seal stays legible, as under ink. Some PDF/A want
another ink (`seal.pdf.inks`).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from seal.drawing.pdf import POINTS, write
from seal.drawing.shapes import Drawing
from seal.pdf.inks import PLAIN, Ink

_UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""Turns against /Rotate, so that the seal stands upright on a turned page."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Size in millimetres and the deflated operators."""

    width: float
    height: float
    deflated: bytes
    ink: Ink = PLAIN

    @classmethod
    def of(cls, drawing: Drawing) -> Appearance:
        return cls(drawing.width, drawing.height, zlib.compress(write(drawing), 9))

    def inked(self, ink: Ink) -> Appearance:
        """The seal in the ink a document allows; the same object for the same question, for its form is shared."""
        return self if ink == self.ink else _inked(self, ink)

    def xobject(self, rotation: int) -> generic.StreamObject:
        width, height = self.width * POINTS, self.height * POINTS
        resources = self.ink.resources()
        dictionary = _form((0, 0, width, height), resources, rotation)
        dictionary[pdf_name("/Filter")] = pdf_name("/FlateDecode")
        return generic.StreamObject(dictionary, encoded_data=self.deflated)


@lru_cache(maxsize=64)
def _inked(look: Appearance, ink: Ink) -> Appearance:
    return replace(look, deflated=ink.deflated(look.deflated), ink=ink)


def window(seal: generic.IndirectObject, box: Sequence[float], rotation: int) -> generic.StreamObject:
    """A form that shows what of the form `seal` lies inside `box` (points): a clip, no copy."""
    shown = generic.DictionaryObject({pdf_name("/Seal"): seal})
    resources = generic.DictionaryObject({pdf_name("/XObject"): shown})
    return generic.StreamObject(_form(box, resources, rotation), stream_data=b"/Seal Do")


def upright(rotation: int, box: Sequence[float], rectangle: Sequence[float]) -> tuple[float, ...]:
    """The matrix that puts `box`, turned upright for `rotation`, onto the lower left corner of `rectangle`."""
    a, b, c, d = _UPRIGHT[rotation]
    corners = [(a * x + c * y, b * x + d * y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return a, b, c, d, rectangle[0] - min(x for x, _ in corners), rectangle[1] - min(y for _, y in corners)


def _form(
    box: Sequence[float], resources: generic.DictionaryObject, rotation: int
) -> dict[generic.NameObject, generic.PdfObject]:
    dictionary: dict[generic.NameObject, generic.PdfObject] = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Form"),
        pdf_name("/BBox"): generic.ArrayObject(generic.FloatObject(f"{value:.4f}") for value in box),
        pdf_name("/Resources"): resources,
    }
    if rotation:
        turn = (*_UPRIGHT[rotation], 0, 0)
        dictionary[pdf_name("/Matrix")] = generic.ArrayObject(generic.NumberObject(value) for value in turn)
    return dictionary
