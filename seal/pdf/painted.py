"""Pictures of PDF pages (页面图像) from the very octets: asks `seal.pdf.painter` in a confined process of its own."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foundation.apart import keeper
from foundation.apart.limits import USUAL, Why
from seal.pdf import page_pictures
from seal.pdf.problems import PdfRefused

WORK = "seal.pdf.painter:work"
LIMITS = USUAL
PNG = b"\x89PNG\r\n\x1a\n"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    document: bytes
    page: int = 1
    dpi: int = 96
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Painted:
    """One page as it shows. `sha256` is over its pixels (docs/seal-approval.md)."""

    pages: int
    page: int
    width: int
    height: int
    sha256: str
    png: bytes


def paint(wanted: Sequence[Wanted]) -> list[Painted | None]:
    """In order, each in a process of its own; None for a document that could not be painted."""
    return [_paint(one)[0] for one in wanted]


def page(document: bytes, number: int, dpi: int = 96) -> Painted:
    """One page with its picture; raises `PdfRefused` when it cannot be shown."""
    found, limits = _paint(Wanted(document, number, dpi, picture=True))
    if found is not None:
        return found
    if limits:
        raise page_pictures.too_large()
    raise PdfRefused(
        "unpaintable",
        "这一页无法显示：文件已损坏，或占用内存过多。",
        "This page cannot be shown: the file is damaged, or needs too much memory.",
    )


def _paint(one: Wanted) -> tuple[Painted | None, bool]:
    """Second: whether limits ended it."""
    question = {"page": one.page, "dpi": one.dpi, "picture": one.picture}
    told = keeper.ask(WORK, question, [one.document], LIMITS)
    limits = told.why in (Why.TIME, Why.MEMORY) or (told.refusal is not None and told.refusal.code == "pdf.page_limit")
    return (_read(told.parts[0]) if told.whole and len(told.parts) == 1 else None), limits


def _read(said: Any) -> Painted | None:
    try:
        png = base64.b64decode(said["png"], validate=True) if said["png"] else b""
        if _SHA256.fullmatch(said["sha256"]) is None or (png and not png.startswith(PNG)):
            return None
        return Painted(
            int(said["pages"]), int(said["page"]), int(said["width"]), int(said["height"]), said["sha256"], png
        )
    except (ValueError, KeyError, TypeError):
        return None
