"""Reading a printed code out of a picture (图片识码), in a process of its own: Pillow and ZXing over hostile octets.

Asked by `portal.pictures` through `foundation.apart`. What the picture claims its size is decides before it is decoded.
"""

from __future__ import annotations

import io
from typing import Any

import zxingcpp
from PIL import Image, UnidentifiedImageError

from foundation.apart.child import Tell

MOST_PIXELS = 50_000_000
FINE = 12_000_000
"""Beyond it a picture is read at half its size first: nobody prints a code that small."""
MOST_TEXTS, MOST_TEXT = 2, 8192
_FORMATS = ("PNG", "JPEG", "WEBP")


def warm() -> None:
    Image.init()
    work(None, (_tiny(),), lambda _: None)


def _tiny() -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "PNG")
    return out.getvalue()


def work(question: Any, documents: tuple[bytes, ...], tell: Tell) -> None:
    """Tells `{"size"}` for too large, `{"broken"}` for no picture, else the texts of its codes, two at most."""
    del question
    try:
        with Image.open(io.BytesIO(documents[0]), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return tell("size")
            opened.draft("L", opened.size)
            picture = opened.convert("L")  # however it is turned: a code is found in any direction
    except Image.DecompressionBombError:
        return tell("size")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return tell("broken")
    texts: list[str] = []
    if picture.width * picture.height > FINE:
        texts = _texts(picture.reduce(2))
    return tell((texts or _texts(picture))[:MOST_TEXTS])


def _texts(picture: Image.Image) -> list[str]:
    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = [one for one in zxingcpp.read_barcodes(picture, formats=wanted) if one.valid]
    return sorted({one.text[:MOST_TEXT] for one in found})
