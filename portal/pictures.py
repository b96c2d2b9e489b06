"""Reading a code out of a picture (图片识码) on the server, for browsers without scripts: in a confined process."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from foundation.apart import keeper
from foundation.apart.limits import Why

WORK = "verify.code_pictures:work"


class PictureUnreadable(Exception):  # noqa: N818 - reads as what it says
    """Why no code came out of a picture; `text` is for the person who sent it."""

    def __init__(self, text: Any) -> None:
        super().__init__("picture")
        self.text = text


def code_in(data: bytes) -> str:
    """The text of the one QR code in the picture."""
    told = keeper.ask(WORK, None, [data])
    said = told.parts[0] if told.whole and len(told.parts) == 1 else None
    if said == "size" or told.why in (Why.TIME, Why.MEMORY):
        raise PictureUnreadable(_("图片太大，请缩小或裁剪后重试。"))
    if not isinstance(said, list):
        raise PictureUnreadable(_("图片打不开，请换一张 PNG 或 JPEG 图片。"))
    if not said:
        raise PictureUnreadable(_("图片中没有找到二维码，请拍清楚、拍完整后重试。"))
    if len(said) > 1:
        raise PictureUnreadable(_("图片中有多个二维码，请只拍证照上的那一个。"))
    return str(said[0])
