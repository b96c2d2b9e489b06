"""A seal's design on the wire (印模接口数据)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from foundation.web.api import Wire, bad
from seal.designing import PictureFormat
from seal.drawing import artwork_apart
from seal.drawing.artwork import MOST_OCTETS
from seal.drawing.centre import Centre
from seal.drawing.design import Design
from seal.drawing.kinds import KINDS

_LARGEST_TEXT = MOST_OCTETS * 4 // 3 + 8


def octets(text: str) -> bytes:
    """Strict base64; raises the field's own problem while a body is being read."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad("须为标准 Base64 编码。", "It must be standard base64.") from None


def _is_base64(text: str) -> str:
    octets(text)
    return text


Base64 = Annotated[str, AfterValidator(_is_base64)]


class PictureBody(Wire):
    """The design of a seal's picture; what is left out is the kind's usual."""

    kind: str = Field(pattern=r"^[a-z_]{3,40}$", description="Kind of picture: " + ", ".join(KINDS))
    text: str = Field(min_length=2, max_length=36, description="Round the seal, or the name of a name seal")
    line: str | None = Field(None, min_length=1, max_length=12, description="Line of purpose")
    number: str | None = Field(None, min_length=1, max_length=20, description="Number through the middle of an oval")
    code: str | None = Field(None, min_length=1, max_length=18, description="Code on the lower arc, usually 13 digits")
    suffix: Literal["", "印", "之印"] = Field("", description="After the name of a name seal")
    width_mm: float | None = Field(None, ge=10, le=60, allow_inf_nan=False, description="Diameter of a round seal")
    height_mm: float | None = Field(None, ge=10, le=60, allow_inf_nan=False, description="Ovals only")
    centre: Centre | None = None
    double_ring: bool = False
    artwork: Base64 | None = Field(
        None, max_length=_LARGEST_TEXT, description="Base64 of the licensed one-colour emblem: SVG or path list"
    )

    def design(self) -> Design:
        return Design(
            text=self.text,
            kind=self.kind,
            line=self.line,
            number=self.number,
            code=self.code,
            suffix=self.suffix,
            width=self.width_mm,
            height=self.height_mm,
            centre=self.centre,
            double_ring=self.double_ring,
            artwork=artwork_apart.read(octets(self.artwork)) if self.artwork is not None else None,
        )


class PictureQuery(Wire):
    format: PictureFormat = PictureFormat.SVG
