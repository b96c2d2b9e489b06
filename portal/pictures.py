"""Reading a code out of a picture (图片识码) on the server, for browsers without scripts. Bounded before decoding."""

from __future__ import annotations

import io
from typing import Any

import zxingcpp
from flask_babel import lazy_gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")


class PictureUnreadable(Exception):  # noqa: N818 - reads as what it says
    """Why no code came out of a picture; `text` is for the person who sent it."""

    def __init__(self, text: Any) -> None:
        super().__init__("picture")
        self.text = text


def code_in(data: bytes) -> str:
    """The text of the one QR code in the picture."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureUnreadable(_("图片太大，请缩小或裁剪后重试。"))
            picture = ImageOps.exif_transpose(opened).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureUnreadable(_("图片打不开，请换一张 PNG 或 JPEG 图片。")) from error
    found = [
        one
        for one in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        if one.valid
    ]
    if not found:
        raise PictureUnreadable(_("图片中没有找到二维码，请拍清楚、拍完整后重试。"))
    if len({one.text for one in found}) > 1:
        raise PictureUnreadable(_("图片中有多个二维码，请只拍证照上的那一个。"))
    return str(found[0].text)
