"""How a seal looks in a PDF (印章外观): a form XObject with vector paths, compressed once per seal.

No background, and blend mode Multiply: what is printed under the seal stays legible, as under ink.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from seal.drawing.pdf import POINTS, write
from seal.drawing.shapes import Drawing

_UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""Turns against /Rotate, so that the seal stands upright on a turned page."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Size in millimetres and the deflated operators."""

    width: float
    height: float
    deflated: bytes

    @classmethod
    def of(cls, drawing: Drawing) -> Appearance:
        return cls(drawing.width, drawing.height, zlib.compress(write(drawing), 9))

    def xobject(self, rotation: int) -> generic.StreamObject:
        width, height = self.width * POINTS, self.height * POINTS
        numbers = generic.ArrayObject(generic.FloatObject(f"{value:.4f}") for value in (0, 0, width, height))
        blend = generic.DictionaryObject(
            {pdf_name("/Type"): pdf_name("/ExtGState"), pdf_name("/BM"): pdf_name("/Multiply")}
        )
        resources = generic.DictionaryObject(
            {pdf_name("/ExtGState"): generic.DictionaryObject({pdf_name("/Seal"): blend})}
        )
        dictionary = {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): numbers,
            pdf_name("/Resources"): resources,
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        }
        if rotation:
            turn = (*_UPRIGHT[rotation], 0, 0)
            dictionary[pdf_name("/Matrix")] = generic.ArrayObject(generic.NumberObject(value) for value in turn)
        return generic.StreamObject(dictionary, encoded_data=self.deflated)
