"""Trying out a seal's picture before anybody asks for it (印模设计): the same geometry, nothing recorded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hsm.digests import sha256
from seal.drawing import pdf_file, png, svg
from seal.drawing.design import Design, draw
from seal.ofd.picture import vector_picture
from seal.preparing import with_emblem
from seal.room import SealRoom


class PictureFormat(StrEnum):
    SVG = "svg"
    PNG = "png"
    PDF = "pdf"
    OFD = "ofd"

    @property
    def media(self) -> str:
        return _MEDIA[self]


_MEDIA = {
    PictureFormat.SVG: "image/svg+xml",
    PictureFormat.PNG: "image/png",
    PictureFormat.PDF: "application/pdf",
    PictureFormat.OFD: "application/ofd",
}
TITLE = "印模"
"""Title inside the files; the texts of the seal may be a person's name and stay in its outlines."""


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    format: PictureFormat


def render(room: SealRoom, design: Design, wanted: PictureFormat) -> Picture:
    """`design` as a file; raises `InvalidInput` with the reason when it cannot be drawn."""
    drawing = draw(with_emblem(room, design))
    match wanted:
        case PictureFormat.SVG:
            data = svg.write(drawing, TITLE).encode()
        case PictureFormat.PNG:
            data = png.write(drawing)
        case PictureFormat.PDF:
            data = pdf_file.document(drawing, TITLE)
        case PictureFormat.OFD:
            data = vector_picture(drawing, sha256(design.terms().encode())[:16].hex())
    return Picture(data, wanted)
