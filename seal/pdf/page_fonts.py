"""Fonts for pages that bring none (未嵌入字体): PDFium is given ours, from memory, and never looks for the system's.

A confined process opens no file, and a picture of a page should not depend on what is installed. GB/T 18030 text in a
font that is not embedded is shown in our serif or sans; other scripts in the faces PDFium carries itself.
"""

from __future__ import annotations

from typing import Any

from pypdfium2 import raw

from foundation.fonts import FontName, path

_EAST = {128, 129, 134, 136}
"""Character sets of Windows: Shift JIS, Hangul, GB 2312, Big5."""
_SERIF, _SANS = 1, 2
_ROMAN, _FAMILY = 1 << 4, 0xF0
_pdfium: Any = raw
_kept: list[Any] = []
"""What PDFium calls must outlive it."""


def give() -> None:
    """Once in a process, before its first document."""
    if _kept:
        return
    faces = {_SERIF: path(FontName.SERIF).read_bytes(), _SANS: path(FontName.SANS).read_bytes()}
    info = _pdfium.FPDF_SYSFONTINFO()
    calls = {
        "Release": lambda _this: None,
        "EnumFonts": lambda _this, _mapper: None,
        "MapFont": _map,
        "GetFont": lambda _this, _face: None,
        "GetFontData": lambda _this, face, table, into, room: _data(faces.get(face, b""), table, into, room),
        "GetFaceName": lambda _this, face, into, room: _copied(_NAMES.get(face, b""), into, room),
        "GetFontCharset": lambda _this, _face: 134,
        "DeleteFont": lambda _this, _face: None,
    }
    kinds = dict(_pdfium.FPDF_SYSFONTINFO._fields_)
    info.version = 1
    for name, call in calls.items():
        setattr(info, name, kinds[name](call))
    _kept.extend((info, faces))
    _pdfium.FPDF_SetSystemFontInfo(info)


_NAMES = {_SERIF: b"YinxinSerif\0", _SANS: b"YinxinSans\0"}


def _map(_this: Any, _weight: int, _italic: int, charset: int, family: int, _face: bytes, _exact: Any) -> int | None:
    if charset not in _EAST:
        return None
    return _SERIF if family & _FAMILY == _ROMAN else _SANS


def _data(face: bytes, table: int, into: Any, room: int) -> int:
    """The whole file for table 0, else one of its tables (ISO/IEC 14496-22, 4.5)."""
    if table == 0:
        return _copied(face, into, room)
    wanted = table.to_bytes(4, "big")
    for number in range(int.from_bytes(face[4:6], "big")):
        entry = face[12 + 16 * number : 28 + 16 * number]
        if entry[:4] == wanted:
            start, size = int.from_bytes(entry[8:12], "big"), int.from_bytes(entry[12:16], "big")
            return _copied(face[start : start + size], into, room)
    return 0


def _copied(octets: bytes, into: Any, room: int) -> int:
    """PDFium asks first with no room, to learn the size."""
    if into and room >= len(octets):
        _pdfium.memmove(into, octets, len(octets))
    return len(octets)
