"""Pictures on a page that are too large to be drawn (超大图片): looked for before PDFium paints.

PDFium leaves out a picture it finds no memory for, and says nothing. Whoever looked at such a page would have seen less
than the next reader shows; so a page that can reach such a picture is refused. ISO 32000-2 8.9.5, 8.9.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.filters import get_generic_decoder
from pyhanko.pdf_utils.reader import PdfFileReader

from seal.pdf import inline_pictures
from seal.pdf.pages import entry, inherited, items, page_nodes
from seal.pdf.problems import PdfRefused, reading

MOST_PIXELS = 40_000_000
"""An A4 page at 600 dpi; JPEG 2000 is counted in samples, for all of them are in memory at once, and wide."""
MOST_BITS = 250_000_000
"""Pixels of a picture in black and white: A1 at 600 dpi."""
MOST_VISITED = 20_000
_PLAIN = {"/FlateDecode", "/Fl", "/ASCIIHexDecode", "/AHx", "/ASCII85Decode", "/A85"}
_OPERATORS = ("/CharProcs", "/G")
"""What holds lists of operators that need not say so: letters of Type 3 fonts, groups of soft masks."""
_HOLDERS = (generic.IndirectObject, generic.ArrayObject, generic.DictionaryObject)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class PagePictures:
    """Of one file; raises `PdfRefused` (`damaged`) for one we cannot read."""

    def __init__(self, data: bytes) -> None:
        with reading():
            self._root = PdfFileReader(BytesIO(data), strict=False).root

    def check(self, number: int) -> None:
        """Raises `PdfRefused`, `page_limit`, for a picture too large on page `number`, the last if there are fewer."""
        with reading():
            _check(page_nodes(self._root, until=number)[-1][1])


def _check(node: Any) -> None:
    contents = entry(node, "/Contents")
    parts = items(contents) if isinstance(contents, generic.ArrayObject) else [contents] if contents is not None else []
    _check_inline(b"\n".join(part.data for part in parts))
    for shown, is_content in _reached(node):
        if "/Width" in shown and "/Height" in shown:
            _check_picture(shown)
        if is_content:
            _check_inline(shown.data)


def too_large() -> PdfRefused:
    return PdfRefused(
        "page_limit",
        "这一页过于复杂，限定的时间和内存内画不出来。请勿据此盖章，可下载文件核对。",
        "This page is too complicated to be drawn within the limits. Do not stamp unseen: download it and look.",
    )


def _reached(node: Any) -> Iterator[tuple[Any, bool]]:
    """Every stream the page's resources and annotations can show, and whether it is a list of operators.

    No key is passed by: a name that leads away from the page elsewhere may be that of a picture here.
    """
    waiting: list[tuple[Any, bool]] = [(inherited(node, "/Resources"), False)]
    waiting += [(entry(one.get_object(), "/AP"), True) for one in entry(node, "/Annots") or []]
    seen: set[Any] = set()
    for _ in range(MOST_VISITED):
        if not waiting:
            return
        one, content = waiting.pop()
        if isinstance(one, generic.IndirectObject):
            if (one.reference, content) in seen:
                continue
            seen.add((one.reference, content))
            one = one.get_object()
        if isinstance(one, generic.StreamObject):
            yield one, content or entry(one, "/Subtype") == "/Form" or "/PatternType" in one
        waiting += _below(one, content)
    raise too_large()


def _below(one: Any, content: bool) -> Iterator[tuple[Any, bool]]:  # noqa: FBT001 - of every holder
    if isinstance(one, generic.ArrayObject):
        yield from ((part, content) for part in one if isinstance(part, _HOLDERS))
    elif isinstance(one, generic.DictionaryObject):
        listed = content and not isinstance(one, generic.StreamObject)
        for key in one:
            part = one.raw_get(key)
            if isinstance(part, _HOLDERS):
                yield part, listed or key in _OPERATORS


def _check_picture(stream: Any) -> None:
    width, height = (abs(int(stream[side])) for side in ("/Width", "/Height"))
    filters = entry(stream, "/Filter") or []
    names = [str(one) for one in ([filters] if isinstance(filters, generic.NameObject) else filters)]
    most = MOST_BITS if entry(stream, "/BitsPerComponent") == 1 or entry(stream, "/ImageMask") else MOST_PIXELS
    if width * height > most or len(names) > 4:
        raise too_large()
    if names and names[-1] in ("/JPXDecode", "/DCTDecode", "/DCT"):
        size = _wavelets(stream, names) if names[-1] == "/JPXDecode" else _jpeg(_packed(stream, names))
        if size > MOST_PIXELS:
            raise too_large()


def _packed(stream: Any, names: list[str]) -> bytes:
    octets: bytes = stream.encoded_data
    for name in names[:-1]:
        if name not in _PLAIN:
            raise too_large()
        octets = get_generic_decoder(name).decode(octets, {})
    return octets


def _wavelets(stream: Any, names: list[str]) -> int:
    """Samples of a JPEG 2000 codestream (ISO/IEC 15444-1 A.5.1); what holds none is not shown by anybody."""
    octets = _packed(stream, names)
    at = octets.find(b"\xff\x4f\xff\x51")
    if at < 0 or len(octets) < at + 42:
        return 0
    width, height = struct.unpack(">II", octets[at + 8 : at + 16])
    (parts,) = struct.unpack(">H", octets[at + 40 : at + 42])
    return int(width) * int(height) * int(parts)


def _jpeg(octets: bytes) -> int:
    """Pixels as its frame says (ITU-T T.81 B.2.2), which may be others than the dictionary's."""
    at, largest = 2, 0
    while at + 9 < len(octets):
        if octets[at] != 0xFF or octets[at + 1] in (0xFF, *range(0xD0, 0xD8), 0x01, 0x00):
            at += 1
            continue
        if octets[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", octets[at + 5 : at + 9])
            largest = max(largest, int(width) * int(height))
        if octets[at + 1] in (0xDA, 0xD9):
            break
        at += 2 + int.from_bytes(octets[at + 2 : at + 4], "big")
    return largest


def _check_inline(content: bytes) -> None:
    try:
        size = inline_pictures.largest(content)
    except inline_pictures.Endless as error:
        raise too_large() from error
    if size > MOST_PIXELS:
        raise too_large()
