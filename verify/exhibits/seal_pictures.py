"""Seal pictures out of a file (印模图片), decoded and written anew, so that no octet of theirs reaches a browser.

GB/T 38540-2020 6.2: the type is a word the maker chose; what the octets are is decided by looking.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image, UnidentifiedImageError

from foundation.der import DerError
from seal import ses
from seal.ses import Picture
from verify.armour import unwrapped
from verify.seals import without_padding

FORMATS = ("PNG", "GIF", "BMP", "JPEG")
MOST_OCTETS = 8 * 1024 * 1024
MOST_PIXELS = 6_000_000
SIDE = 280


def of_file(data: bytes) -> dict[str, Any]:
    """Of a seal, or of a seal signature, that travels by itself; its signature bears the seal's code as name."""
    data = unwrapped(data)
    try:
        seal = ses.read_seal(data)
    except DerError:
        try:
            seal = ses.read_signature(data).seal
        except DerError:
            return {}
    drawn = drawn_anew(seal.picture)
    return {seal.es_id: {"picture": drawn, "cut": False}} if drawn else {}


def of_signature(value: bytes) -> str | None:
    """Of the octets where a signature value stands; None when they are no seal signature with a picture we can draw."""
    try:
        return drawn_anew(ses.read_signature(without_padding(value)).seal.picture)
    except DerError:
        return None


def drawn_anew(picture: Picture) -> str | None:
    """Base64 of a PNG of ours; None for vector pictures, what is damaged, and what is too large."""
    if len(picture.data) > MOST_OCTETS:
        return None
    try:
        with Image.open(io.BytesIO(picture.data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            return small(opened.convert("RGBA"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def small(picture: Image.Image) -> str:
    picture.thumbnail((SIDE, SIDE))
    return encoded(picture)


def encoded(picture: Image.Image, form: str = "PNG") -> str:
    out = io.BytesIO()
    picture.save(out, form)
    return base64.b64encode(out.getvalue()).decode("ascii")
